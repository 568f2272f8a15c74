import { Anchor, Progress, SegmentedControl, Table, Text, Title } from '@mantine/core';
import '@mantine/core/styles/Progress.css';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { type Named, shortOf, useMasterData, useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { ConvergeDocument, type ConvergeQuery } from '../operations/generated/documents.ts';
import { LegList } from './converge/leg-list.tsx';
import { inputOf, type Leg, legsOf, paramsOf } from './converge/legs.ts';
import { siteOf } from './trace/chain.ts';
import { reasonText, stepOf } from './trace/words.ts';

type Found = ConvergeQuery['converge'];
type Candidate = Found['candidates'][number];
type NameOf = (id: string) => string;

/** What lies upstream of many cases: ranked by how many of them it explains. */
export function Component() {
  const [params, setParams] = useSearchParams();
  const legs = useMemo(() => legsOf(params), [params]);
  const input = inputOf(legs);
  const [found] = useQuery({
    query: ConvergeDocument,
    variables: { input },
    pause: input.legs.length === 0,
  });
  const names = useMasterData(useMemo(() => idsOf(found.data?.converge, legs), [found.data, legs]));
  const organisation = useNames();
  const nameOf: NameOf = (id) => names.get(id)?.name ?? (id.includes(':') ? shortOf(id) : organisation(id));
  return (
    <Page title="Convergence">
      <Text c="dimmed" maw={720}>
        Cases at several points have a source in common if one lot, or one place, lies upstream of what was
        sold at all of them. The best explanation stands first.
      </Text>
      <LegList legs={legs} names={names} onChange={(next) => setParams(paramsOf(next), { replace: true })} />
      {input.legs.length > 0 && (
        <Shown of={found}>
          {({ converge }) => <Result found={converge} legs={legs} nameOf={nameOf} names={names} />}
        </Shown>
      )}
    </Page>
  );
}

function idsOf(found: Found | undefined, legs: readonly Leg[]): string[] {
  return [
    ...legs.flatMap(({ starts }) => starts),
    ...(found?.candidates.map(({ identifier }) => identifier) ?? []),
    ...(found?.candidates.map(({ identifier }) => identifier.replace(/\/(?:10|21)\/[^/]*$/, '')) ?? []),
    ...(found?.missing.flatMap(({ end, candidate }) => [candidate.identifier, ...end.ask]) ?? []),
    ...(found?.comminglings.flatMap(({ event }) => event.places.map(siteOf)) ?? []),
    ...(found?.contacts.map(({ place }) => place) ?? []),
  ];
}

interface Parts {
  found: Found;
  legs: readonly Leg[];
  nameOf: NameOf;
  names: ReadonlyMap<string, Named>;
}

function Result({ found, legs, nameOf, names }: Parts) {
  const [kind, setKind] = useState('ALL');
  const shown = found.candidates.filter((each) => kind === 'ALL' || each.kind === kind);
  const all = legs.reduce((sum, { starts, cases }) => sum + (starts.length > 0 ? cases : 0), 0);
  if (found.candidates.length === 0)
    return (
      <Empty what="Nothing lies upstream of these lots, as far as you may see.">
        Ask the partners who have them.
      </Empty>
    );
  return (
    <>
      <SegmentedControl
        aria-label="Which candidates"
        w="fit-content"
        value={kind}
        onChange={setKind}
        data={[
          { value: 'ALL', label: 'Lots and places' },
          { value: 'THING', label: 'Lots' },
          { value: 'PLACE', label: 'Places' },
        ]}
      />
      <Table.ScrollContainer minWidth={860}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What explains the cases</Table.Th>
              <Table.Th w={260}>Explains</Table.Th>
              <Table.Th>Without an explanation</Table.Th>
              <Table.Th ta="right">Still first without a point</Table.Th>
              <Table.Th ta="right">Transformations away</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((candidate) => (
              <Row key={candidate.identifier} candidate={candidate} all={all} nameOf={nameOf} names={names} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Missing found={found} nameOf={nameOf} />
      <Mixed found={found} nameOf={nameOf} />
      {found.cut.length > 0 && (
        <Text>There is more than was looked at for {found.cut.join(', ')}: the ranking may change.</Text>
      )}
    </>
  );
}

function Row({
  candidate,
  all,
  nameOf,
  names,
}: Pick<Parts, 'nameOf' | 'names'> & { candidate: Candidate; all: number }) {
  const { kind, identifier, unexplained, score, robustness, distance } = candidate;
  const product = names.get(identifier.replace(/\/(?:10|21)\/[^/]*$/, ''))?.name;
  const start = kind === 'PLACE' ? 'place' : 'thing';
  const explained = Math.round(score * all);
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor
          component={Link}
          to={`/trace?${new URLSearchParams({ [start]: identifier, direction: 'FORWARD' }).toString()}`}
          title={identifier}
        >
          {nameOf(identifier)}
        </Anchor>
        <Text size="sm" c="dimmed">
          {kind === 'PLACE' ? (names.get(identifier)?.town ?? 'place') : (product ?? 'lot')}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {explained} of {all} {all === 1 ? 'case' : 'cases'}
        </Text>
        <Progress value={score * 100} aria-label={`explains ${explained} of ${all}`} />
      </Table.Td>
      <Table.Td>{unexplained.length > 0 ? unexplained.join(', ') : 'none'}</Table.Td>
      <Table.Td ta="right">{robustness === null ? '' : `${Math.round((robustness ?? 0) * 100)} %`}</Table.Td>
      <Table.Td ta="right">{distance}</Table.Td>
    </Table.Tr>
  );
}

/** The gaps in the records that could overturn the ranking: whom to ask next. */
function Missing({ found: { missing }, nameOf }: Pick<Parts, 'found' | 'nameOf'>) {
  if (missing.length === 0) return null;
  return (
    <section aria-labelledby="missing">
      <Title order={3} size="h5" id="missing">
        Records that could change this
      </Title>
      <ul>
        {missing.slice(0, 10).map(({ end, legs, candidate, score, changesFirst }) => (
          <li key={`${end.thing} ${end.reason} ${end.event}`}>
            {end.thing ? shortOf(end.thing) : 'A start'} ({legs.join(', ')}): {reasonText(end, nameOf)} If it
            led to {nameOf(candidate.identifier)}, that would explain {Math.round(score * 100)} %
            {changesFirst ? ', and be first.' : '.'}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Mixed({ found: { comminglings, contacts }, nameOf }: Pick<Parts, 'found' | 'nameOf'>) {
  if (comminglings.length + contacts.length === 0) return null;
  return (
    <section aria-labelledby="mixed">
      <Title order={3} size="h5" id="mixed">
        Where lots were mixed, or met
      </Title>
      <ul>
        {comminglings.map(({ event, inputs, outputs, legs }) => (
          <li key={event.record}>
            {inputs.map(shortOf).join(', ')} were mixed into {outputs.map(shortOf).join(', ')} (
            {stepOf(event)}
            {event.places[0] ? `, ${nameOf(siteOf(event.places[0]))}` : ''}
            {event.time ? ', ' : ''}
            {event.time && <When at={event.time} />}); upstream of {legs.join(', ')}.
          </li>
        ))}
        {contacts.map(({ place, from, things, legs }) => (
          <li key={`${place} ${from}`}>
            {things.map(shortOf).join(', ')} were at {nameOf(place)} together, <When at={from} />, and no
            record links them; upstream of {legs.join(', ')}.
          </li>
        ))}
      </ul>
    </section>
  );
}
