import { stateOf, type Emergency } from '../cases/emergency.ts';
import { LotbookError } from '../errors.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type { Resolvers, ResolversTypes } from './generated/resolvers.ts';
import { grantId, termsOf } from './grant-terms.ts';

type View = Awaited<ResolversTypes['Emergency']>;

export const emergency: Resolvers = {
  Query: {
    emergencies: async (_, { book }, { caller, cases, clock }) =>
      (await cases.emergencies(caller, book ?? null)).map((each) => viewOf(each, clock())),
  },
  Mutation: {
    addEmergencyRule: (_, { input }, { caller, cases, grants, clock, randomId }) =>
      payload(async () => {
        const { book, name, ...rest } = input;
        const id = grantId(`emergency-rule-${name ?? randomId()}`);
        // For whom it will be is not known yet: its terms are checked as those of one for its owner.
        const audience = { organisations: [caller.organisation] };
        const { selector, fields, backfill, title } = termsOf(
          { ...rest, book, audience, right: 'READ', purpose: 'emergency', backfill: rest.backfill ?? true },
          clock(),
        );
        await cases.addEmergencyRule(caller, { book, id, selector, fields, backfill, title });
        const added = (await grants.of(book)).find((each) => each.id === id);
        if (!added) throw new LotbookError('CONFLICT', 'The rule was ended just now.');
        return { grant: { ...added, book } };
      }),
    proposeEmergency: (_, { input }, context) =>
      answer(context, ({ caller, cases }) => cases.proposeEmergency(caller, input)),
    declareEmergency: (_, given, context) =>
      answer(context, ({ caller, cases }) => cases.declareEmergency(caller, given)),
    endEmergency: (_, given, context) =>
      answer(context, ({ caller, cases }) => cases.endEmergency(caller, given)),
  },
};

function answer(context: GraphQLContext, work: (context: GraphQLContext) => Promise<Emergency>) {
  return payload(async () => ({ emergency: viewOf(await work(context), context.clock()) }));
}

function viewOf({ book, id, version, content }: Emergency, now: number): View {
  const { until, rules = [], parties = [], declaredAt, endedAt, ...rest } = content;
  return {
    ...rest,
    book,
    id,
    version,
    state: stateOf(content, now),
    rules: [...rules],
    parties: [...parties],
    until: new Date(until),
    declaredAt: declaredAt === undefined ? null : new Date(declaredAt),
    endedAt: endedAt === undefined ? null : new Date(endedAt),
  };
}
