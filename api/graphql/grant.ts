import { LotbookError } from '../errors.ts';
import { found } from '../delivery/reading.ts';
import type { GrantTerms } from '../sharing/grant.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type { Resolvers, Role } from './generated/resolvers.ts';
import type { GrantInBook } from './grant-in-book.ts';
import { grantId, termsOf } from './grant-terms.ts';

export const grant: Resolvers = {
  Query: {
    grants: async (_, { book }, { caller, reading }) =>
      (await reading.grants(caller, book)).map((grant) => ({ ...grant, book })),
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
      records: [...selector.records],
      from: date(selector.from),
      until: date(selector.until),
    }),
    from: ({ from }) => date(from),
    until: ({ until }) => date(until),
  },
};

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
