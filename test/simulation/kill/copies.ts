import type { JsonObject } from '../../../api/identity/strict-json.ts';
import { sleep, until, type NodeProcess } from '../../support/nodes.ts';
import { openLoad } from './load.ts';
import { answerOf } from './run.ts';
import { between, seeded } from './random.ts';

export interface CopyRun {
  /** Versions that the owner shows the partner, and that the partner has. */
  shown: number;
  faults: string[];
  /** From the end of the load to the complete copy, ms. */
  caughtUpMs: number;
}

const SHARED = ['note', 'uom', 'eventTime', '{https://simulation.example/}mark', 'quantityList[].epcClass'];

/** Kills a partner at random moments while it receives a book, and compares its copy with what the owner shows it. */
export async function killPartner(
  owner: NodeProcess,
  partner: NodeProcess,
  input: { book: string; moments: number; seed: number; say?: (text: string) => void },
): Promise<CopyRun> {
  const { book } = input;
  await share(owner, partner.organisation, book);
  await until('the partner knows the book', async () => (await feedOf(partner, book)) !== undefined);
  const random = seeded(input.seed);
  const load = openLoad({ book, targetOf: () => owner, clients: 2, pauseMs: 50, random });
  for (let moment = 0; moment < input.moments; moment += 1) {
    await answerOf(load);
    await sleep(between(random, 0, 600));
    const before = await lengthOf(partner, book);
    await partner.kill9();
    await sleep(between(random, 0, 200));
    await partner.restart();
    await until('the copy grows again', async () => (await lengthOf(partner, book)) > before);
    input.say?.(
      `${moment + 1} of ${input.moments}: the partner was killed, its copy holds ${before} versions`,
    );
  }
  await load.finish();
  const endedAt = performance.now();
  const shown = await changesOf(owner, book, partner.organisation);
  await until(
    'the copy is complete',
    async () => (await lengthOf(partner, book)) >= Number(shown.at(-1)?.['seq']),
  );
  const caughtUpMs = performance.now() - endedAt;
  const held = await changesOf(partner, book);
  const feed = await feedOf(partner, book);
  const faults = [...load.faults, ...compare(shown, held)];
  faults.push(...compare(await recordsOf(owner, book, partner.organisation), await recordsOf(partner, book)));
  if (feed?.['state'] !== 'LIVE') faults.push(`the feed is ${String(feed?.['state'])}`);
  if (feed?.['quarantined'] !== 0) faults.push(`${String(feed?.['quarantined'])} items are kept aside`);
  return { shown: shown.length, faults, caughtUpMs };
}

export async function share(owner: NodeProcess, partner: string, book: string): Promise<void> {
  await owner.mutate(
    `mutation ($input: AddGrantInput!) { addGrant(input: $input) { grant { id } error { code message duty } } }`,
    { input: { book, audience: { organisations: [partner] }, fields: SHARED, backfill: true } },
  );
}

export async function feedOf(node: NodeProcess, book: string): Promise<JsonObject | undefined> {
  const { books } = await node.query('{ books { id feed { state quarantined } } }');
  const found = (books as JsonObject[]).find(({ id }) => id === book);
  return (found?.['feed'] ?? undefined) as JsonObject | undefined;
}

export async function lengthOf(node: NodeProcess, book: string): Promise<number> {
  const { book: found } = await node.query('query ($book: ID!) { book(id: $book) { length } }', { book });
  return Number((found as JsonObject | null)?.['length'] ?? 0);
}

/** Every version as one text each; sharing rules, which go another way, left out. */
export function changesOf(node: NodeProcess, book: string, viewAs?: string): Promise<JsonObject[]> {
  const selection = 'seq record kind version token disclosures fields';
  return allOf(node, 'changes', { selection, book, viewAs });
}

export function recordsOf(node: NodeProcess, book: string, viewAs?: string): Promise<JsonObject[]> {
  const selection =
    'seq id kind version token disclosures fields links { role identifier field quantity uom }';
  return allOf(node, 'records', { selection, book, viewAs });
}

async function allOf(
  node: NodeProcess,
  field: 'changes' | 'records',
  { selection, book, viewAs }: { selection: string; book: string; viewAs?: string | undefined },
): Promise<JsonObject[]> {
  const all: JsonObject[] = [];
  let after: unknown = null;
  for (;;) {
    const data = await node.query(
      `query ($book: ID!, $after: ID, $viewAs: ID) {
         list: ${field}(book: $book, first: 100, after: $after, viewAs: $viewAs) {
           edges { node { ${selection} } } pageInfo { hasNextPage endCursor }
         }
       }`,
      { book, after, viewAs },
    );
    const { edges, pageInfo } = data['list'] as unknown as {
      edges: { node: JsonObject }[];
      pageInfo: { hasNextPage: boolean; endCursor: string };
    };
    all.push(...edges.map((edge) => edge.node).filter(({ kind }) => kind !== 'GRANT'));
    if (!pageInfo.hasNextPage) return all;
    after = pageInfo.endCursor;
  }
}

/** What differs, by its place: nothing is lost, nothing is there twice, nothing is another. */
export function compare(shown: readonly JsonObject[], held: readonly JsonObject[]): string[] {
  const textOf = ({ disclosures, fields, ...rest }: JsonObject): string =>
    JSON.stringify([
      rest,
      (disclosures as string[]).toSorted(),
      Object.entries(fields as JsonObject).toSorted(),
    ]);
  const faults =
    held.length === shown.length ? [] : [`${shown.length} are shown and ${held.length} are held`];
  const heldTexts = new Set(held.map(textOf));
  const shownTexts = new Set(shown.map(textOf));
  if (heldTexts.size !== held.length) faults.push('something is held twice');
  return [
    ...faults,
    ...shown
      .filter((each) => !heldTexts.has(textOf(each)))
      .map(({ seq }) => `seq ${String(seq)} is missing or another`),
    ...held
      .filter((each) => !shownTexts.has(textOf(each)))
      .map(({ seq }) => `seq ${String(seq)} is held and not shown`),
  ];
}
