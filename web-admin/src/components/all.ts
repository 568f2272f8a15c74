import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { type OperationResult, useClient } from 'urql';

interface Paged<T> {
  edges: readonly { node: T }[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/**
 * All items of a list that the node gives page by page, as they are now: null until they are there; and how to ask anew.
 * @param pageOf the same function at each call
 */
export function useAll<D, V extends { after?: string | null }, T>(
  document: TypedDocumentNode<D, V>,
  variables: Omit<V, 'after'>,
  pageOf: (data: D) => Paged<T>,
): [all: readonly T[] | null, again: () => void] {
  const client = useClient();
  const [all, setAll] = useState<readonly T[] | null>(null);
  const latest = useRef(0);
  const key = JSON.stringify(variables);
  const again = useCallback((): void => {
    latest.current += 1;
    const mine = latest.current;
    const load = async (): Promise<void> => {
      const found: T[] = [];
      let after: string | null = null;
      do {
        const asked = { ...(JSON.parse(key) as object), after } as V;
        const answer: OperationResult<D> = await client
          .query<D>(document as TypedDocumentNode<D>, asked as object, { requestPolicy: 'network-only' })
          .toPromise();
        if (!answer.data || mine !== latest.current) return;
        const { edges, pageInfo } = pageOf(answer.data);
        found.push(...edges.map(({ node }) => node));
        after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
      } while (after !== null);
      setAll(found);
    };
    void load();
  }, [client, document, key, pageOf]);
  useEffect(() => {
    again();
    return () => {
      latest.current += 1;
    };
  }, [again]);
  return [all, again];
}
