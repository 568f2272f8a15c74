import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, LotbookError } from '../errors.ts';
import { FORMAT, FORMAT_VERSION, type Header, type Scope } from '../ledger/export/lines.ts';
import { hasRole } from '../sharing/caller.ts';
import type { ListedBook } from '../store/book-list.ts';
import { addExport, type ExportJob, findExport, listExports } from '../store/export-jobs.ts';
import { fileName } from './file.ts';
import { removeUnwanted } from './files.ts';
import { type ExportDeps, makeExport } from './make.ts';
import { type ExportRequest, scopeOfRequest } from './request.ts';

/**
 * The audit exports of a node. A job writes one file; who asked looks at its progress and fetches it for a day. A job dies with
 * the process that makes it, and is then shown as failed: it is asked for again.
 */
export interface Exports {
  /** @throws LotbookError NOT_PERMITTED, NOT_FOUND, BAD_INPUT, TOO_BUSY */
  start(request: ExportRequest): Promise<ExportJob>;
  find(id: string): Promise<ExportJob | null>;
  /** Of these books, or of all, the newest first. */
  list(asked: { books: readonly string[] | null; limit: number }): Promise<ExportJob[]>;
  /** The file of a job that is done. @throws LotbookError NOT_FOUND, CONFLICT */
  file(id: string): Promise<{ path: string; name: string }>;
  /** Ends what runs. */
  close(): Promise<void>;
}

/** Each holds a connection to the database. */
const MOST_AT_ONCE = 1;
const TIDY_MS = 5_000;

export function openExports(deps: ExportDeps): Exports {
  const { db, dir, organisation, clock, randomId, log } = deps;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  let beginning = 0;
  const now = () => new Date(clock());
  const pathOf = (id: string): string => join(dir, id);

  let tidying: Promise<void> = Promise.resolve();
  const tidy = setInterval(() => {
    tidying = tidying
      .then(() => removeUnwanted(db.prisma, dir, clock()))
      .catch((error: unknown) => log.warn(describeError(error), 'old exports were not removed'));
  }, TIDY_MS);

  const start = async (request: ExportRequest): Promise<ExportJob> => {
    const { caller } = request;
    if (!hasRole(caller, 'AUDITOR', request.book))
      throw new LotbookError(
        'NOT_PERMITTED',
        'Exports are for people of the organisation with the role AUDITOR.',
      );
    const scope = scopeOfRequest(request);
    if (running.size + beginning >= MOST_AT_ONCE)
      throw new LotbookError('TOO_BUSY', 'Another export is being made.', { retryAfterMs: 5_000 });
    beginning += 1;
    try {
      return await begin(request, scope);
    } finally {
      beginning -= 1;
    }
  };

  const begin = async (request: ExportRequest, scope: Scope): Promise<ExportJob> => {
    const { caller, format, audience: viewAs } = request;
    const { book, audience } = await deps.disclosed(caller, request.book, viewAs);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const at = now();
    const job = jobOf(randomId(), book, { audience, format, client: caller.clientId, at });
    const header: Header = {
      ...headerOf(book, at),
      by: organisation,
      audience,
      scope,
    };
    await addExport(db.prisma, job);
    const work = makeExport(
      { ...deps, path: pathOf(job.id) },
      { job, header, request },
      stopping.signal,
    ).finally(() => running.delete(job.id));
    running.set(job.id, work);
    return job;
  };

  return {
    start,
    find: (id) => findExport(db.prisma, id, now()),
    list: (asked) => listExports(db.prisma, asked, now()),
    file: async (id) => {
      const job = await findExport(db.prisma, id, now());
      if (!job) throw new LotbookError('NOT_FOUND', 'There is no such export, or it is older than a day.');
      if (job.state !== 'DONE')
        throw new LotbookError('CONFLICT', job.message ?? 'The export is not finished.');
      return { path: pathOf(id), name: fileName(job.format) };
    },
    close: async () => {
      stopping.abort();
      clearInterval(tidy);
      await Promise.all([tidying, ...running.values()]);
    },
  };
}

function jobOf(
  id: string,
  { id: book, length: entries }: ListedBook,
  given: Pick<ExportJob, 'audience' | 'format' | 'client'> & { at: Date },
): ExportJob {
  const { at, ...rest } = given;
  const begun = { state: 'RUNNING', done: 0, bytes: null, message: null, finishedAt: null } as const;
  return { id, book, entries, ...rest, ...begun, createdAt: at, beatAt: at };
}

function headerOf({ id: book, title, owner, full, length: entries }: ListedBook, at: Date) {
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    book,
    title,
    owner,
    copy: !full,
    entries,
    proven: 0,
    madeAt: at.toISOString(),
  } as const;
}
