import { z } from 'zod';
import { LOG_KINDS, RECORD_KINDS } from '../change.ts';
import { isPublicJwk } from '../../identity/jwk.ts';
import type { PublicJwk } from '../../identity/jwk.ts';
import { digest, ordinal, text } from '../statements/shapes.ts';

/**
 * An export is text: one JSON object a line, without white space, each line ended by a line feed, in this order:
 *
 * | line         | how many                    | says                                                                    |
 * | ------------ | --------------------------- | ----------------------------------------------------------------------- |
 * | `header`     | one                         | whose book, for whom, which part of it, how many entries the log has    |
 * | `keys`       | one for each organisation   | its key log, or the one key that it has                                 |
 * | `statement`  | in an export of a copy      | mandates and terms, whose places in the log the copy does not know      |
 * | `entry`      | as disclosed, in order      | a signed token of the log and what opens its fields                     |
 * | `gap`        | for each run that is hidden | the nodes over those entries (RFC 9162), from which the root is computed|
 * | `checkpoint` | after the entry it covers   | the signed note of the log so far, with its cosignatures                |
 * | `head`       | one for each shown record   | its current version at the last checkpoint, in order of first appearance|
 * | `manifest`   | one                         | `trace-export+jwt` over all lines before                                |
 */
export const FORMAT = 'lotbook-export';
export const FORMAT_VERSION = 1;

export const ENTRY_KINDS = [...RECORD_KINDS, ...LOG_KINDS] as const;

/** Entries by which all others are verified: they belong to every export. */
export const OF_EVERY_EXPORT: ReadonlySet<string> = new Set(['MANDATE', 'TERM', 'KEY', 'HEADS']);

const instant = z.iso.datetime({ precision: 3 });
const seq = ordinal.max(2_147_483_647);
const token = z
  .string()
  .min(5)
  .max(512 * 1024);

export const MAX_SCOPED_RECORDS = 1_000;

const scope = z.strictObject({
  /** Records that were asked for; null: all. */
  records: z.array(text).min(1).max(MAX_SCOPED_RECORDS).nullable(),
  /** Entries approved at or after `from` and before `until` were asked for. */
  from: instant.nullable(),
  until: instant.nullable(),
});

const header = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  book: text,
  title: z.string().max(2048),
  owner: text,
  /** The organisation whose node made the export: it signs the manifest. */
  by: text,
  /** With whose eyes: null is everything that the maker holds. */
  audience: text.nullable(),
  /** Made of a partner's local copy: it knows nothing of entries that it was not given, not even their hashes. */
  copy: z.boolean(),
  scope,
  /** The length of the log that the export is of. */
  entries: z.number().int().min(0).max(2_147_483_647),
  /** The first so many entries are covered by the map of heads of the last checkpoint; 0 where no heads are proven. */
  proven: z.number().int().min(0).max(2_147_483_647),
  madeAt: instant,
});

const keys = z
  .strictObject({
    organisation: text,
    name: z.string().min(1).max(200),
    jwk: z.custom<PublicJwk>(isPublicJwk).optional(),
    /** The key log of the organisation, whole, in order (`trace-key+jwt`). */
    log: z.array(token).min(1).max(10_000).optional(),
  })
  .refine(({ jwk, log }) => (jwk === undefined) !== (log === undefined));

const statement = z.strictObject({ kind: z.enum(['MANDATE', 'TERM']), token });

const entry = z.strictObject({
  seq,
  kind: z.enum(ENTRY_KINDS),
  token,
  disclosures: z.array(z.string().min(1)).max(5_000),
});

const gap = z.strictObject({
  from: seq,
  to: seq,
  /** As `rangePlaces` orders them; none in an export of a copy. */
  nodes: z.array(digest).max(64),
});

const checkpoint = z.strictObject({ note: z.string().min(1).max(65_536) });

const head = z.strictObject({
  record: text,
  /** `tokenHash` of its current version. */
  hash: digest,
  /** Beside the way from the root of the map to it, see heads/proof.ts. */
  siblings: z.array(digest).max(256),
});

const manifest = token;

export const SHAPES = { header, keys, statement, entry, gap, checkpoint, head, manifest } as const;

export type LineKind = keyof typeof SHAPES;
export type LineOf<K extends LineKind> = z.infer<(typeof SHAPES)[K]>;
export type Header = LineOf<'header'>;
export type Scope = Header['scope'];
export type KeysLine = LineOf<'keys'>;
export type EntryLine = LineOf<'entry'>;
export type ExportedKind = EntryLine['kind'];

const RECORDS: ReadonlySet<string> = new Set(RECORD_KINDS);

/** Whether entries of this kind are versions of records. */
export function isRecord(kind: ExportedKind): boolean {
  return RECORDS.has(kind);
}

/** A line of the file, without the line feed. */
export function writeLine<K extends LineKind>(kind: K, value: LineOf<K>): string {
  return JSON.stringify({ [kind]: value });
}

export type ReadLine = { [K in LineKind]: { readonly kind: K; readonly value: LineOf<K> } }[LineKind];

/** A line as it was written; undefined when it is anything else, or spelt in another way. */
export function readLine(line: string): ReadLine | undefined {
  const parsed = parseOneSpelling(line);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const [kind, ...more] = Object.keys(parsed);
  if (kind === undefined || more.length > 0 || !Object.hasOwn(SHAPES, kind)) return undefined;
  const value = SHAPES[kind as LineKind].safeParse((parsed as Record<string, unknown>)[kind]);
  return value.success ? ({ kind, value: value.data } as ReadLine) : undefined;
}

/** One spelling only: white space, a second member of one name, or another escape is not what was written. */
function parseOneSpelling(line: string): unknown {
  try {
    const parsed: unknown = JSON.parse(line);
    return JSON.stringify(parsed) === line ? parsed : undefined;
  } catch {
    // Also what is nested so deeply that nobody can write it again.
    return undefined;
  }
}
