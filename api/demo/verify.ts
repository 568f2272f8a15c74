import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../identity/strict-json.ts';
import type { DemoNode } from './nodes.ts';
import { allRecords, allSights, booksOf, localName, type SeenRecord, type Sight } from './views.ts';
import { waitFor } from './wait.ts';

/** Names that no sharing rule of the season opens for ordinary use. */
export const CONFIDENTIAL: readonly string[] = [
  'pricePerCase',
  'crewCost',
  'crewPhone',
  'batchCost',
  'freightCost',
  'retailPrice',
  'salesRevenue',
  'supplierContract',
  'costPerKilogram',
];

export interface Finding {
  text: string;
  holds: boolean;
  /** What is not as it should be, at most a few. */
  faults: string[];
}

const MOST_FAULTS = 5;

/**
 * Waits until each partner's copy holds every record that it may see, in the version that the owner has: what that is may change
 * meanwhile. Resolves to what they may see then.
 */
export async function waitForCopies(sights: readonly Sight[]): Promise<Sight[]> {
  return Promise.all(
    sights.map((sight) => {
      const { owner, partner, book } = sight;
      return waitFor(`${partner.season.name} has all of ${book} that it may see`, async () => {
        const { books } = await partner.query('{ books { id } }');
        if (!(books as JsonObject[]).some(({ id }) => id === book)) return undefined;
        const held = versionsOf(await allRecords(partner, book));
        if (isWhole(held, sight.shown)) return sight;
        const shown = await allRecords(owner, book, { viewAs: partner.organisation });
        return isWhole(held, shown) ? { ...sight, shown } : undefined;
      });
    }),
  );
}

function isWhole(held: ReadonlyMap<string, number>, shown: readonly SeenRecord[]): boolean {
  return shown.every(({ id, version }) => held.get(id) === version);
}

function versionsOf(records: readonly SeenRecord[]): Map<string, number> {
  return new Map(records.map(({ id, version }) => [id, version]));
}

/** Waits until each feed is live again: after a node was down its followers come back when their pause is over. */
async function waitForFeeds(nodes: readonly DemoNode[]): Promise<void> {
  await waitFor('all feeds are live', async () => {
    const feeds = (await Promise.all(nodes.map(feedsOf))).flat();
    return feeds.every(({ feed }) => (feed as JsonObject | null)?.['state'] === 'LIVE') || undefined;
  });
}

/** Compares everything that the partners hold with what the owners let them see, field by field. */
export async function verifyCopies(nodes: readonly DemoNode[]): Promise<Finding[]> {
  const sights = await waitForCopies(await allSights(nodes));
  await waitForFeeds(nodes);
  const copies = await Promise.all(
    sights.map(async (sight) => ({ sight, held: await allRecords(sight.partner, sight.book) })),
  );
  const owned = await Promise.all(
    booksOf(nodes).map(async ({ owner, book }) => ({ book, records: await allRecords(owner, book) })),
  );
  const fields = sum(copies.map(({ held }) => sum(held.map((record) => Object.keys(record.fields).length))));
  const withheld = sum(sights.map(({ shown }) => sum(shown.map((record) => record.withheld.length))));
  return [
    finding(
      `${copies.length} local copies hold exactly what their owners let them see: ${fields.toLocaleString('en-US')} fields compared`,
      copies.flatMap(({ sight, held }) => differences(sight, held)),
    ),
    finding(
      `${withheld.toLocaleString('en-US')} withheld fields are at their owners, and in no copy but the backup's, which does not show them`,
      copies.flatMap(({ sight, held }) => leaks(sight, held, owned)),
    ),
    finding(`no copy shows a confidential name (${CONFIDENTIAL.join(', ')})`, [
      ...CONFIDENTIAL.filter(
        (name) => !owned.some(({ records }) => records.some((each) => has(each, name))),
      ).map((name) => `${name} is nowhere at all`),
      ...copies.flatMap(({ sight, held }) => confidential(sight, held)),
    ]),
    finding(
      'all feeds are live and nothing had to be kept aside',
      (await Promise.all(nodes.map(feedFaults))).flat(),
    ),
  ];
}

export function finding(text: string, faults: readonly string[]): Finding {
  return { text, holds: faults.length === 0, faults: faults.slice(0, MOST_FAULTS) };
}

function differences({ partner, book, shown }: Sight, held: readonly SeenRecord[]): string[] {
  const at = `${partner.season.name}, ${book}`;
  const copies = new Map(held.map((record) => [record.id, record]));
  const faults = shown.flatMap((record) => {
    const copy = copies.get(record.id);
    if (!copy) return [`${at}: ${record.id} is missing`];
    if (copy.version !== record.version) return [`${at}: ${record.id} has version ${copy.version}`];
    const names = new Set([...Object.keys(copy.fields), ...Object.keys(record.fields)]);
    return [...names]
      .filter((name) => !isDeepStrictEqual(copy.fields[name], record.fields[name]))
      .map((name) => `${at}: ${record.id} differs in ${name}`);
  });
  const expected = new Set(shown.map(({ id }) => id));
  return [
    ...faults,
    ...held.filter(({ id }) => !expected.has(id)).map(({ id }) => `${at}: ${id} is too much`),
  ];
}

function leaks(
  { partner, book, shown }: Sight,
  held: readonly SeenRecord[],
  owned: readonly { book: string; records: SeenRecord[] }[],
): string[] {
  const own = new Map(owned.find((each) => each.book === book)?.records.map((record) => [record.id, record]));
  const copies = new Map(held.map((record) => [record.id, record]));
  return shown.flatMap(({ id, withheld }) =>
    withheld
      .filter((name) => own.get(id)?.fields[name] === undefined || copies.get(id)?.fields[name] !== undefined)
      .map((name) => `${partner.season.name}, ${book}: ${id}: ${name}`),
  );
}

function has({ fields }: SeenRecord, name: string): boolean {
  return Object.keys(fields).some((field) => isCalled(field, name));
}

function isCalled(field: string, name: string): boolean {
  return localName(field).split('.').at(-1) === name;
}

/** Looks at the signed disclosures too, not at the answer alone. */
function confidential({ partner, book }: Sight, held: readonly SeenRecord[]): string[] {
  return held.flatMap(({ id, fields, disclosures }) =>
    [...Object.keys(fields), ...disclosures.map(disclosedName)]
      .filter((field) => CONFIDENTIAL.some((name) => isCalled(field, name)))
      .map((name) => `${partner.season.name}, ${book}: ${id}: ${name}`),
  );
}

/** RFC 9901: base64url of `[salt, name, value]`. */
function disclosedName(disclosure: string): string {
  const [, name] = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8')) as unknown[];
  return String(name);
}

async function feedsOf(node: DemoNode): Promise<JsonObject[]> {
  const { books } = await node.query('{ books { id localCopy feed { state quarantined lastError } } }');
  return (books as JsonObject[]).filter(({ localCopy }) => localCopy === true);
}

async function feedFaults(node: DemoNode): Promise<string[]> {
  return (await feedsOf(node))
    .filter(({ feed }) => !isSound(feed as JsonObject | null))
    .map(({ id, feed }) => `${node.season.name}, ${String(id)}: ${JSON.stringify(feed)}`);
}

function isSound(feed: JsonObject | null): boolean {
  return feed?.['state'] === 'LIVE' && feed['quarantined'] === 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
