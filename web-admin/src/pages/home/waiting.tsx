import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { PendingRequestsDocument } from '../../operations/generated/documents.ts';

/** How many requests of a book wait for a person. */
export function Waiting({ book }: { book: string }) {
  const [{ data }] = useQuery({ query: PendingRequestsDocument, variables: { book } });
  const { edges = [], pageInfo } = data?.pendingRequests ?? {};
  if (edges.length === 0) return null;
  const number = `${edges.length}${pageInfo?.hasNextPage ? ' or more' : ''}`;
  return (
    <Text size="sm">
      <Anchor component={Link} inherit fw={600} to={`/approvals?${new URLSearchParams({ book }).toString()}`}>
        {number === '1' ? '1 request waits' : `${number} requests wait`} for a decision
      </Anchor>
    </Text>
  );
}
