import type { RetentionView } from '../approval/retention.ts';
import { payload } from './errors.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const retention: Resolvers = {
  Query: {
    retention: (_, { book }, { retention }) => retention.view(book),
  },
  Mutation: {
    setRetention: (_, { input }, { caller, retention }) =>
      answer(() => retention.setRule(caller, { ...input, by: input.by ?? 'APPROVAL_TIME' })),
    endRetention: (_, { book, kind }, { retention }) => answer(() => retention.endRule(book, kind)),
    holdRecord: (_, hold, { caller, retention }) => answer(() => retention.hold(caller, hold)),
    releaseRecord: (_, { book, record }, { retention }) => answer(() => retention.release(book, record)),
  },
};

function answer(work: () => Promise<RetentionView>) {
  return payload(async () => ({ retention: await work() }));
}
