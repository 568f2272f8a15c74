import { LotbookError } from '../errors.ts';
import type { RecordView } from '../delivery/records.ts';
import type { GraphQLContext } from './context.ts';
import { someoneAt } from '../sharing/holder.ts';
import { payload } from './errors.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { lockIn, type LockInBook } from './lock-in-book.ts';

const MOST_LOCKS = 1_000;

export const lock: Resolvers = {
  Query: {
    locks: async (_, { book, viewAs }, { caller, reading }) => {
      const query = {
        caller,
        book,
        viewAs,
        search: { kinds: ['LOCK' as const], matches: ({ fields }: Seen) => fields['state'] === 'HELD' },
        order: 'CURRENT' as const,
        descending: true,
        first: 100,
      };
      const found: LockInBook[] = [];
      let after: string | null = null;
      do {
        const page = await reading.search({ ...query, after });
        found.push(...page.items.flatMap(({ node }) => lockIn(caller, node) ?? []));
        after = page.hasNextPage ? page.endCursor : null;
      } while (after !== null && found.length < MOST_LOCKS);
      return found;
    },
  },
  Mutation: {
    lockRecords: (_, { input }, context) =>
      payload(async () => {
        const { caller, books } = context;
        return { locks: await books.lock(caller, { ...input, name: await nameOf(context) }) };
      }),
    unlockRecords: (_, given, { caller, approval }) =>
      payload(async () => ({ request: await approval.unlockRecords(caller, given) })),
    renewLocks: (_, given, { caller, approval }) =>
      payload(async () => ({ until: await approval.renewLocks(caller, given) })),
    breakLock: (_, given, { caller, approval }) =>
      payload(async () => ({ request: await approval.breakLock(caller, given) })),
  },
  Lock: {
    holderName: ({ name, holder, organisation }) => name ?? holder ?? someoneAt(organisation),
    since: ({ since }) => new Date(since),
    until: async ({ book, record, token, until }, _, { approval }) =>
      (await approval.renewedUntil(book, { record, token })) ?? new Date(until),
  },
};

interface Seen {
  fields: RecordView['fields'];
}

/** The name of a person, for others; of programs the client id says enough. */
export async function nameOf({ caller, people }: GraphQLContext): Promise<string | null> {
  if (!caller.person) return null;
  const person = await people.find(caller.person.id);
  if (!person) throw new LotbookError('UNAUTHENTICATED', 'Nobody is logged in by this name any more.');
  return person.name;
}
