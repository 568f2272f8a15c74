import type { ExportJob as Row } from './generated/client.ts';
import type { Db } from './partners.ts';

/** Of an audit export, which anybody can verify. */
export const EXPORT_FORMATS = ['JSONL_GZ', 'ZIP'] as const;
/** Of a file that investigators and other programs read. */
export const FILE_FORMATS = ['XLSX', 'CSV', 'EPCIS', 'FOODCHAIN_LAB'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export type FileFormat = (typeof FILE_FORMATS)[number];
export type ExportState = 'RUNNING' | 'DONE' | 'FAILED' | 'REMOVED';

/** A file that somebody asked for. */
export interface ExportJob<Format = ExportFormat | FileFormat> {
  id: string;
  /** Those that are read. */
  books: string[];
  /** Client id of who asked. */
  client: string;
  /** With whose eyes; null is everything. */
  audience: string | null;
  format: Format;
  state: ExportState;
  /** Entries of the log, or events, null where they are not counted before; and how many of them are dealt with. */
  entries: number | null;
  done: number;
  /** Of the finished file. */
  bytes: number | null;
  /** Why there is no file, for people. */
  message: string | null;
  createdAt: Date;
  /** The last sign of life of the process that makes it. */
  beatAt: Date;
  finishedAt: Date | null;
}

/** Without a sign of life for so long, the process that made it is gone. */
const DEAD_MS = 15_000;

export async function addExport(db: Db, job: ExportJob): Promise<void> {
  await db.exportJob.create({ data: { ...job, bytes: null } });
}

/**
 * Writes how far a job has come; false where it is not to go on, because it was given up meanwhile.
 */
export async function updateExport(
  db: Db,
  id: string,
  change: Partial<Omit<ExportJob, 'id' | 'bytes'>> & { bytes?: number },
): Promise<boolean> {
  const { bytes, ...rest } = change;
  const data = { ...rest, ...(bytes !== undefined && { bytes: BigInt(bytes) }) };
  const { count } = await db.exportJob.updateMany({ where: { id, state: 'RUNNING' }, data });
  return count === 1;
}

export async function findExport(db: Db, id: string, now: Date): Promise<ExportJob | null> {
  await failDead(db, now);
  const row = await db.exportJob.findUnique({ where: { id } });
  return row && jobOf(row);
}

/** Those of some formats, of one client or of all, of these books or of all; the newest first. */
export async function listExports(
  db: Db,
  given: { formats: readonly ExportJob['format'][]; client?: string; books?: readonly string[] | null },
  { limit, now }: { limit: number; now: Date },
): Promise<ExportJob[]> {
  await failDead(db, now);
  const { formats, client, books = null } = given;
  const where = {
    format: { in: [...formats] },
    ...(client !== undefined && { client }),
    ...(books && { books: { hasSome: [...books] } }),
  };
  const orderBy = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];
  const rows = await db.exportJob.findMany({ where, orderBy, take: limit });
  return rows.map(jobOf);
}

/** Forgets the jobs from before that moment. */
export async function forgetExports(db: Db, before: Date): Promise<void> {
  await db.exportJob.deleteMany({ where: { createdAt: { lt: before } } });
}

/** Which of these jobs have a file, or are making one. */
export async function exportsWithFile(db: Db, ids: readonly string[], now: Date): Promise<Set<string>> {
  await failDead(db, now);
  const where = { id: { in: [...ids] }, state: { in: ['RUNNING', 'DONE'] } };
  const jobs = await db.exportJob.findMany({ where, select: { id: true } });
  return new Set(jobs.map(({ id }) => id));
}

/** A job whose process has ended is not left as running for ever. */
async function failDead(db: Db, now: Date): Promise<void> {
  await db.exportJob.updateMany({
    where: { state: 'RUNNING', beatAt: { lt: new Date(now.getTime() - DEAD_MS) } },
    data: { state: 'FAILED', finishedAt: now, message: 'The node was stopped while it made the file.' },
  });
}

function jobOf({ bytes, format, state, ...row }: Row): ExportJob {
  return {
    ...row,
    format: format as ExportJob['format'],
    state: state as ExportState,
    bytes: bytes === null ? null : Number(bytes),
  };
}
