import { rename, rm, stat } from 'node:fs/promises';
import type { Selection } from '../recall/selection.ts';
import type { ExportJob, FileFormat } from '../store/export-jobs.ts';
import type { FileTask } from './file-task.ts';
import type { Work } from './run-job.ts';
import { writeEpcis } from './epcis-file.ts';
import { writeFoodChainLab } from './foodchain-lab/write.ts';
import { writeSheet } from './sheet/write.ts';

/** A file for investigators and other programs that somebody asks for. */
export interface FileRequest {
  selection: Selection;
  format: FileFormat;
  /** Client id of who asks. */
  client: string;
  /** With whose eyes; null is as who asks. */
  audience: string | null;
}

const WRITERS: Record<FileFormat, (selection: Selection, task: FileTask) => Promise<void>> = {
  XLSX: (selection, task) => writeSheet(selection, 'XLSX', task),
  CSV: (selection, task) => writeSheet(selection, 'CSV', task),
  EPCIS: writeEpcis,
  FOODCHAIN_LAB: writeFoodChainLab,
};

/** Writes the file, which is there once it is whole. */
export function fileWork(path: string, job: ExportJob<FileFormat>, selection: Selection): Work {
  return async ({ signal, onProgress }) => {
    const part = `${path}.part`;
    let done = 0;
    const count = (events: number): void => onProgress((done = events));
    try {
      await WRITERS[job.format](selection, { path: part, at: job.createdAt, signal, onProgress: count });
      await rename(part, path);
      return { done, bytes: (await stat(path)).size };
    } finally {
      await rm(part, { force: true });
    }
  };
}
