import { LotbookError } from '../errors.ts';
import { found } from '../delivery/reading.ts';
import { audienceOf, type Caller } from '../sharing/caller.ts';
import { isAddressed, type Grant, type GrantTerms } from '../sharing/grant.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type { Resolvers, Role } from './generated/resolvers.ts';
import type { GrantInBook } from './grant-in-book.ts';
import { grantId, termsOf } from './grant-terms.ts';

export const grant: Resolvers = {
  Query: {
    grants: async (_, { book }, { caller, reading, grants }) => {
      found(await reading.book(caller, book), 'book');
      return grantsFor(caller, await grants.of(book), book);
    },
  },
  Mutation: {
    addGrant: (_, { input }, context) =>
      payload(async () => {
        const id = grantId(input.name ?? context.randomId());
        const terms = termsOf(input, context.clock());
        return change(context, { book: input.book, id, terms, base: 0 });
      }),
    endGrant: (_, { book, id }, context) =>
      payload(async () => {
        const now = context.clock();
        const ending = await readGrant(context, book, id);
        if (ending.until !== null && ending.until <= now) return { grant: ending };
        const { right, audience, selector, fields, purpose, from, backfill, title, version } = ending;
        const terms = { right, audience, selector, fields, purpose, from, backfill, title, until: now };
        return change(context, { book, id, terms, base: version });
      }),
  },
  Grant: {
    audience: ({ audience }) => ({
      organisations: [...audience.organisations],
      groups: [...audience.groups],
      roles: audience.roles.map((role) => role as Role),
      public: audience.public,
    }),
    selector: ({ selector }) => ({
      kinds: [...selector.kinds],
      products: [...selector.products],
      lots: [...selector.lots],
      from: date(selector.from),
      until: date(selector.until),
    }),
    from: ({ from }) => date(from),
    until: ({ until }) => date(until),
  },
};

/** All rules for the node's own people; for a partner those that address it, each with its own share of the audience. */
function grantsFor(caller: Caller, grants: readonly Grant[], book: string): GrantInBook[] {
  if (caller.own) return grants.map((grant) => ({ ...grant, book }));
  const audience = audienceOf(caller);
  return grants
    .filter((grant) => isAddressed(grant, audience))
    .map((grant) => ({
      ...grant,
      book,
      audience: {
        organisations: grant.audience.organisations.filter((id) => id === audience.organisation),
        groups: grant.audience.groups.filter((group) => audience.groups.includes(group)),
        roles: [],
        public: grant.audience.public,
      },
    }));
}

async function change(
  context: GraphQLContext,
  given: { book: string; id: string; terms: GrantTerms; base: number },
): Promise<{ grant: GrantInBook }> {
  const { error } = await context.approval.changeGrant(context.caller, given);
  if (error) throw new LotbookError(error.code, error.message, error);
  return { grant: await readGrant(context, given.book, given.id) };
}

async function readGrant({ grants }: GraphQLContext, book: string, id: string): Promise<GrantInBook> {
  const grant = (await grants.of(book)).find((each) => each.id === id);
  return { ...found(grant ?? null, 'grant'), book };
}

function date(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
