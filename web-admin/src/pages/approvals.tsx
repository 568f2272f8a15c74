import { Button, Card, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
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
  RejectDocument,
} from '../operations/generated/documents.ts';
import { valueText } from './record/words.ts';

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

function Request({ request, onDone }: { request: Pending; onDone: () => void }) {
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
          <div key={index}>
            <Text className="id">{change.record ?? `new ${change.kind.toLowerCase()}`}</Text>
            <ul>
              {Object.entries(change.fields ?? {}).map(([name, value]) => (
                <li key={name}>
                  {name}: {value === null ? <em>to be unset</em> : <b>{valueText(value)}</b>}
                </li>
              ))}
            </ul>
          </div>
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
