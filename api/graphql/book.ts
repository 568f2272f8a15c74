import { found } from '../delivery/reading.ts';
import { payload } from './errors.ts';
import type { FeedState, Resolvers } from './generated/resolvers.ts';

export const book: Resolvers = {
  Query: {
    books: (_, _args, { caller, reading }) => reading.books(caller),
    book: (_, { id }, { caller, reading }) => reading.book(caller, id),
  },
  Mutation: {
    createBook: (_, { input }, { caller, approval, reading }) =>
      payload(async () => {
        const { id } = await approval.createBook(caller, input);
        return { book: found(await reading.book(caller, id), 'book') };
      }),
  },
  Book: {
    provisional: ({ id }, _, { caller, approval }) => (caller.own ? approval.provisional(id) : null),
    feed: ({ feed }) => feed && { ...feed, state: feed.state as FeedState },
  },
};
