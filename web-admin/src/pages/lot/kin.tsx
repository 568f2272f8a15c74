import { Anchor, Table, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { When } from '../../components/when.tsx';
import { type Chain, type Event, type Lot, siteOf } from '../trace/chain.ts';
import { type Naming, subtitleOf, titleOf } from '../trace/scene.ts';
import { amountText, stepOf } from '../trace/words.ts';

/** Of what a lot was made, what was made of it, and in what it travelled. */
export function kinOf(
  { lots, links, mixings }: Chain,
  id: string,
): { parents: Lot[]; children: Lot[]; carriers: Lot[] } {
  const all = (ids: readonly string[]): Lot[] => [...new Set(ids)].flatMap((each) => lots.get(each) ?? []);
  const made = links.filter(({ kind }) => kind === 'MADE');
  return {
    parents: all([
      ...made.filter(({ to }) => to === id).map(({ from }) => from),
      ...mixings.filter(({ outputs }) => outputs.includes(id)).flatMap(({ inputs }) => inputs),
    ]),
    children: all([
      ...made.filter(({ from }) => from === id).map(({ to }) => to),
      ...mixings.filter(({ inputs }) => inputs.includes(id)).flatMap(({ outputs }) => outputs),
    ]),
    carriers: all(links.filter(({ from, kind }) => from === id && kind === 'IN').map(({ to }) => to)),
  };
}

export function KinList({
  title,
  kin,
  nothing,
  names,
}: { title: string; kin: readonly Lot[]; nothing: string } & Pick<Naming, 'names'>) {
  return (
    <section aria-label={title}>
      <Title order={3} size="h5" mb={4}>
        {title}
      </Title>
      {kin.length === 0 && (
        <Text size="sm" c="dimmed">
          {nothing}
        </Text>
      )}
      {kin.map((lot) => (
        <Text key={lot.id} size="sm">
          <Anchor
            component={Link}
            to={`/lot?${new URLSearchParams({ id: lot.id }).toString()}`}
            inherit
            underline="always"
          >
            {titleOf(lot)}
          </Anchor>{' '}
          {subtitleOf(lot, names)}
        </Text>
      ))}
    </section>
  );
}

export function EventTable({ events, id, naming }: { events: readonly Event[]; id: string; naming: Naming }) {
  const { names, organisation } = naming;
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th ta="right">How much</Table.Th>
            <Table.Th>Where</Table.Th>
            <Table.Th>Told by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => {
            const { book, record, time, links, places, declaredWrong } = event;
            const own = links.find(({ identifier }) => identifier === id);
            const place = places[0] && siteOf(places[0]);
            return (
              <Table.Tr key={`${book} ${record}`}>
                <Table.Td>{time ? <When at={time} /> : 'not told'}</Table.Td>
                <Table.Td>
                  <Anchor
                    component={Link}
                    to={`/record?${new URLSearchParams({ book, id: record }).toString()}`}
                    inherit
                  >
                    {stepOf(event)}
                  </Anchor>
                  {declaredWrong ? ', declared wrong' : ''}
                </Table.Td>
                <Table.Td ta="right">{amountText(own?.quantity, own?.uom)}</Table.Td>
                <Table.Td>{place ? (names.get(place)?.name ?? place) : ''}</Table.Td>
                <Table.Td>{organisation(event.organisation)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
