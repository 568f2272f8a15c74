import type { Logger } from 'pino';
import type { Signer } from '../identity/signer.ts';
import type { Header, KeysLine } from '../ledger/export/lines.ts';
import type { Caller } from '../sharing/caller.ts';
import type { ListedBook } from '../store/book-list.ts';
import type { Database } from '../store/database.ts';
import type { ExportFormat, ExportJob } from '../store/export-jobs.ts';
import { writeFile } from './file.ts';
import { inSnapshot } from '../store/export-reading.ts';
import { type Disclose, exportLines, provenEntries } from './lines.ts';
import type { ExportRequest } from './request.ts';
import type { Work } from './run-job.ts';

export interface ExportDeps {
  db: Database;
  /** Where the files are: a directory of the node. */
  dir: string;
  organisation: string;
  signer: Signer;
  clock: () => number;
  randomId: () => string;
  log: Logger;
  keysOf: (organisation: string) => Promise<KeysLine | null>;
  /** What somebody may see of a book now; see delivery/disclosing.ts. */
  disclosed: (
    caller: Caller,
    book: string,
    viewAs: string | null,
  ) => Promise<{ book: ListedBook; audience: string | null; disclose: Disclose }>;
}

/** Writes an audit export. */
export function auditWork(
  deps: ExportDeps & { path: string },
  { job, header, request }: { job: ExportJob<ExportFormat>; header: Header; request: ExportRequest },
): Work {
  const { db, path } = deps;
  const { caller, book, audience: viewAs } = request;
  return async ({ signal, onProgress }) => {
    const disclosing = async () => (await deps.disclosed(caller, book, viewAs)).disclose;
    const bytes = await inSnapshot(db.pool, async (snapshot) => {
      const opening = { ...header, proven: await provenEntries(snapshot, header) };
      const sources = { ...deps, pool: db.pool, snapshot, disclosing };
      const lines = exportLines(sources, opening, onProgress);
      return writeFile(path, job.format, lines, { at: job.createdAt, signal });
    });
    return { done: header.entries, bytes };
  };
}
