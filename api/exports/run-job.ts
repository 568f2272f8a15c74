import type { Logger } from 'pino';
import { describeError, LotbookError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { type ExportJob, updateExport } from '../store/export-jobs.ts';

const BEAT_MS = 3_000;

/** Writes the file of a job. @returns how much was done, and the bytes of the file */
export type Work = (given: {
  signal: AbortSignal;
  onProgress: (done: number) => void;
}) => Promise<{ done: number; bytes: number }>;

/** Makes the file of a job and keeps how it goes; never rejects. */
export async function runJob(
  { db, clock, log }: { db: Pick<Database, 'prisma'>; clock: () => number; log: Logger },
  { id }: ExportJob,
  stopping: AbortSignal,
  work: Work,
): Promise<void> {
  const now = () => new Date(clock());
  const givenUp = new AbortController();
  const signal = AbortSignal.any([stopping, givenUp.signal]);
  let done = 0;
  const keepProgress = async (): Promise<void> => {
    if (!(await updateExport(db.prisma, id, { done, beatAt: now() }))) givenUp.abort();
  };
  const beat = setInterval(() => {
    keepProgress().catch((error: unknown) =>
      log.warn({ export: id, ...describeError(error) }, 'the progress of an export was not kept'),
    );
  }, BEAT_MS);
  try {
    const made = await work({ signal, onProgress: (count) => (done = count) });
    await updateExport(db.prisma, id, { state: 'DONE', ...made, finishedAt: now() });
  } catch (error) {
    if (!signal.aborted) log.error({ export: id, ...describeError(error) }, 'an export failed');
    const message = signal.aborted ? 'The node was stopped while it made the file.' : textOf(error);
    await updateExport(db.prisma, id, { state: 'FAILED', done, message, finishedAt: now() }).catch(
      () => false,
    );
  } finally {
    clearInterval(beat);
  }
}

/** For people: what we wrote ourselves, and of anything else that it is the node's fault. */
function textOf(error: unknown): string {
  if (error instanceof LotbookError && error.code !== 'INTERNAL') return error.message;
  return 'The node could not make the file; its log says why.';
}
