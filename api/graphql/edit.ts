import type { JsonValue } from '../events/value.ts';
import { isObject } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import { nameOf } from './lock.ts';
import { payload, userError } from './errors.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const edit: Resolvers = {
  Query: {
    isPrint: (_, given, { caller, books }) => books.isPrint(caller, given),
  },
  Record: {
    notes: ({ book, id, kind }, _, { caller, books }) =>
      kind === 'NOTE' || kind === 'LOCK' || kind === 'GRANT' ? [] : books.notes(caller, { book, record: id }),
  },
  Mutation: {
    addNote: (_, given, context) =>
      payload(async () => context.books.note(context.caller, { ...given, author: await nameOf(context) })),
    printRecords: (_, { book, records }, { caller, books }) =>
      payload(async () => {
        const { pdf, ...printed } = await books.print(caller, { book, records: records ?? null });
        return { ...printed, pdf: pdf.toString('base64') };
      }),
    saveRecord: (_, { input }, { caller, books }) =>
      payload(async () => {
        const saved = await books.save(caller, { ...input, fields: fieldsOf(input.fields) });
        const { error } = saved;
        return {
          ...saved,
          error: error && userError({ ...error.details, code: error.code, message: error.message }),
        };
      }),
    refreshRecord: (_, given, { caller, books }) => payload(() => books.refresh(caller, given)),
  },
};

function fieldsOf(fields: unknown): Record<string, JsonValue> {
  if (isObject(fields)) return fields as Record<string, JsonValue>;
  throw new LotbookError('BAD_INPUT', 'Give fields as an object of names and values.', {
    place: 'input.fields',
  });
}
