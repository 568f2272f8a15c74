import type { JsonValue } from '../events/value.ts';
import { peekClaims } from '../identity/jws.ts';
import { isRecordKind, readChange, tokenHash, typOf, type RecordKind } from '../ledger/change.ts';
import { parseDisclosure } from '../ledger/disclosure.ts';
import { ERASED_FIELD } from '../ledger/erasure.ts';
import { isLockId, showsOfLock } from '../ledger/entry-lock.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';
import { contradiction, type SignedChange } from '../ledger/statements/contradiction.ts';
import { verifyChange, type VerifiedChange } from '../ledger/verify-change.ts';
import type { Grant } from '../sharing/grant.ts';
import { NOTE_ON, showsOfNote } from '../sharing/record-note.ts';
import type { CopiedEntry } from '../store/copies.ts';
import { MAX_SEQ } from '../store/entries.ts';
import { fault, type ItemFault } from './item-fault.ts';
import type { Signatory, Signers } from './signers.ts';

/** What another node's feed brought, of which nothing is believed yet. */
export interface ReceivedItem {
  kind: string;
  token: string;
  disclosures: readonly string[];
  grants: readonly string[];
  /** Its place in the log, where its token does not say it: of a mandate, a term, a key statement. */
  seq?: number | null | undefined;
}

/** What is held already, as far as an item can touch it. */
export interface Held {
  at(seq: number): CopiedEntry | undefined;
  version(record: string, version: number): CopiedEntry | undefined;
  /** The grants of the copy, by id. */
  grants: ReadonlyMap<string, Grant>;
}

export interface Origin {
  /** Who may sign changes of the book, and in which term. */
  signers: Signers;
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
 * Decides whether a change may be applied: its signature, issuer, book, slots; that it is the only token for its place and
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
  const signatory = signatoryOf(item, origin.signers);
  if ('code' in signatory) return signatory;
  const { organisation: issuer, keys } = signatory;
  const expect = { issuer, book: origin.signers.root.book };
  const { token, disclosures } = item;
  const grantedNames = place && promised(item, held, place.seq);
  const verified = verifyChange({ token, disclosures, keys, expect, grantedNames });
  if (!verified.ok) return verified;
  const { change } = verified;
  const wrong =
    checkForm(change, item, place !== undefined) ??
    origin.signers.keyFault(issuer, change) ??
    checkOnly(change, item, held) ??
    checkHistory(change, held) ??
    (change.kind === 'GRANT' ? checkGrant(item, origin.self) : checkShared(change, item, held, origin.self));
  return wrong ?? merge(change, item, held.at(change.seq), { keys, expect });
}

/** Whose signature a change must have: that of the holder of the term that it claims. */
export function signatoryOf({ token }: Pick<ReceivedItem, 'token'>, signers: Signers): Signatory | ItemFault {
  const { term, iss } = peekClaims(token) ?? {};
  const allowed = signers.of(isPlace(term) ? term : 1);
  const [first] = allowed;
  if (!first) return fault('UNKNOWN_TERM', `term ${String(term)}`);
  const named = allowed.find(({ organisation }) => organisation === iss);
  if (named) return named;
  return typeof iss === 'string' ? fault('WRONG_ISSUER', `expected ${first.organisation}`) : first;
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
  { seq, kind, record, ver }: VerifiedChange,
  { token }: ReceivedItem,
  held: Held,
): ItemFault | undefined {
  const samePlace = held.at(seq);
  if (samePlace && samePlace.token !== token)
    return { ...fault('FORK', `a second token for entry ${seq}`), ...proofOf(samePlace, kind, token) };
  const sameVersion = held.version(record, ver);
  if (sameVersion && sameVersion.token !== token)
    return { ...fault('FORK', `a second token for version ${ver}`), ...proofOf(sameVersion, kind, token) };
  return undefined;
}

/** Both were verified, the one held when it came. */
function proofOf({ token: first, kind }: CopiedEntry, otherKind: RecordKind, second: string) {
  // A key statement does not say its place: the token alone proves nothing.
  if (!isRecordKind(kind)) return {};
  const found = contradiction(signedChange(kind, first), signedChange(otherKind, second));
  return found ? { proof: { ...found, first, second } } : {};
}

function signedChange(kind: RecordKind, token: string): SignedChange {
  return { typ: typOf(kind), hash: tokenHash(token), claims: readChange(token) };
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
  // A lock, and a note on a record, have none of the fields that rules name.
  const isLock = isLockId(claimedPlace(item.token)?.record ?? '');
  const isNote = peekClaims(item.token)?.['kind'] === 'NOTE' && openedNames(item).includes(NOTE_ON);
  const isOfRecord = isLock || isNote;
  return { exact: isOfRecord ? [] : due.filter((name) => name !== '*'), everything: due.includes('*') };
}

function checkShared(
  change: VerifiedChange,
  item: ReceivedItem,
  held: Held,
  self: string,
): ItemFault | undefined {
  const giving = [...held.grants.values()].filter((grant) => mayCover(grant, change));
  const isGiven = (name: string) =>
    name === ERASED_FIELD ||
    giving.some(({ fields }) => {
      if (change.kind === 'LOCK' && name !== NAMES_FIELD) return showsOfLock(fields, name, self);
      if (isNoteOnRecord(change)) return showsOfNote(fields, name);
      return fields.includes('*') || (name !== NAMES_FIELD && fields.includes(name));
    });
  const overshared = openedNames(item).find((name) => !isGiven(name));
  return overshared === undefined ? undefined : fault('OVERSHARED', `field "${overshared}"`);
}

/** As far as it can be told without the fields that are not shown. */
function mayCover(
  { right, since, backfill, until, selector }: Grant,
  { seq, kind, record, atMs, fields }: VerifiedChange,
): boolean {
  if (right !== 'READ' || (until !== null && atMs >= until)) return false;
  const isNote = isNoteOnRecord({ kind, fields });
  const about = isNote ? fields[NOTE_ON] : fields['record'];
  const of = kind === 'LOCK' || isNote ? { kind: fields['of'], record: about } : { kind, record };
  if (selector.kinds.length > 0 && !(selector.kinds as readonly unknown[]).includes(of.kind)) return false;
  if (selector.records.length > 0 && !(selector.records as readonly unknown[]).includes(of.record))
    return false;
  return backfill || seq > since;
}

function isNoteOnRecord({ kind, fields }: Pick<VerifiedChange, 'kind' | 'fields'>): boolean {
  return kind === 'NOTE' && typeof fields[NOTE_ON] === 'string';
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
  given: Pick<Parameters<typeof verifyChange>[0], 'keys' | 'expect'>,
): { ok: true; entry: CopiedEntry; change: VerifiedChange } | ItemFault {
  const disclosures = [...new Set([...(before?.disclosures ?? []), ...item.disclosures])];
  const fields: Record<string, JsonValue> = { ...before?.fields, ...change.fields };
  if (before && disclosures.length > item.disclosures.length) {
    const whole = verifyChange({ token: item.token, disclosures, ...given });
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
