import { LotbookError } from '../errors.ts';
import { checkFirst, formatCursor, isSeq, parseCursor } from '../delivery/page.ts';
import { connection } from './connection.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const accessLog: Resolvers = {
  Query: {
    accessLog: async (_, { filter, first, after }, { people }) => {
      checkFirst(first);
      const before = after ? placeOf(after) : null;
      const rows = await people.accessLog(filter ?? {}, { before, first: first + 1 });
      const items = rows
        .slice(0, first)
        .map((node) => ({ cursor: formatCursor('ACCESS', [node.seq]), node }));
      return connection({
        items,
        hasNextPage: rows.length > first,
        hasPreviousPage: Boolean(after),
        endCursor: items.at(-1)?.cursor ?? null,
      });
    },
  },
};

function placeOf(cursor: string): number {
  const [seq] = parseCursor('ACCESS', 1, cursor);
  if (isSeq(seq)) return seq;
  throw new LotbookError('BAD_INPUT', 'This is no cursor of this list.', { place: 'after' });
}
