import type { ExportJob as Row } from './generated/client.ts';
import type { Db } from './partners.ts';

export type ExportFormat = 'JSONL_GZ' | 'ZIP';
export type ExportState = 'RUNNING' | 'DONE' | 'FAILED' | 'REMOVED';

/** An audit export that somebody asked for. */
export interface ExportJob {
  id: string;
  book: string;
  /** Client id of who asked. */
  client: string;
  /** With whose eyes; null is everything. */
  audience: string | null;
  format: ExportFormat;
  state: ExportState;
  /** Entries of the log, and how many of them are dealt with. */
  entries: number;
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

/** Those of these books, or of all, the newest first. */
export async function listExports(
  db: Db,
  { books, limit }: { books: readonly string[] | null; limit: number },
  now: Date,
): Promise<ExportJob[]> {
  await failDead(db, now);
  const where = books ? { book: { in: [...books] } } : {};
  const rows = await db.exportJob.findMany({
    where,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
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
    format: format as ExportFormat,
    state: state as ExportState,
    bytes: bytes === null ? null : Number(bytes),
  };
}
