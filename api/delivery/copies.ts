import type { JsonValue } from '../events/value.ts';
import { peekClaims, type PinnedKeys } from '../identity/jws.ts';
import { tokenHash } from '../ledger/change.ts';
import { parseDisclosure } from '../ledger/disclosure.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';
import { verifyChange, type ChangeFailureCode, type VerifiedChange } from '../ledger/verify-change.ts';
import type { Grant } from '../sharing/grant.ts';
import type { CopiedEntry } from '../store/copies.ts';
import { MAX_SEQ } from '../store/entries.ts';

/** What another node's feed brought, of which nothing is believed yet. */
export interface ReceivedItem {
  kind: string;
  token: string;
  disclosures: readonly string[];
  grants: readonly string[];
}

/** Why an item is kept aside instead of applied. */
export type ItemFaultCode =
  | ChangeFailureCode
  | 'FORK' // a second signed token for one place or one version: the authority tells two stories
  | 'OVERSHARED' // opens a field that no grant held here gives
  | 'NOT_STORED'; // the database refuses it

export interface ItemFault {
  ok: false;
  code: ItemFaultCode;
  /** What is wrong, without any field's value. */
  detail: string;
}

/** What is held already, as far as an item can touch it. */
export interface Held {
  at(seq: number): CopiedEntry | undefined;
  version(record: string, version: number): CopiedEntry | undefined;
  /** The grants of the copy, by id. */
  grants: ReadonlyMap<string, Grant>;
}

export interface Origin {
  book: string;
  authority: string;
  keys: PinnedKeys;
  /** This node's organisation. */
  self: string;
}

/** PostgreSQL has no text with these. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** The place that an item claims to have, before any check: to look up what it must fit to. */
export function claimedPlace(token: string): { seq: number; record: string; version: number } | undefined {
  const { seq, sub, ver } = peekClaims(token) ?? {};
  const isSound = isPlace(seq) && isPlace(ver) && typeof sub === 'string' && !UNSTORABLE.test(sub);
  return isSound ? { seq, record: sub, version: ver } : undefined;
}

/**
 * Decides whether an item may be applied: its signature, issuer, book, slots; that it is the only token for its place and
 * its version; that it continues the history that is held, on both sides; that what the grants promise is opened; and
 * that nothing is opened that they do not give. The result is the entry to keep, with the disclosures held before.
 *
 * An item that opens too much is refused whole: a copy holds only what a signed rule gives it, and a sender whose rules
 * and feed disagree has a fault that somebody has to look at.
 */
