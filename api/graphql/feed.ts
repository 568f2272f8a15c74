import { payload } from './errors.ts';
import type { Resolvers } from './generated/resolvers.ts';

/** The subscription itself is served by subscriptions.ts: its bytes are shared between subscribers. */
export const feed: Resolvers = {
  Mutation: {
    ackFeed: (_, { book, cursor }, { caller, ackFeed }) =>
      payload(async () => ({ cursor: await ackFeed({ caller, book, cursor }) })),
  },
};
