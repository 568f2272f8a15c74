import { checkFirst } from '../delivery/page.ts';
import { booksWith, hasRole } from '../sharing/caller.ts';
import type { ExportJob } from '../store/export-jobs.ts';
import { payload } from './errors.ts';
import type { AuditExport, Resolvers } from './generated/resolvers.ts';
import { isUuid } from './request.ts';

export const auditExport: Resolvers = {
  Query: {
    auditExports: async (_, { first }, { caller, exports }) => {
      const limit = first ?? 20;
      checkFirst(limit);
      return (await exports.list({ books: booksWith(caller, 'AUDITOR'), limit })).map(viewOf);
    },
    auditExport: async (_, { id }, { caller, exports }) => {
      const job = isUuid(id) ? await exports.find(id) : null;
      return job && hasRole(caller, 'AUDITOR', job.book) ? viewOf(job) : null;
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

function viewOf(job: ExportJob): AuditExport {
  const { id, book, audience, format, state, entries, done, bytes, message, createdAt, finishedAt } = job;
  const path = state === 'DONE' ? `/exports/${id}` : null;
  return { id, book, audience, format, state, entries, done, bytes, path, message, createdAt, finishedAt };
}
