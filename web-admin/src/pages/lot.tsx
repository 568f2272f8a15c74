import './trace/trace.css';
import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Extract } from '../components/extract.tsx';
import { IdentifierForm } from '../components/identifier-form.tsx';
import { shortOf, useMasterData, useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { PrintLabel } from '../components/print-label.tsx';
import { Failure, Loading } from '../components/shown.tsx';
import { BooksDocument, IdentifyDocument, ReconcileDocument } from '../operations/generated/documents.ts';
import { FindingList } from './balance/findings.tsx';
import { OneLot } from './balance/one-lot.tsx';
import { EventTable, kinOf, KinList } from './lot/kin.tsx';
import { RecordCard } from './lot/proof.tsx';
import { type Chain, chainOf, siteOf } from './trace/chain.ts';
import { type Naming, titleOf } from './trace/scene.ts';
import { useTrace } from './trace/use-trace.ts';
import { reasonText } from './trace/words.ts';

/** All that is known of one lot, pallet or item, found by what is printed on it. */
export function Component() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const given = params.get('id');
  const [read] = useQuery({
    query: IdentifyDocument,
    variables: { text: given ?? '' },
    pause: given === null,
  });
  const id = given === null ? null : (read.data?.identify.identifier ?? null);
  return (
    <Page title={id === null ? 'Lot' : `Lot ${shortOf(id)}`}>
      <IdentifierForm
        label="Lot, pallet or item"
        action="Show"
        onRead={({ identifier }) =>
          void navigate(`/lot?${new URLSearchParams({ id: identifier }).toString()}`)
        }
      />
      {given === null ? (
        <Empty what="Scan the label, or type what is on it.">
          Everything that you may see of the lot comes here: where it came from, where it went, how much there
          should be, and the proof of each field.
        </Empty>
      ) : (
        id && <OneThing key={id} id={id} />
      )}
    </Page>
  );
}

function OneThing({ id }: { id: string }) {
  const input = useMemo(() => ({ starts: [{ thing: id }], depth: 1 }), [id]);
  const { found, isRunning, failure } = useTrace(input);
  const chain = useMemo(() => chainOf(found), [found]);
  const [books] = useQuery({ query: BooksDocument });
  const names = useMasterData(useMemo(() => idsOf(chain), [chain]));
  const organisation = useNames();
  const lot = chain.lots.get(id);
  const isKnown = (lot?.events.length ?? 0) > 0;
  return (
    <Stack>
      <div>
        {lot?.product && <Text fw={600}>{names.get(lot.product)?.name ?? shortOf(lot.product)}</Text>}
        <Text className="id">{id}</Text>
      </div>
      {failure && <Failure message={failure} />}
      {isRunning && !isKnown && <Loading />}
      {!isRunning && !isKnown && (
        <Empty what="No event of it is on record, as far as you may see.">
          Look at the digits again, or ask whoever sold it to you to share its events.
        </Empty>
      )}
      {isKnown && <Story chain={chain} id={id} naming={{ names, organisation }} />}
      {books.data?.books.map(({ id: book, title }) => (
        <RecordCard key={book} book={book} id={id} title={title} organisation={organisation} />
      ))}
    </Stack>
  );
}

function idsOf({ lots, events }: Chain): string[] {
  return [
    ...[...lots.values()].flatMap(({ product, ends }) => [
      ...(product ? [product] : []),
      ...ends.flatMap(({ ask }) => ask),
    ]),
    ...events.flatMap(({ places }) => places.map(siteOf)),
  ];
}

function Story({ chain, id, naming }: { chain: Chain; id: string; naming: Naming }) {
  const { names, organisation } = naming;
  const [balance] = useQuery({
    query: ReconcileDocument,
    variables: { input: { starts: [{ thing: id }], depth: 0 } },
  });
  const lot = chain.lots.get(id);
  const { parents, children, carriers } = kinOf(chain, id);
  const nameOf = (each: string): string =>
    names.get(each)?.name ?? (each.includes(':') ? shortOf(each) : organisation(each));
  const account = balance.data?.reconcile.lots.find((each) => each.lot === id);
  const findings = balance.data?.reconcile.findings.filter((each) => each.lot === id) ?? [];
  const ends = lot?.ends.filter(({ reason }) => reason !== 'DEPTH') ?? [];
  return (
    <>
      <Group gap="xs">
        <PrintLabel of={id} />
        <Button
          component={Link}
          to={`/trace?${new URLSearchParams({ thing: id }).toString()}`}
          size="compact-md"
        >
          Trace
        </Button>
        <Button
          component={Link}
          to={`/balance?${new URLSearchParams({ thing: id }).toString()}`}
          size="compact-md"
          variant="default"
        >
          Mass balance
        </Button>
      </Group>
      {ends.map((end) => (
        <Text key={`${end.direction} ${end.reason} ${end.event}`} size="sm">
          {end.direction === 'BACK' ? 'Where it came from: ' : 'Where it went: '}
          {reasonText(end, nameOf)}
        </Text>
      ))}
      <div className="halves">
        <KinList title="Made of" kin={parents} nothing="No lot before it is known." names={names} />
        <KinList title="Made into" kin={children} nothing="No lot after it is known." names={names} />
        <KinList title="Travelled in" kin={carriers} nothing="No pallet is known." names={names} />
      </div>
      {account && findings.length > 0 && <FindingList findings={findings} nameOf={nameOf} />}
      {account && <OneLot lot={account} product={lot?.product ? nameOf(lot.product) : ''} />}
      <Extract of={{ lots: [id] }} />
      <section aria-labelledby="events">
        <Title order={3} size="h5" id="events" mb="xs">
          What happened to {lot ? titleOf(lot) : 'it'}
        </Title>
        <EventTable events={lot?.events ?? []} id={id} naming={naming} />
      </section>
    </>
  );
}
