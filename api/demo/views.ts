import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import { bookId } from './load.ts';
import type { DemoNode } from './nodes.ts';

/** A record as GraphQL gives it. */
export interface SeenRecord {
  id: string;
  kind: string;
  version: number;
  fields: Record<string, JsonValue>;
  withheld: string[];
  disclosures: string[];
}

/** What one partner may see of one book, as its owner says it, and as it is at the partner. */
export interface Sight {
  book: string;
  owner: DemoNode;
  partner: DemoNode;
  /** With the owner's viewAs. */
  shown: SeenRecord[];
  /** How many records the owner has in the book. */
  total: number;
}

const RECORDS = `query ($book: ID!, $after: ID, $viewAs: ID, $filter: RecordFilter) {
  records(book: $book, first: 100, after: $after, viewAs: $viewAs, filter: $filter) {
    edges { node { id kind version fields withheld disclosures } }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** All records of a book at a node, by their first version; sharing rules are left out. */
export async function allRecords(
  node: DemoNode,
  book: string,
  more: { viewAs?: string; filter?: JsonObject } = {},
): Promise<SeenRecord[]> {
  const records: SeenRecord[] = [];
  let after: JsonValue = null;
  for (;;) {
    const data = await node.query(RECORDS, { book, after, ...more });
    const { edges, pageInfo } = data['records'] as unknown as {
      edges: { node: SeenRecord }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
    for (const { node: record } of edges) if (record.kind !== 'GRANT') records.push(record);
    if (!pageInfo.hasNextPage) return records;
    after = pageInfo.endCursor;
  }
}

export function booksOf(nodes: readonly DemoNode[]): { owner: DemoNode; book: string }[] {
  return nodes.flatMap((owner) =>
    owner.season.books.map(({ slug }) => ({ owner, book: bookId(owner, slug) })),
  );
}

/** What every partner may see of every book of the others. */
export async function allSights(nodes: readonly DemoNode[]): Promise<Sight[]> {
  const pairs = booksOf(nodes).flatMap(({ owner, book }) =>
    nodes.filter((node) => node !== owner).map((partner) => ({ owner, book, partner })),
  );
  const totals = new Map<string, number>();
  for (const { owner, book } of booksOf(nodes)) totals.set(book, (await allRecords(owner, book)).length);
  return Promise.all(
    pairs.map(async ({ owner, book, partner }) => ({
      owner,
      book,
      partner,
      shown: await allRecords(owner, book, { viewAs: partner.organisation }),
      total: totals.get(book) ?? 0,
    })),
  );
}

/** A field's name without its namespace: `{https://lotbook.example/ns/}pricePerCase` is `pricePerCase`. */
export function localName(field: string): string {
  return field.replaceAll(/\{[^}]*\}/g, '');
}
