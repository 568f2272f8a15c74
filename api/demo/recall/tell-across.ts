import type { DemoNode, DemoNodes } from '../nodes.ts';
import { countOf, type Screen } from '../screen.ts';
import { finding, type Finding } from '../verify.ts';
import type { Cast } from './cast.ts';
import { endOf, type Suspicion } from './tell-report.ts';

interface End {
  thing: string | null;
  reason: string;
  organisation: string | null;
  since: string | null;
  fields: string[];
}

interface Found {
  lots: Set<string>;
  events: number;
  ends: End[];
}

const TRACE = `subscription ($input: TraceInput!) {
  trace(input: $input) {
    things { identifier kind }
    ends { thing reason organisation since fields }
    summary { things events ends }
  }
}`;
const WITHIN_SECONDS = 30;

/** The packer asks on where its own records end: one organisation withholds, and the node of one is down. */
export async function tellAcross(
  screen: Screen,
  nodes: DemoNodes,
  { packer, warehouse, retailer }: Cast,
  suspicion: Suspicion,
): Promise<Finding> {
  screen.say(
    `Where did it go? ${packer.season.name} traces ${endOf(suspicion.lot)} forward through its own book and its copies, and ` +
      `where they end its node asks the others, for this case. Just now the node of ${warehouse.season.name} is killed.`,
  );
  await warehouse.process.kill();
  const { lots, events, ends } = await traceForward(packer, suspicion);
  const withheld = ends.filter(({ reason }) => reason === 'WITHHELD');
  const away = ends.filter(({ reason }) => reason === 'UNREACHABLE');
  screen.say();
  screen.say(
    `Found: ${countOf(lots.size, 'lot')} (${[...lots].map(endOf).join(', ')}) in ${countOf(events, 'event')}. And what is not:`,
  );
  screen.show([
    ...linesOf(
      nodes,
      withheld,
      (name, things, { fields }) =>
        `${name} withholds ${fields.join(', ') || 'what it knows'} of ${things}: no rule of it opens that.`,
    ),
    ...linesOf(
      nodes,
      away,
      (name, things, { since }) =>
        `${name} does not answer, since ${since?.slice(11, 19)} UTC: what it knows of ${things} is open.`,
    ),
  ]);
  const said = (of: End[], by: DemoNode): string[] =>
    of.some(({ organisation }) => organisation === by.organisation)
      ? []
      : [`nothing is said of ${by.season.name}`];
  return finding(
    `the trace says that ${retailer.season.name} withholds, and that the node of ${warehouse.season.name} is down`,
    [...said(withheld, retailer), ...said(away, warehouse)],
  );
}

async function traceForward(node: DemoNode, { lot, case: of }: Suspicion): Promise<Found> {
  const found: Found = { lots: new Set(), events: 0, ends: [] };
  const input = {
    starts: [{ thing: lot }],
    direction: 'FORWARD',
    across: { case: of.id, withinSeconds: WITHIN_SECONDS },
  };
  for await (const { trace } of node.subscribe(TRACE, { input })) {
    const { things, ends, summary } = trace as unknown as {
      things: { identifier: string; kind: string }[];
      ends: End[];
      summary: { events: number } | null;
    };
    for (const { identifier, kind } of things) if (kind === 'lot') found.lots.add(identifier);
    found.ends.push(...ends);
    found.events = summary?.events ?? found.events;
  }
  return found;
}

/** One line for each organisation. */
function linesOf(
  nodes: DemoNodes,
  ends: readonly End[],
  line: (name: string, things: string, first: End) => string,
): string[] {
  const organisations = [...new Set(ends.flatMap(({ organisation }) => organisation ?? []))];
  return organisations.flatMap((organisation) => {
    const of = ends.filter((end) => end.organisation === organisation);
    const [first] = of;
    const things = [...new Set(of.map(({ thing }) => endOf(thing ?? '')))].sort();
    return first ? [line(nodes.of(organisation).season.name, things.join(', '), first)] : [];
  });
}
