import { LotbookError } from '../errors.ts';
import { readIdentifier } from '../events/element-string.ts';
import { canonicalIdentifier, classify } from '../events/identifiers.ts';
import { deriveLinks, isThing } from '../events/links.ts';
import type { Fields } from '../events/fields.ts';
import type { JsonValue } from '../events/value.ts';
import type { RecordKind } from '../ledger/change.ts';
import type { WantedIdentifiers } from '../store/records.ts';

/** What a search may look at: a record as far as the caller may see it. */
export interface SeenRecord {
  id: string;
  kind: RecordKind;
  /** Approval time of this version, ms. */
  at: number;
  fields: Fields;
}

/** A search: what decides, and what may be asked of the database before, where the caller may search by it. */
export interface RecordSearch {
  kinds?: readonly RecordKind[] | undefined;
  ids?: readonly string[] | undefined;
  identifiers?: readonly WantedIdentifiers[] | undefined;
  /** Event time in ms: from <= time < until. */
  from?: number | undefined;
  until?: number | undefined;
  /** Further conditions, on the permitted view alone. */
  matches?: ((record: SeenRecord) => boolean) | undefined;
}

/** The filter of the contract. All conditions hold together. */
export interface RecordFilter {
  kinds?: readonly RecordKind[] | null | undefined;
  ids?: readonly string[] | null | undefined;
  identifiers?: readonly string[] | null | undefined;
  from?: Date | null | undefined;
  until?: Date | null | undefined;
  fields?: readonly { name: string; anyOf: readonly string[] }[] | null | undefined;
}

/** Each of up to 5,000 records of a page is held against each item of a list. */
const LONGEST_LIST = 1_000;

/** @throws LotbookError TOO_LARGE for a list that is too long */
export function searchOf(filter: RecordFilter | null | undefined): RecordSearch {
  if (!filter) return {};
  checkLength('ids', filter.ids);
  checkLength('identifiers', filter.identifiers);
  checkLength('fields', filter.fields);
  for (const [at, { anyOf }] of (filter.fields ?? []).entries()) checkLength(`fields[${at}].anyOf`, anyOf);
  const conditions = (filter.fields ?? []).map(({ name, anyOf }) => ({ name, wanted: wantedValues(anyOf) }));
  return {
    kinds: filter.kinds ?? undefined,
    ids: filter.ids ? withCanonical(filter.ids) : undefined,
    identifiers: filter.identifiers ? [wantedIdentifiers(filter.identifiers)] : undefined,
    from: filter.from?.getTime(),
    until: filter.until?.getTime(),
    matches: ({ fields }) => conditions.every(({ name, wanted }) => hasAny(ownValue(fields, name), wanted)),
  };
}

function checkLength(name: string, list: readonly unknown[] | null | undefined): void {
  if ((list?.length ?? 0) <= LONGEST_LIST) return;
  const message = `A list of a filter has at most ${LONGEST_LIST} items.`;
  throw new LotbookError('TOO_LARGE', message, { place: `filter.${name}` });
}

/** Does the record, as the caller sees it, meet the search? Nothing that is hidden can change the answer. */
export function meets(search: RecordSearch, record: SeenRecord): boolean {
  const { kinds, ids, identifiers, from, until, matches } = search;
  if (kinds && !kinds.includes(record.kind)) return false;
  // Entry locks are found by those who look for them.
  if (!kinds && !ids && record.kind === 'LOCK') return false;
  if (ids && !ids.includes(record.id)) return false;
  if (from !== undefined || until !== undefined) {
    const time = seenTime(record);
    if (time === null || (from !== undefined && time < from) || (until !== undefined && time >= until)) {
      return false;
    }
  }
  if (identifiers && !identifiers.every((wanted) => linksAny(record, wanted))) return false;
  return !matches || matches(record);
}

/** Event time in ms as far as it is seen. */
export function seenTime({ kind, fields }: SeenRecord): number | null {
  const text = kind === 'EVENT' ? fields['eventTime'] : null;
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

export function wantedIdentifiers(identifiers: readonly string[]): WantedIdentifiers {
  const exact = withCanonical(identifiers.map((identifier) => readIdentifier(identifier).canonical));
  return { exact, products: exact.filter(isGs1Product) };
}

function isGs1Product(identifier: string): boolean {
  return identifier.startsWith('https://id.gs1.org/01/') && classify(identifier).kind === 'product';
}

function linksAny({ kind, fields }: SeenRecord, { exact, products }: WantedIdentifiers): boolean {
  if (kind !== 'EVENT') return false;
  return deriveLinks(fields)
    .filter(isThing)
    .some(
      ({ identifier }) =>
        exact.includes(identifier) || products.some((product) => identifier.startsWith(`${product}/`)),
    );
}

function withCanonical(identifiers: readonly string[]): string[] {
  return [...new Set(identifiers.flatMap((identifier) => [identifier, canonicalIdentifier(identifier)]))];
}

/** Texts to find, as given and in canonical form. */
export function wantedValues(texts: readonly string[]): ReadonlySet<string> {
  return new Set(withCanonical(texts));
}

/** Whether a value is one of the wanted ones; a list, whether it contains one. */
export function hasAny(value: JsonValue | undefined, wanted: ReadonlySet<string>): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasAny(item, wanted));
  if (typeof value === 'object') return false;
  const text = String(value);
  return wanted.has(text) || (text.includes(':') && wanted.has(canonicalIdentifier(text)));
}

export function ownValue(fields: Fields, name: string): JsonValue | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
