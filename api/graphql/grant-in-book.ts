import type { Grant } from '../sharing/grant.ts';

/** What the resolvers hand on for a `Grant` of the contract. */
export interface GrantInBook extends Grant {
  book: string;
}
