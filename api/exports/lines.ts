import { peekClaims } from '../identity/jws.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash } from '../ledger/change.ts';
import type { Header, KeysLine } from '../ledger/export/lines.ts';
import { ExportWriter } from '../ledger/export/write.ts';
import { proveHeads } from '../ledger/heads/proof.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { namedIn } from '../ledger/statements/standing.ts';
import { readStatements } from '../store/authority.ts';
import { checkpointsBetween, lastCheckpoint } from '../store/checkpoints.ts';
import type { Pool } from '../store/database.ts';
import { type KeyedEntry, readEntries } from '../store/entries.ts';
import { readPlacesBefore, readRecordsAt } from '../store/export-reading.ts';
import { pageReader } from '../store/log-nodes.ts';
import { isInScope } from './request.ts';

/** What is shown of an entry, see `Disclosed` in delivery/. */
export type Disclose = (entry: KeyedEntry) => readonly string[] | null;

type Queryable = Pick<Pool, 'query'>;

export interface ExportSources {
  pool: Queryable;
  /** The database as it was at the beginning: the map of heads goes on meanwhile. */
  snapshot: Queryable;
  signer: Signer;
  /** ms */
  clock: () => number;
  /** The keys of an organisation, as far as they are known here. */
  keysOf: (organisation: string) => Promise<KeysLine | null>;
  /** Asked anew for each part of the log: what was withdrawn meanwhile is not shown. */
  disclosing: () => Promise<Disclose>;
}

/** Entries that are in memory at once. */
const PART = 256;

/**
 * The lines of an export, one part of the log after the other: its memory does not grow with the log.
 *
 * @param onProgress told how many entries are dealt with
 */
export async function* exportLines(
  sources: ExportSources,
  header: Header,
  onProgress: (done: number) => void,
): AsyncGenerator<string[], void> {
  const { pool, signer, clock } = sources;
  const { book, copy, entries: length } = header;
  const writer = new ExportWriter(header);
  yield writer.begin(await keyLines(sources, header), copy ? await statementLines(pool, book) : []);
  const isAskedFor = isInScope(header.scope);
  for (let after = 0; after < length;) {
    const part = await readEntries(pool, { book, after, before: length + 1, limit: PART });
    if (part.length === 0) break;
    const disclose = await sources.disclosing();
    const notes = copy ? new Map<number, string>() : await notesWithin(sources, book, part);
    const places = header.proven > after ? await readPlacesBefore(pool, book, ...endsOf(part)) : null;
    const lines: string[] = [];
    for (const keyed of part) {
      const { seq, kind, token } = keyed.entry;
      const place = { seq, kind, before: places?.get(seq) ?? null };
      const disclosures = isAskedFor(keyed.entry) ? disclose(keyed) : null;
      if (disclosures) lines.push(...writer.entry({ ...place, token, disclosures: [...disclosures] }));
      else if (!copy) writer.hidden(place, tokenHash(token));
      const note = notes.get(seq);
      if (note !== undefined) lines.push(...writer.checkpoint(note));
      after = seq;
    }
    onProgress(after);
    yield lines;
  }
  yield writer.endLog();
  if (header.proven > 0) yield* headLines(sources, header, writer);
  yield [await writer.end(signer, clock())];
}

/** The keys of all who could sign: the owner, whom its mandates name, and the maker. */
async function keyLines({ pool, keysOf }: ExportSources, { book, owner, by }: Header): Promise<KeysLine[]> {
  const mandates = await readStatements(pool, book, 'MANDATE');
  const named = mandates
    .flatMap(({ token }) => namedIn(peekClaims(token) as MandateClaims))
    .map(({ organisation }) => organisation);
  const found = await Promise.all([...new Set([owner, by, ...named])].map(keysOf));
  // A member whose key log is not known here has the key that the mandate names.
  return found.flatMap((keys) => (keys && (keys.log || [owner, by].includes(keys.organisation)) ? keys : []));
}

/** The notes of the checkpoints at these places. */
async function notesWithin({ snapshot }: ExportSources, book: string, part: readonly KeyedEntry[]) {
  const found = await checkpointsBetween(snapshot, book, ...endsOf(part));
  return new Map(found.map(({ size, note }) => [size, note]));
}

/** The place before the first of them, and that of the last. */
function endsOf(part: readonly KeyedEntry[]): [after: number, to: number] {
  return [(part[0]?.entry.seq ?? 1) - 1, part.at(-1)?.entry.seq ?? 0];
}

/** The proofs of the heads of all records that were shown. */
async function* headLines(
  { snapshot }: ExportSources,
  { book, proven }: Header,
  writer: ExportWriter,
): AsyncGenerator<string[], void> {
  const readPages = pageReader(snapshot, book, proven);
  for (let places = writer.firstPlaces(0, PART); places.length > 0;) {
    const records = await readRecordsAt(snapshot, book, places);
    const proofs = await proveHeads(records, readPages);
    yield proofs.map(({ siblings, leaf }, at) =>
      writer.head({ record: records[at] ?? '', hash: leaf?.head ?? '', siblings: [...siblings] }),
    );
    places = writer.firstPlaces(places.at(-1) ?? proven, PART);
  }
}

/** How many entries the map of heads of the last checkpoint covers; 0 where there is none, or its map is not here. */
export async function provenEntries(snapshot: Queryable, { book, entries, copy }: Header): Promise<number> {
  const last = copy ? null : await lastCheckpoint(snapshot, book, entries);
  if (!last) return 0;
  const pages = await pageReader(snapshot, book, last.covered)(['']);
  return pages.size === 0 ? 0 : last.covered;
}

async function statementLines(pool: Queryable, book: string) {
  const [mandates, terms] = await Promise.all([
    readStatements(pool, book, 'MANDATE'),
    readStatements(pool, book, 'TERM'),
  ]);
  return [
    ...mandates.map(({ token }) => ({ kind: 'MANDATE' as const, token })),
    ...terms.map(({ token }) => ({ kind: 'TERM' as const, token })),
  ];
}
