import type { Resolvers } from './generated/resolvers.ts';
import { grantId, termsOf } from './grant-terms.ts';

export const sharing: Resolvers = {
  Query: {
    sharing: (_, { book, whatIf }, { caller, clock, randomId, reading }) => {
      const now = clock();
      const add = (whatIf?.add ?? []).map((input) => ({
        id: grantId(input.name ?? randomId()),
        terms: termsOf(input, now),
      }));
      return reading.sharing({ caller, book, whatIf: { add, end: whatIf?.end ?? [] } });
    },
    receipts: (_, { book }, { caller, reading }) => reading.receipts({ caller, book }),
  },
};
