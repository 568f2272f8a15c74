import { Anchor, Button, Checkbox, Group, SegmentedControl, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { shortOf } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import { isOpen, type Lot, siteOf } from './chain.ts';
import { type Naming, titleOf } from './scene.ts';
import { amountText, reasonText, reasonWord, ROLES, sentence } from './words.ts';

interface Props {
  lots: readonly Lot[];
  chosen: ReadonlySet<string>;
  naming: Naming;
  onChoose: (id: string) => void;
}

type Kept = 'all' | 'chosen' | 'open';
const AT_FIRST = 100;

/** The same lots as in the pictures, to read, to search, and to choose without a mouse. */
export function LotTable({ lots, chosen, naming, onChoose }: Props) {
  const [kept, setKept] = useState<Kept>('all');
  const [text, setText] = useState('');
  const [most, setMost] = useState(AT_FIRST);
  const { names, organisation } = naming;
  const nameOf = (id: string): string =>
    names.get(id)?.name ?? (id.includes(':') ? shortOf(id) : organisation(id));
  const wanted = text.trim().toLowerCase();
  const found = lots.filter(({ id, product, ends, place }) => {
    if (kept === 'chosen' && !chosen.has(id)) return false;
    if (kept === 'open' && !ends.some(isOpen)) return false;
    const words = `${id} ${product ? nameOf(product) : ''} ${place ? nameOf(siteOf(place)) : ''}`;
    return wanted === '' || words.toLowerCase().includes(wanted);
  });
  return (
    <section aria-label="Lots">
      <Group mb="xs" align="end">
        <TextInput
          label="Find in the lots"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          w={280}
        />
        <SegmentedControl
          aria-label="Which lots"
          value={kept}
          onChange={(next) => setKept(next as Kept)}
          data={[
            { value: 'all', label: `All ${lots.length}` },
            { value: 'chosen', label: `Chosen ${lots.filter(({ id }) => chosen.has(id)).length}` },
            { value: 'open', label: `Open ends ${lots.filter(({ ends }) => ends.some(isOpen)).length}` },
          ]}
        />
      </Group>
      <Table.ScrollContainer minWidth={900}>
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={40} aria-label="Chosen" />
              <Table.Th>Lot</Table.Th>
              <Table.Th>Product</Table.Th>
              <Table.Th ta="right">Made</Table.Th>
              <Table.Th>First at</Table.Th>
              <Table.Th>First seen</Table.Th>
              <Table.Th>Found as</Table.Th>
              <Table.Th>Where its story ends</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.slice(0, most).map((lot) => (
              <Row key={lot.id} lot={lot} isChosen={chosen.has(lot.id)} nameOf={nameOf} onChoose={onChoose} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {found.length > most && (
        <Button variant="default" mt="xs" onClick={() => setMost(most * 5)}>
          More: {found.length - most} are not shown
        </Button>
      )}
    </section>
  );
}

function Row({
  lot,
  isChosen,
  nameOf,
  onChoose,
}: {
  lot: Lot;
  isChosen: boolean;
  nameOf: (id: string) => string;
  onChoose: (id: string) => void;
}) {
  const { id, product, quantity, uom, place, events, as, distance, ends } = lot;
  const first = events.find(({ time }) => time !== null)?.time;
  return (
    <Table.Tr bg={isChosen ? 'var(--mantine-color-blue-light)' : undefined}>
      <Table.Td>
        <Checkbox aria-label={`Choose ${titleOf(lot)}`} checked={isChosen} onChange={() => onChoose(id)} />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} to={`/lot?${new URLSearchParams({ id }).toString()}`} title={id}>
          {titleOf(lot)}
        </Anchor>
      </Table.Td>
      <Table.Td>{product ? nameOf(product) : ''}</Table.Td>
      <Table.Td ta="right">{amountText(quantity, uom)}</Table.Td>
      <Table.Td>{place ? nameOf(siteOf(place)) : ''}</Table.Td>
      <Table.Td>{first ? <When at={first} /> : ''}</Table.Td>
      <Table.Td>
        {distance === 0 ? ROLES[as] : `${ROLES[as]}, ${Math.abs(distance)} ${distance < 0 ? 'back' : 'on'}`}
      </Table.Td>
      <Table.Td>
        {ends.map((end) => (
          <Text
            key={`${end.direction} ${end.reason} ${end.event}`}
            size="sm"
            title={reasonText(end, nameOf)}
            className={isOpen(end) ? 'open-end' : undefined}
          >
            {sentence(end.direction === 'BACK' ? 'back' : 'on')}: {reasonWord(end)}
          </Text>
        ))}
      </Table.Td>
    </Table.Tr>
  );
}
