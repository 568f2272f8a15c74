import { checkFirst } from '../delivery/page.ts';
import type { ExportFormat, ExportJob } from '../store/export-jobs.ts';
import { payload } from './errors.ts';
import type { AuditExport, Resolvers } from './generated/resolvers.ts';
import { isUuid } from './request.ts';

export const auditExport: Resolvers = {
  Query: {
    auditExports: async (_, { first }, { caller, exports }) => {
      const limit = first ?? 20;
      checkFirst(limit);
      return (await exports.list(caller, limit)).map(viewOf);
    },
    auditExport: async (_, { id }, { caller, exports }) => {
      const job = isUuid(id) ? await exports.find(caller, id) : null;
      return job && isAudit(job) ? viewOf(job) : null;
    },
  },
  Mutation: {
    startExport: (_, { input }, { caller, exports }) =>
      payload(async () => {
        const { book, audience = null, records = null, from = null, until = null, format } = input;
        const request = { caller, book, audience, records, from, until, format: format ?? 'JSONL_GZ' };
        return { export: viewOf(await exports.start(request)) };
      }),
  },
};

function isAudit(job: ExportJob): job is ExportJob<ExportFormat> {
  return job.format === 'JSONL_GZ' || job.format === 'ZIP';
}

function viewOf(job: ExportJob<ExportFormat>): AuditExport {
  const { id, audience, format, state, done, bytes, message, createdAt, finishedAt } = job;
  const [book = ''] = job.books;
  const path = exportPath(job);
  const entries = job.entries ?? 0;
  return { id, book, audience, format, state, entries, done, bytes, path, message, createdAt, finishedAt };
}

/** Where a finished file is fetched. */
export function exportPath({ id, state }: Pick<ExportJob, 'id' | 'state'>): string | null {
  return state === 'DONE' ? `/exports/${id}` : null;
}
