import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { type Column, Listing } from '../components/listing.tsx';
import { MomentInput } from '../components/moment-input.tsx';
import { useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  AccessLogDocument,
  type AccessLogFilter,
  type AccessLogQuery,
} from '../operations/generated/documents.ts';
import { ChainState } from './access-log/chain-state.tsx';

type Row = AccessLogQuery['accessLog']['edges'][number]['node'];
const FIRST = 50;

export function Component() {
  const [filter, setFilter] = useState<AccessLogFilter>({});
  const [places, setPlaces] = useState<(string | null)[]>([null]);
  const after = places.at(-1) ?? null;
  const [log] = useQuery({ query: AccessLogDocument, variables: { filter, first: FIRST, after } });
  return (
    <Page title="Access log">
      <ChainState />
      <Filter
        onFilter={(next) => {
          setFilter(next);
          setPlaces([null]);
        }}
      />
      <Shown of={log}>
        {({ accessLog: { edges, pageInfo } }) => (
          <>
            {edges.length === 0 ? (
              <Empty what="Nothing is found.">Try another filter, or an earlier time.</Empty>
            ) : (
              <Listing
                label="Access log, the latest first"
                columns={COLUMNS}
                rows={edges.map(({ node }) => node)}
                keyOf={({ seq }) => seq}
                minWidth={860}
              />
            )}
            <Group>
              <Button
                variant="default"
                disabled={places.length === 1}
                onClick={() => setPlaces(places.slice(0, -1))}
              >
                Later
              </Button>
              <Button
                variant="default"
                disabled={!pageInfo.hasNextPage}
                onClick={() => setPlaces([...places, pageInfo.endCursor ?? null])}
              >
                Earlier
              </Button>
            </Group>
          </>
        )}
      </Shown>
    </Page>
  );
}

function Filter({ onFilter }: { onFilter: (filter: AccessLogFilter) => void }) {
  const [who, setWho] = useState('');
  const [action, setAction] = useState('');
  const [refused, setRefused] = useState(false);
  const [from, setFrom] = useState<string | null>(null);
  const [until, setUntil] = useState<string | null>(null);
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    onFilter({
      ...(who.trim() && { who: who.trim() }),
      ...(action.trim() && { action: action.trim() }),
      ...(refused && { refused }),
      ...(from && { from }),
      ...(until && { until }),
    });
  };
  return (
    <Group component="form" align="end" onSubmit={submit}>
      <TextInput
        label="Who (the whole client id)"
        value={who}
        onChange={(event) => setWho(event.currentTarget.value)}
        w={280}
        maw="100%"
      />
      <TextInput
        label="What was done"
        placeholder="log in"
        value={action}
        onChange={(event) => setAction(event.currentTarget.value)}
        w={180}
      />
      <MomentInput label="From" value={from} onChange={setFrom} />
      <MomentInput label="Until" value={until} onChange={setUntil} />
      <Checkbox
        label="Only refusals"
        checked={refused}
        onChange={(event) => setRefused(event.currentTarget.checked)}
        py={8}
      />
      <Button type="submit">Find</Button>
    </Group>
  );
}

function Who({ id }: { id: string | null }) {
  const nameOf = useNames();
  if (id === null) return 'nobody that is known';
  const name = nameOf(id);
  return (
    <>
      {name !== id && <Text inherit>{name}</Text>}
      <Text className="id" c={name === id ? undefined : 'dimmed'}>
        {id}
      </Text>
    </>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'Row', cell: ({ seq }) => seq, isNumber: true },
  { head: 'When', cell: ({ at }) => <When at={at} /> },
  {
    head: 'Who',
    cell: ({ who, address }) => (
      <>
        <Who id={who} />
        {address && (
          <Text size="sm" c="dimmed">
            from {address}
          </Text>
        )}
      </>
    ),
  },
  {
    head: 'What',
    cell: ({ action, object }) => (
      <>
        {action}
        {object && (
          <Text className="id" c="dimmed">
            {object}
          </Text>
        )}
      </>
    ),
  },
  {
    head: 'Result',
    cell: ({ result, count }) => (
      <Text inherit fw={result === 'OK' ? undefined : 600}>
        {result === 'OK' ? 'let in' : `refused: ${result}`}
        {count > 1 ? `, ${count} times` : ''}
      </Text>
    ),
  },
];
