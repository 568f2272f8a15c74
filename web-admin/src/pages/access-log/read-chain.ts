import type { Client } from 'urql';
import { type ChainedAccess, firstBreak } from '../../../../api/people/chain.ts';
import { AccessLogDocument } from '../../operations/generated/documents.ts';

export type ChainFound =
  | { state: 'WHOLE'; rows: number; head: string }
  | { state: 'BROKEN'; seq: number; why: string }
  | { state: 'UNREAD'; why: string };

const PAGE = 100;

/** Reads the whole log, the latest rows first, and holds each row against the one before. */
export async function readChain(client: Client, onRows: (rows: number) => void): Promise<ChainFound> {
  const rows: ChainedAccess[] = [];
  for (let after: string | null | undefined = null; ;) {
    const variables: { first: number; after: string | null } = { first: PAGE, after: after ?? null };
    const { data, error } = await client.query(AccessLogDocument, variables, {
      requestPolicy: 'network-only',
    });
    if (!data)
      return { state: 'UNREAD', why: error?.graphQLErrors[0]?.message ?? 'The node does not answer.' };
    const { edges, pageInfo } = data.accessLog;
    rows.push(...edges.map(({ node: { at, ...row } }) => ({ ...row, at: new Date(at) })));
    onRows(rows.length);
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  const broken = firstBreak(rows.toReversed());
  if (broken) return { state: 'BROKEN', ...broken };
  return { state: 'WHOLE', rows: rows.length, head: `${rows[0]?.seq ?? 0}:${rows[0]?.hash ?? ''}` };
}
