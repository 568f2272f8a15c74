import { LotbookError } from '../errors.ts';
import { FORMAT, FORMAT_VERSION, type Header } from '../ledger/export/lines.ts';
import { booksWith, type Caller, hasRole } from '../sharing/caller.ts';
import type { ListedBook } from '../store/book-list.ts';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportJob,
  FILE_FORMATS,
  type FileFormat,
  findExport,
  listExports,
} from '../store/export-jobs.ts';
import { type FileRequest, fileWork } from './data-file.ts';
import { FILE_KINDS } from './file-kinds.ts';
import { openJobs } from './jobs.ts';
import { auditWork, type ExportDeps } from './make.ts';
import { type ExportRequest, scopeOfRequest } from './request.ts';

/**
 * The files that a node makes: audit exports, and sheets and documents for investigators. A job writes one file; who asked looks at
 * its progress and fetches it for a day. A job dies with the process that makes it, and is then shown as failed: it is asked for again.
 */
export interface Exports {
  /** An audit export. @throws LotbookError NOT_PERMITTED, NOT_FOUND, BAD_INPUT, TOO_BUSY */
  start(request: ExportRequest): Promise<ExportJob<ExportFormat>>;
  /** A file of events that were selected for who asks. @throws LotbookError TOO_BUSY */
  startFile(request: FileRequest): Promise<ExportJob<FileFormat>>;
  /** Null too where the caller may not fetch it. */
  find(caller: Caller, id: string): Promise<ExportJob | null>;
  /** The audit exports of the books of which the caller is an auditor, the newest first. */
  list(caller: Caller, first: number): Promise<ExportJob<ExportFormat>[]>;
  /** The files that the caller asked for. */
  listFiles(caller: Caller, first: number): Promise<ExportJob<FileFormat>[]>;
  /** The file of a job that is done. @throws LotbookError NOT_FOUND, CONFLICT */
  file(caller: Caller, id: string): Promise<{ path: string; name: string; type: string }>;
  /** Ends what runs. */
  close(): Promise<void>;
}

export function openExports(deps: ExportDeps): Exports {
  const { db, organisation, clock } = deps;
  const jobs = openJobs(deps);
  const now = () => new Date(clock());

  const find = async (caller: Caller, id: string): Promise<ExportJob | null> => {
    const job = await findExport(db.prisma, id, now());
    return job && mayFetch(caller, job) ? job : null;
  };

  return {
    start: async (request) => {
      const { caller, format, audience: viewAs } = request;
      if (!hasRole(caller, 'AUDITOR', request.book))
        throw new LotbookError(
          'NOT_PERMITTED',
          'Exports are for people of the organisation with the role AUDITOR.',
        );
      const scope = scopeOfRequest(request);
      return jobs.begin(async (begun) => {
        const { book, audience } = await deps.disclosed(caller, request.book, viewAs);
        const { clientId: client } = caller;
        const job = jobOf(begun, { books: [book.id], entries: book.length, audience, format, client });
        const header: Header = { ...headerOf(book, begun.at), by: organisation, audience, scope };
        return { job, work: auditWork({ ...deps, path: begun.path }, { job, header, request }) };
      });
    },
    startFile: ({ selection, ...given }) =>
      jobs.begin((begun) => {
        const job = jobOf(begun, { ...given, books: [...selection.books], entries: null });
        return Promise.resolve({ job, work: fileWork(begun.path, job, selection) });
      }),
    find,
    list: async (caller, first) => {
      const of = { formats: EXPORT_FORMATS, books: booksWith(caller, 'AUDITOR') };
      const jobs = await listExports(db.prisma, of, { limit: first, now: now() });
      return jobs as ExportJob<ExportFormat>[];
    },
    listFiles: async (caller, first) => {
      const of = { formats: FILE_FORMATS, client: caller.clientId };
      const jobs = await listExports(db.prisma, of, { limit: first, now: now() });
      return jobs.filter((job) => mayFetch(caller, job)) as ExportJob<FileFormat>[];
    },
    file: async (caller, id) => {
      const job = await find(caller, id);
      if (!job) throw new LotbookError('NOT_FOUND', 'There is no such export, or it is older than a day.');
      if (job.state !== 'DONE')
        throw new LotbookError('CONFLICT', job.message ?? 'The export is not finished.');
      return { path: jobs.pathOf(id), ...FILE_KINDS[job.format] };
    },
    close: () => jobs.close(),
  };
}

/** An audit export is for auditors; another file for whoever asked for it, as long as its books are open to them. */
function mayFetch(caller: Caller, { books, format, client }: ExportJob): boolean {
  if (isAudit(format)) return books.every((book) => hasRole(caller, 'AUDITOR', book));
  return caller.clientId === client && books.every((book) => hasRole(caller, 'VIEWER', book));
}

function isAudit(format: ExportJob['format']): format is ExportFormat {
  return (EXPORT_FORMATS as readonly string[]).includes(format);
}

function jobOf<Format>(
  { id, at }: { id: string; at: Date },
  given: Pick<ExportJob<Format>, 'books' | 'entries' | 'audience' | 'format' | 'client'>,
): ExportJob<Format> {
  const begun = { state: 'RUNNING', done: 0, bytes: null, message: null, finishedAt: null } as const;
  return { id, ...given, ...begun, createdAt: at, beatAt: at };
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
