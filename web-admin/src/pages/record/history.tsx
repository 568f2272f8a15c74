import { Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { When } from '../../components/when.tsx';
import type { RecordWithHistoryQuery } from '../../operations/generated/documents.ts';
import { valueText } from './words.ts';

type Fields = Readonly<Record<string, unknown>>;
type Version = RecordWithHistoryQuery['changes']['edges'][number]['node'];

const ALL = 'all';

/** Every version of a record: one with what changed in it, or all side by side. */
export function History({ versions, fields }: { versions: readonly Version[]; fields: Fields }) {
  const newest = versions.at(-1);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = versions.find(({ version }) => String(version) === chosen) ?? newest;
  const before = shown && versions.findLast(({ version }) => version < shown.version);
  return (
    <Stack>
      {versions.length > 1 && (
        <Group>
          <Text size="sm" id="versions">
            Version
          </Text>
          <SegmentedControl
            aria-labelledby="versions"
            value={chosen === ALL ? ALL : String(shown?.version ?? '')}
            onChange={setChosen}
            data={[...versions.map(({ version }) => String(version)), { value: ALL, label: 'side by side' }]}
          />
        </Group>
      )}
      {chosen === ALL ? (
        <SideBySide versions={versions} />
      ) : (
        <>
          {shown && (
            <Text size="sm">
              Version {shown.version}, entry {shown.seq} of the book, approved <When at={shown.at} />
            </Text>
          )}
          <FieldTable
            now={(shown?.fields ?? fields) as Fields}
            before={before?.fields as Fields | undefined}
          />
        </>
      )}
    </Stack>
  );
}

function SideBySide({ versions }: { versions: readonly Version[] }) {
  const names = [...new Set(versions.flatMap(({ fields }) => Object.keys(fields as Fields)))].toSorted();
  return (
    <Table.ScrollContainer
      minWidth={160 + versions.length * 160}
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
    >
      <Table striped aria-label="All versions side by side">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            {versions.map(({ version, at }) => (
              <Table.Th key={version}>
                Version {version}
                <Text size="xs">
                  <When at={at} />
                </Text>
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {names.map((name) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} className="id">
                {name}
              </Table.Th>
              {versions.map(({ version, fields }, at) => {
                const value = valueText((fields as Fields)[name]);
                const before = (versions[at - 1]?.fields ?? {}) as Fields;
                const isNew = at > 0 && value !== valueText(before[name]);
                return <Table.Td key={version}>{isNew ? <b>{value}</b> : value}</Table.Td>;
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function FieldTable({ now, before }: { now: Fields; before: Fields | undefined }) {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before ?? {})])].toSorted();
  return (
    <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
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
