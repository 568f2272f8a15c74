import { unflatten, type Fields } from '../events/fields.ts';
import { readJson } from '../events/json.ts';
import { deriveLinks, isThing } from '../events/links.ts';
import { toEpcis } from '../events/to-epcis.ts';
import { connection } from './connection.ts';
import { exactNumbers } from './exact-numbers.ts';
import type { LinkRole, Resolvers } from './generated/resolvers.ts';

/** The committed list of all names: no field of its own. */
const ALL_NAMES = '@names';

export const record: Resolvers = {
  Query: {
    records: async (_, args, { caller, reading }) => connection(await reading.records({ caller, ...args })),
    record: (_, args, { caller, reading }) => reading.record({ caller, ...args }),
    changes: async (_, args, { caller, reading }) => connection(await reading.changes({ caller, ...args })),
  },
  Record: {
    content: ({ kind, fields }) => (kind === 'EVENT' ? epcisOf(fields) : unflatten(fields)),
    permitted: ({ permitted }) =>
      [...permitted]
        .filter(([field]) => field !== ALL_NAMES)
        .map(([field, grants]) => ({ field, grants: [...grants] })),
    links: ({ kind, fields }) =>
      kind === 'EVENT'
        ? deriveLinks(fields)
            .filter(isThing)
            .map((link) => ({ ...link, role: link.role.toUpperCase() as LinkRole }))
        : [],
  },
};

/** JSON-LD as values: what floating point cannot hold stays a decimal string. */
function epcisOf(fields: Fields): unknown {
  return exactNumbers(readJson(toEpcis(fields)).value);
}
