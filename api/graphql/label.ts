import { labelOf, labelSvg } from '../exports/label.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const label: Resolvers = {
  Query: {
    label: async (_, { text, code }, { node }) => {
      const made = labelOf(text, code ?? 'QR', node.url);
      return { text: made.text, holds: made.holds, svg: await labelSvg(made) };
    },
  },
};
