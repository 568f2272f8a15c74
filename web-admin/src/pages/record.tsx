import { Alert, Anchor, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { RecordWithHistoryDocument, type RecordWithHistoryQuery } from '../operations/generated/documents.ts';
import { KINDS, titleOf, valueText } from './record/words.ts';

type Fields = Readonly<Record<string, unknown>>;

export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book') ?? '';
  const id = params.get('id') ?? '';
  const [found] = useQuery({ query: RecordWithHistoryDocument, variables: { book, id } });
  const record = found.data?.record;
  return (
    <Page title={record ? headingOf(KINDS[record.kind], titleOf(record)) : 'Record'}>
      <Shown of={found}>
        {(data) =>
          data.record ? (
            <Versions data={data} />
          ) : (
            <Empty what="There is no such record, or you may not see any of it.">
              <Anchor component={Link} to={`/records?${new URLSearchParams({ book }).toString()}`}>
                To the records of the book
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

/** `lot A1` names its kind already. */
function headingOf(kind: string, title: string): string {
  return title.startsWith(kind) ? title : `${kind}: ${title}`;
}

function Versions({ data: { record, changes } }: { data: RecordWithHistoryQuery }) {
  const versions = changes.edges.map(({ node }) => node);
  const newest = versions.at(-1);
  const [chosen, setChosen] = useState<string | null>(null);
  if (!record) return null;
  const shown = versions.find(({ version }) => String(version) === chosen) ?? newest;
  const before = shown && versions.findLast(({ version }) => version < shown.version);
  return (
    <Stack>
      <Text className="id">{record.id}</Text>
      {record.erased && <Alert title="This record was erased">{record.erased}</Alert>}
      {versions.length > 1 && (
        <Group>
          <Text size="sm" id="versions">
            Version
          </Text>
          <SegmentedControl
            aria-labelledby="versions"
            value={String(shown?.version ?? '')}
            onChange={setChosen}
            data={versions.map(({ version }) => String(version))}
          />
        </Group>
      )}
      {shown && (
        <Text size="sm">
          Version {shown.version}, entry {shown.seq} of the book, approved <When at={shown.at} />
        </Text>
      )}
      <FieldTable
        now={(shown?.fields ?? record.fields) as Fields}
        before={before?.fields as Fields | undefined}
      />
      {record.withheld.length > 0 && (
        <Text size="sm">Withheld from you, though a rule names it: {record.withheld.join(', ')}.</Text>
      )}
    </Stack>
  );
}

function FieldTable({ now, before }: { now: Fields; before: Fields | undefined }) {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before ?? {})])].toSorted();
  return (
    <Table.ScrollContainer minWidth={480}>
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            <Table.Th>Value</Table.Th>
            {before && <Table.Th>In the version before</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((name) => {
            const [value, old] = [valueText(now[name]), valueText(before?.[name])];
            return (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={400} className="id">
                  {name}
                </Table.Th>
                <Table.Td>{value}</Table.Td>
                {before && <Table.Td>{old === value ? 'the same' : <del>{old}</del>}</Table.Td>}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
