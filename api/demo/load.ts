import { createHash } from 'node:crypto';
import { change, type Chunk, chunksOf, readImport } from '../cli/import/read.ts';
import { sendChunks } from '../cli/import/send.ts';
import { CommandError } from '../cli/output.ts';
import { validateRecord } from '../events/record.ts';
import { grantId } from '../graphql/grant-terms.ts';
import type { JsonObject } from '../identity/strict-json.ts';
import type { DemoNode } from './nodes.ts';
import type { SeasonDocument, SeasonRecord } from './season/types.ts';

export interface Loaded {
  documents: number;
  events: number;
  records: number;
  ms: number;
  /** What was refused, in words; nothing if all went well. */
  refused: string[];
}

const ERROR = 'error { message duty }';

export function bookId(node: DemoNode, slug: string): string {
  return `${node.organisation}/${slug}`;
}

/** Opens the books of a node and adds its sharing rules. What is there already stays. @returns the number of rules */
export async function openBooks(node: DemoNode): Promise<number> {
  const { books } = await node.query('{ books { id } }');
  const known = new Set((books as JsonObject[]).map(({ id }) => id));
  for (const { slug: name, title } of node.season.books) {
    if (known.has(bookId(node, name))) continue;
    await node.mutate(
      `mutation ($input: CreateBookInput!) { createBook(input: $input) { book { id } ${ERROR} } }`,
      { input: { name, title } },
    );
  }
  for (const { slug } of node.season.books) await addGrants(node, slug);
  return node.season.grants.length;
}

async function addGrants(node: DemoNode, slug: string): Promise<void> {
  const book = bookId(node, slug);
  const { grants } = await node.query('query ($book: ID!) { grants(book: $book) { id } }', { book });
  const known = new Set((grants as JsonObject[]).map(({ id }) => id));
  for (const { id: name, book: of, ...terms } of node.season.grants) {
    if (of !== slug || known.has(grantId(name))) continue;
    await node.mutate(
      `mutation ($input: AddGrantInput!) { addGrant(input: $input) { grant { id } ${ERROR} } }`,
      { input: { book, name, ...terms } },
    );
  }
}

/** Asks a node to record the master data and the events of its organisation, as `lotbook import` does. */
export async function load(node: DemoNode): Promise<Loaded> {
  const startedAt = Date.now();
  const loaded: Loaded = {
    documents: node.season.documents.length,
    events: 0,
    records: 0,
    ms: 0,
    refused: [],
  };
  for (const { slug } of node.season.books) {
    const chunks = [
      ...recordChunks(node.season.records.filter(({ book }) => book === slug)),
      ...node.season.documents.filter(({ book }) => book === slug).flatMap(documentChunks),
    ];
    const sender = {
      node,
      book: bookId(node, slug),
      onRetry: () => undefined,
      signal: new AbortController().signal,
    };
    for await (const { chunk, answer } of sendChunks(sender, chunks)) {
      if (answer.state !== 'APPROVED') {
        loaded.refused.push(
          `${node.season.name}: ${answer.error?.message ?? ''} ${answer.error?.place ?? ''}`,
        );
        continue;
      }
      const events = chunk.changes.filter(({ kind }) => kind === 'EVENT').length;
      loaded.events += events;
      loaded.records += chunk.changes.length - events;
    }
  }
  loaded.ms = Date.now() - startedAt;
  return loaded;
}

function recordChunks(records: readonly SeasonRecord[]): Chunk[] {
  const changes = records.map(({ type, id, fields }) => {
    const valid = validateRecord(type, id, fields);
    if (valid.ok) return change(type, valid.id, valid.fields);
    throw new CommandError(`The record ${id} of the season is not valid.`, 'Report this, please.');
  });
  const digest = createHash('sha256').update(JSON.stringify(changes)).digest('hex');
  return chunksOf(changes, `demo:${digest}`);
}

function documentChunks({ title, json }: SeasonDocument): Chunk[] {
  const file = readImport(title, JSON.stringify(json));
  if (file) return file.chunks;
  throw new CommandError(`The document ${title} of the season is not valid.`, 'Report this, please.');
}
