import { Stack, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty.tsx';
import { Shown } from '../../components/shown.tsx';
import {
  PartnersDocument,
  SharingDocument,
  type SharingQuery,
  type WhatIfInput,
} from '../../operations/generated/documents.ts';
import { KINDS } from '../record/words.ts';
import { type SharedField, shareText } from './words.ts';

type Sharing = SharingQuery['sharing'];

/** Fields by partners: what each may see now, and beside it what it would see. */
export function Matrix({ book, whatIf }: { book: string; whatIf: WhatIfInput | null }) {
  const [now] = useQuery({ query: SharingDocument, variables: { book, whatIf: null } });
  const [then] = useQuery({ query: SharingDocument, variables: { book, whatIf }, pause: whatIf === null });
  if (whatIf !== null && then.error) return <Shown of={then}>{() => null}</Shown>;
  return (
    <Shown of={now}>
      {({ sharing }) => <Cells now={sharing} then={whatIf === null ? null : (then.data?.sharing ?? null)} />}
    </Shown>
  );
}

function Cells({ now, then }: { now: Sharing; then: Sharing | null }) {
  const [{ data }] = useQuery({ query: PartnersDocument });
  const partners = (data?.partners ?? []).filter(({ status }) => status === 'ACTIVE');
  if (partners.length === 0)
    return <Empty what="You have no partner to share with.">Invite one, or accept an invitation.</Empty>;
  if (now.fields.length === 0)
    return (
      <Empty what="The book has no record yet.">Its fields will be here as soon as one has them set.</Empty>
    );
  const shareOf = (fields: readonly SharedField[], { kind, name }: SharedField, organisation: string) =>
    fields
      .find((each) => each.kind === kind && each.name === name)
      ?.partners.find((share) => share.organisation === organisation);
  return (
    <Stack gap="xs">
      <Text size="sm">
        {now.isWhole
          ? `All ${now.records} records were looked at.`
          : `The ${now.records} records that were changed last were looked at.`}{' '}
        A number says in how many of those that have the field.
      </Text>
      <Table.ScrollContainer minWidth={480} maxHeight={640}>
        <Table striped stickyHeader aria-label="Fields by partners">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              {partners.map(({ organisation, name }) => (
                <Table.Th key={organisation}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {now.fields.map((field) => (
              <Table.Tr key={field.kind + field.name}>
                <Table.Th scope="row" fw={400}>
                  <span className="id">{field.name}</span>{' '}
                  <Text span size="sm" c="dimmed">
                    {KINDS[field.kind]}
                  </Text>
                </Table.Th>
                {partners.map(({ organisation }) => (
                  <Table.Td key={organisation}>
                    <Cell
                      now={shareText(field, shareOf(now.fields, field, organisation))}
                      then={then && shareText(field, shareOf(then.fields, field, organisation))}
                    />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}

function Cell({ now, then }: { now: string; then: string | null }) {
  if (then === null || then === now)
    return (
      <Text inherit c={now === 'no' ? 'dimmed' : undefined}>
        {now}
      </Text>
    );
  return (
    <span className="changed">
      <del>{now}</del> <ins>{then}</ins>
    </span>
  );
}
