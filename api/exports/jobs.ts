import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, LotbookError } from '../errors.ts';
import { addExport, type ExportJob } from '../store/export-jobs.ts';
import { removeUnwanted } from './files.ts';
import type { ExportDeps } from './make.ts';
import { runJob, type Work } from './run-job.ts';

/** A job that begins. */
interface Begun {
  id: string;
  at: Date;
  path: string;
}

/** Each holds a connection to the database. */
const MOST_AT_ONCE = 1;
const TIDY_MS = 5_000;

/** Runs as many jobs at once as there may be, and removes the files that nobody wants any more. */
export function openJobs(deps: Pick<ExportDeps, 'db' | 'dir' | 'clock' | 'randomId' | 'log'>) {
  const { db, dir, clock, randomId, log } = deps;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let beginning = 0;
  const pathOf = (id: string): string => join(dir, id);

  let tidying: Promise<void> = Promise.resolve();
  const tidy = setInterval(() => {
    tidying = tidying
      .then(() => removeUnwanted(db.prisma, dir, clock()))
      .catch((error: unknown) => log.warn(describeError(error), 'old exports were not removed'));
  }, TIDY_MS);

  /** @throws LotbookError TOO_BUSY */
  const begin = async <Format extends ExportJob['format']>(
    prepare: (begun: Begun) => Promise<{ job: ExportJob<Format>; work: Work }>,
  ): Promise<ExportJob<Format>> => {
    if (running.size + beginning >= MOST_AT_ONCE)
      throw new LotbookError('TOO_BUSY', 'Another export is being made.', { retryAfterMs: 5_000 });
    beginning += 1;
    try {
      const id = randomId();
      const { job, work } = await prepare({ id, at: new Date(clock()), path: pathOf(id) });
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await addExport(db.prisma, job as ExportJob);
      const done = runJob(deps, job as ExportJob, stopping.signal, work);
      running.set(
        job.id,
        done.finally(() => running.delete(job.id)),
      );
      return job;
    } finally {
      beginning -= 1;
    }
  };

  return {
    begin,
    pathOf,
    close: async (): Promise<void> => {
      stopping.abort();
      clearInterval(tidy);
      await Promise.all([tidying, ...running.values()]);
    },
  };
}
