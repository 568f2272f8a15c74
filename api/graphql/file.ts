import { checkFirst } from '../delivery/page.ts';
import { FILE_KINDS } from '../exports/file-kinds.ts';
import { FILE_FORMATS, type ExportJob, type FileFormat } from '../store/export-jobs.ts';
import { payload } from './errors.ts';
import { exportPath } from './export.ts';
import type { DataFile, Resolvers } from './generated/resolvers.ts';
import { isUuid } from './request.ts';

export const file: Resolvers = {
  Query: {
    dataFiles: async (_, { first }, { caller, exports }) => {
      const limit = first ?? 20;
      checkFirst(limit);
      return (await exports.listFiles(caller, limit)).map(viewOf);
    },
    dataFile: async (_, { id }, { caller, exports }) => {
      const job = isUuid(id) ? await exports.find(caller, id) : null;
      return job && isFile(job) ? viewOf(job) : null;
    },
  },
  Mutation: {
    startFile: (_, { input }, { caller, exports, selectEvents }) =>
      payload(async () => {
        const { format, audience = null, books = null, lots = null, trace = null } = input;
        const { case: caseBook = null, from = null, until = null } = input;
        const query = { caller, viewAs: audience, books, lots, direction: trace, caseBook, from, until };
        const selection = await selectEvents(query);
        const request = { selection, format, audience, client: caller.clientId };
        return { file: viewOf(await exports.startFile(request)) };
      }),
  },
};

function isFile(job: ExportJob): job is ExportJob<FileFormat> {
  return (FILE_FORMATS as readonly string[]).includes(job.format);
}

function viewOf(job: ExportJob<FileFormat>): DataFile {
  const { id, books, audience, format, state, done, bytes, message, createdAt, finishedAt } = job;
  const { name } = FILE_KINDS[format];
  const path = exportPath(job);
  return {
    id,
    books,
    audience,
    format,
    state,
    events: done,
    bytes,
    name,
    path,
    message,
    createdAt,
    finishedAt,
  };
}
