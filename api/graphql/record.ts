import { unflatten, type Fields } from '../events/fields.ts';
import { readJson } from '../events/json.ts';
import { deriveLinks, isThing } from '../events/links.ts';
import { toEpcis } from '../events/to-epcis.ts';
import { LotbookError } from '../errors.ts';
import { found } from '../delivery/reading.ts';
import { connection } from './connection.ts';
import { payload } from './errors.ts';
import { lockIdOf } from '../ledger/entry-lock.ts';
import { exactNumbers } from './exact-numbers.ts';
import { lockIn } from './lock-in-book.ts';
import type { GraphQLContext } from './context.ts';
import type { LinkRole, Resolvers } from './generated/resolvers.ts';

export const record: Resolvers = {
  Query: {
    records: async (_, args, { caller, reading }) => connection(await reading.records({ caller, ...args })),
    record: (_, args, { caller, reading }) => reading.record({ caller, ...args }),
    changes: async (_, args, { caller, reading, people }) => {
      const page = await reading.changes({ caller, ...args });
      const names = await namesOf(
        people,
        page.items.map(({ node }) => node.by),
      );
      const items = page.items.map(({ cursor, node }) => ({
        cursor,
        node: { ...node, byName: names.get(node.by ?? '') ?? null },
      }));
      return connection({ ...page, items });
    },
  },
  Mutation: {
    eraseRecord: (_, { record, ...erasure }, { caller, approval, reading }) =>
      payload(async () => {
        const { error, outcome } = await approval.eraseRecords(caller, { ...erasure, records: [record] });
        if (error) throw new LotbookError(error.code, error.message, error);
        const { book } = erasure;
        const id = outcome[0]?.record ?? record;
        return { record: found(await reading.record({ caller, book, id }), 'record') };
      }),
  },
  Record: {
    lock: async ({ book, id, kind }, _, { caller, reading }) =>
      kind === 'LOCK' || kind === 'GRANT'
        ? null
        : lockIn(caller, await reading.record({ caller, book, id: lockIdOf(id) })),
    content: ({ kind, fields, erased }) =>
      kind === 'EVENT' && erased === null ? epcisOf(fields) : unflatten(fields),
    permitted: ({ permitted }) =>
      [...permitted]
        .filter(([field]) => !field.startsWith('@'))
        .map(([field, grants]) => ({ field, grants: [...grants] })),
    links: ({ kind, fields }) =>
      kind === 'EVENT'
        ? deriveLinks(fields)
            .filter(isThing)
            .map((link) => ({ ...link, role: link.role.toUpperCase() as LinkRole }))
        : [],
  },
};

/** The names of people of this organisation, by their client ids. */
async function namesOf(
  people: GraphQLContext['people'],
  clientIds: readonly (string | null)[],
): Promise<Map<string, string>> {
  if (!clientIds.some((id) => id?.includes('/people/'))) return new Map();
  const all = await people.list();
  return new Map(
    clientIds.flatMap((clientId): [string, string][] => {
      const name = all.find(({ id }) => clientId?.endsWith(`/people/${id}`))?.name;
      return clientId !== null && name ? [[clientId, name]] : [];
    }),
  );
}

/** JSON-LD as values: what floating point cannot hold stays a decimal string. */
function epcisOf(fields: Fields): unknown {
  return exactNumbers(readJson(toEpcis(fields)).value);
}
