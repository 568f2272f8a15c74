import type { Page } from '../delivery/page.ts';

/** A page as a connection of the contract (Relay's cursor connections). */
export function connection<T>({ items, hasNextPage, hasPreviousPage, endCursor }: Page<T>) {
  return {
    edges: items,
    pageInfo: { hasNextPage, hasPreviousPage, startCursor: items[0]?.cursor ?? null, endCursor },
  };
}