export function checkItem(
  item: ReceivedItem,
  held: Held,
  origin: Origin,
): { ok: true; entry: CopiedEntry; change: VerifiedChange } | ItemFault {
  const place = claimedPlace(item.token);
  const verified = verifyChange({
    token: item.token,
    disclosures: item.disclosures,
    keys: origin.keys,
    expect: { issuer: origin.authority, book: origin.book },
    grantedNames: place && promised(item, held, place.seq),
  });
  if (!verified.ok) return verified;
  const { change } = verified;
  const wrong =
    checkForm(change, item, place !== undefined) ??
    checkOnly(change, item, held) ??
    checkHistory(change, held) ??
    (change.kind === 'GRANT' ? checkGrant(item, origin.self) : checkShared(change, item, held));
  return wrong ?? merge(change, item, held.at(change.seq), origin);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function checkForm(change: VerifiedChange, item: ReceivedItem, hasPlace: boolean): ItemFault | undefined {
  if (!hasPlace || !UUID.test(change.txn))
    return fault('BAD_CLAIMS', 'not a place or a request that can be kept');
  if ((change.kind === 'GRANT') !== (item.kind === 'GRANT'))
    return fault('BAD_CLAIMS', 'sent as another kind');
  return undefined;
}

function checkOnly(
  { seq, record, ver }: VerifiedChange,
  { token }: ReceivedItem,
  held: Held,
): ItemFault | undefined {
  const samePlace = held.at(seq);
  if (samePlace && samePlace.token !== token) return fault('FORK', `a second token for entry ${seq}`);
  const sameVersion = held.version(record, ver);
  if (sameVersion && sameVersion.token !== token) return fault('FORK', `a second token for version ${ver}`);
  return undefined;
}

function checkHistory({ record, ver, hash, prev }: VerifiedChange, held: Held): ItemFault | undefined {
  const before = held.version(record, ver - 1);
  if (before && tokenHash(before.token) !== prev) return fault('PREVIOUS_MISMATCH', `version ${ver}`);
  const after = held.version(record, ver + 1);
  if (after && peekClaims(after.token)?.['prev'] !== hash)
    return fault('PREVIOUS_MISMATCH', `version ${ver + 1}`);
  return undefined;
}

/** What the named grants promise of this entry. Before a grant was made, nobody committed to the names that it gives. */
function promised(item: ReceivedItem, held: Held, seq: number) {
  if (item.kind === 'GRANT') return undefined;
  const due = item.grants.flatMap((id) => {
    const grant = held.grants.get(id);
    return grant && grant.right === 'READ' && seq > grant.since ? grant.fields : [];
  });
  return { exact: due.filter((name) => name !== '*'), everything: due.includes('*') };
}

function checkShared(change: VerifiedChange, item: ReceivedItem, held: Held): ItemFault | undefined {
  const giving = [...held.grants.values()].filter((grant) => mayCover(grant, change));
  const isGiven = (name: string) =>
    giving.some(({ fields }) => fields.includes('*') || (name !== NAMES_FIELD && fields.includes(name)));
  const overshared = openedNames(item).find((name) => !isGiven(name));
  return overshared === undefined ? undefined : fault('OVERSHARED', `field "${overshared}"`);
}

/** As far as it can be told without the fields that are not shown. */
function mayCover(
  { right, since, backfill, until, selector }: Grant,
  { seq, kind, atMs }: VerifiedChange,
): boolean {
  if (right !== 'READ' || (until !== null && atMs >= until)) return false;
  if (selector.kinds.length > 0 && !selector.kinds.includes(kind)) return false;
  return backfill || seq > since;
}

/** A grant shows its terms, and of its audience this organisation's own share. */
function checkGrant(item: ReceivedItem, self: string): ItemFault | undefined {
  const own = `audience.organisation:${self}`;
  const isOthers = (name: string) =>
    name === NAMES_FIELD ||
    name.startsWith('audience.role:') ||
    (name.startsWith('audience.organisation:') && name !== own);
  return openedNames(item).some(isOthers) ? fault('OVERSHARED', 'the audience of a grant') : undefined;
}

export function openedNames({ disclosures }: ReceivedItem): string[] {
  return disclosures.flatMap((disclosure) => parseDisclosure(disclosure)?.name ?? []);
}

/** One token opens each name in one way only, so that what came before and what comes now add up. */
function merge(
  change: VerifiedChange,
  item: ReceivedItem,
  before: CopiedEntry | undefined,
  origin: Origin,
): { ok: true; entry: CopiedEntry; change: VerifiedChange } | ItemFault {
  const disclosures = [...new Set([...(before?.disclosures ?? []), ...item.disclosures])];
  const fields: Record<string, JsonValue> = { ...before?.fields, ...change.fields };
  if (before && disclosures.length > item.disclosures.length) {
    const expect = { issuer: origin.authority, book: origin.book };
    const whole = verifyChange({ token: item.token, disclosures, keys: origin.keys, expect });
    if (!whole.ok) return whole;
  }
  const { seq, kind, record, ver, atMs, txn } = change;
  const entry = {
    seq,
    kind,
    record,
    version: ver,
    atMs,
    token: item.token,
    fields,
    disclosures,
    request: txn,
  };
  return { ok: true, entry, change };
}

function fault(code: ItemFaultCode, detail: string): ItemFault {
  return { ok: false, code, detail };
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_SEQ;
}

const SHOWN_BY_DISCLOSURES: ReadonlySet<string> = new Set([
  'BAD_DISCLOSURE',
  'DISCLOSURE_REPEATED',
  'SLOT_MISMATCH',
  'NAMES_MISMATCH',
]);
const MAX_ITEM = 1_000_000;

/** An item as evidence. The disclosures are kept only where they are the fault: else they may hold what was not granted. */
export function evidenceOf(item: ReceivedItem, code: string): string {
  const { kind, token, grants } = item;
  const opened = SHOWN_BY_DISCLOSURES.has(code)
    ? { disclosures: item.disclosures }
    : { names: openedNames(item) };
  return JSON.stringify({ kind, token, grants, ...opened }).slice(0, MAX_ITEM);
}

/** Whether a fault is a sign that the authority signs contradictions, which people must be told of at once. */
export function isContradiction(code: string): boolean {
  return code === 'FORK' || code === 'PREVIOUS_MISMATCH';
}
