import type { Logger } from 'pino';
import { describeError, LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import type { Header, KeysLine } from '../ledger/export/lines.ts';
import type { Caller } from '../sharing/caller.ts';
import type { ListedBook } from '../store/book-list.ts';
import type { Database } from '../store/database.ts';
import { type ExportJob, updateExport } from '../store/export-jobs.ts';
import { writeFile } from './file.ts';
import { inSnapshot } from '../store/export-reading.ts';
import { type Disclose, exportLines, provenEntries } from './lines.ts';
import type { ExportRequest } from './request.ts';

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

const BEAT_MS = 3_000;

/** Makes the file of a job and keeps how it goes; never rejects. */
export async function makeExport(
  deps: ExportDeps & { path: string },
  { job, header, request }: { job: ExportJob; header: Header; request: ExportRequest },
  stopping: AbortSignal,
): Promise<void> {
  const { db, clock, log, path } = deps;
  const { id, format, book, entries, createdAt } = job;
  const { caller, audience: viewAs } = request;
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
    const disclosing = async () => (await deps.disclosed(caller, book, viewAs)).disclose;
    const bytes = await inSnapshot(db.pool, async (snapshot) => {
      const opening = { ...header, proven: await provenEntries(snapshot, header) };
      const sources = { ...deps, pool: db.pool, snapshot, disclosing };
      const lines = exportLines(sources, opening, (seq) => (done = seq));
      return writeFile(path, format, lines, { at: createdAt, signal });
    });
    await updateExport(db.prisma, id, { state: 'DONE', done: entries, bytes, finishedAt: now() });
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
