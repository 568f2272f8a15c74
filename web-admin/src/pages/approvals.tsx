import { Anchor, Button, Card, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMutation, useQuery } from 'urql';
import { useBook } from '../components/book-choice.tsx';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  ApproveDocument,
  PendingRequestsDocument,
  type PendingRequestsQuery,
  RecordNowDocument,
  RejectDocument,
} from '../operations/generated/documents.ts';
import { titleOf, valueText } from './record/words.ts';

type Node = PendingRequestsQuery['pendingRequests']['edges'][number]['node'];
/** What waits is stored, so it has an id and a time. */
type Pending = Node & { id: string; createdAt: string };
interface Change {
  record?: string | null;
  kind: string;
  base?: number | null;
  fields?: Readonly<Record<string, unknown>> | null;
  content?: unknown;
}

export function Component() {
  const { book, choice } = useBook();
  return (
    <Page title="Approvals" aside={choice}>
      {book ? <Queue key={book} book={book} /> : null}
    </Page>
  );
}

function Queue({ book }: { book: string }) {
  const [pending, again] = useQuery({ query: PendingRequestsDocument, variables: { book } });
  return (
    <Shown of={pending}>
      {({ pendingRequests: { edges } }) =>
        edges.length === 0 ? (
          <Empty what="Nothing waits for you.">
            Requests come here that a sharing rule lets partners make, but not decide.
          </Empty>
        ) : (
          <Stack>
            {edges.map(({ node }) => (
              <Request
                key={node.id}
                book={book}
                request={node as Pending}
                onDone={() => again({ requestPolicy: 'network-only' })}
              />
            ))}
          </Stack>
        )
      }
    </Shown>
  );
}

function Request({ book, request, onDone }: { book: string; request: Pending; onDone: () => void }) {
  const [approved, approve] = useMutation(ApproveDocument);
  const [rejected, reject] = useMutation(RejectDocument);
  const [reason, setReason] = useState('');
  const error = approved.data?.approveRequest.error ?? rejected.data?.rejectRequest.error;
  const changes = (request.changes ?? []) as readonly Change[];
  return (
    <Card withBorder component="section" aria-label={`Request of ${request.requester}`}>
      <Stack gap="xs">
        <Text>
          <b>{request.requester}</b> asks, <When at={request.createdAt} />
          {request.reason ? `: ${request.reason}` : ''}
        </Text>
        {changes.map((change, index) => (
          <Difference key={index} book={book} change={change} />
        ))}
        {error && <Failure message={error.message} duty={error.duty} />}
        <Group align="end">
          <TextInput
            label="Reason, kept with the decision"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            w={360}
            maw="100%"
          />
          <Button
            loading={approved.fetching}
            onClick={() => void approve({ id: request.id, reason: reason || null }).then(onDone)}
          >
            Approve
          </Button>
          <Button
            variant="default"
            loading={rejected.fetching}
            disabled={reason === ''}
            onClick={() => void reject({ id: request.id, reason }).then(onDone)}
          >
            Reject
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

/** What the record is now, and what it would be. */
function Difference({ book, change }: { book: string; change: Change }) {
  const id = change.record ?? '';
  const [found] = useQuery({ query: RecordNowDocument, variables: { book, id }, pause: id === '' });
  const record = found.data?.record;
  const now = (record?.fields ?? {}) as Readonly<Record<string, unknown>>;
  const isStale = record && change.base != null && record.version !== change.base;
  return (
    <div>
      {record ? (
        <Anchor component={Link} to={`/record?${new URLSearchParams({ book, id }).toString()}`}>
          {titleOf(record)}
        </Anchor>
      ) : (
        <Text className="id">{change.record ?? `new ${change.kind.toLowerCase()}`}</Text>
      )}
      {isStale && (
        <Text size="sm" c="red">
          Asked of version {change.base}; it has version {record.version} now, so it will be refused.
        </Text>
      )}
      <Table.ScrollContainer minWidth={420}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Now</Table.Th>
              <Table.Th>Asked for</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {Object.entries(change.fields ?? {}).map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={400} className="id">
                  {name}
                </Table.Th>
                <Table.Td>{valueText(now[name])}</Table.Td>
                <Table.Td>{value === null ? <em>to be unset</em> : <b>{valueText(value)}</b>}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}
