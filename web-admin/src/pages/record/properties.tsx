import { Stack, Table, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import type { RecordWithHistoryQuery } from '../../operations/generated/documents.ts';
import { KINDS } from './words.ts';

/** What is known of a record besides what it says. */
export function Properties({ data: { record, changes } }: { data: RecordWithHistoryQuery }) {
  const nameOf = useNames();
  if (!record) return null;
  const versions = changes.edges.map(({ node }) => node);
  const [first, last] = [versions.at(0), versions.at(-1)];
  const grants = [...new Set(record.permitted.flatMap((each) => each.grants))];
  const bytes = new TextEncoder().encode(JSON.stringify(record.fields)).length;
  const by = (id: string | null | undefined): string => (id ? `, by ${nameOf(id)}` : '');
  const rows: { name: string; value: ReactNode }[] = [
    { name: 'Kind', value: KINDS[record.kind] },
    { name: 'Version', value: `${record.version}, entry ${record.seq} of the book` },
    { name: 'First version here', value: first && <Moment at={first.at} by={by(first.by)} /> },
    { name: 'Last changed', value: last && <Moment at={last.at} by={by(last.by)} /> },
    { name: 'Size', value: `${Object.keys(record.fields as object).length} fields, ${bytes} bytes` },
    {
      name: 'Rules by which you see it',
      value: grants.length > 0 ? grants.join(', ') : 'none: you see all that this node holds of it',
    },
  ];
  return (
    <Stack component="section" aria-labelledby="properties" gap="xs">
      <Title order={3} id="properties">
        Properties
      </Title>
      <Table>
        <Table.Tbody>
          {rows.map(({ name, value }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

function Moment({ at, by }: { at: string; by: string }) {
  return (
    <>
      <When at={at} />
      {by}
    </>
  );
}
