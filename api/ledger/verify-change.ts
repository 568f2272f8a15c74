import {
  type JwsFailure,
  type JwsFailureCode,
  type PinnedKeys,
  type VerifiedJws,
  verifyCompact,
  verifyCompactAsync,
} from '../identity/jws.ts';
import type { JsonValue } from '../identity/strict-json.ts';
import {
  CHANGE_TYP,
  type ChangeClaims,
  changeClaims,
  GRANT_TYP,
  type RecordKind,
  tokenHash,
  typOf,
} from './change.ts';
import { disclosureDigest, parseDisclosure } from './disclosure.ts';
import { ERASED_FIELD } from './erasure.ts';
import { hasReservedMember, isFieldName, NAMES_FIELD } from './field-value.ts';
import { decodeSlotSalt, slotOf } from './slots.ts';

export type ChangeFailureCode =
  | JwsFailureCode
  | 'BAD_CLAIMS' // signed, but not the closed shape of a change
  | 'WRONG_ISSUER' // not the authority of this book
  | 'WRONG_BOOK'
  | 'BAD_DISCLOSURE' // not [salt, [name, value]], or a name or value that no record may have
  | 'DISCLOSURE_REPEATED' // one name opened twice
  | 'SLOT_MISMATCH' // does not open the one slot that its name has
  | 'CHAIN_START' // version 1 with, or a later version without, a previous token
  | 'VERSION_REPEATED' // at or below the version already held: a copy, or a fork
  | 'VERSION_SKIPPED' // versions in between are missing: fetch them first
  | 'PREVIOUS_MISMATCH' // continues another history than the one held
  | 'FIELD_WITHHELD' // a granted name is not opened
  | 'NAMES_MISMATCH'; // what is opened contradicts the committed list of set names

export interface ChangeFailure {
  readonly ok: false;
  readonly code: ChangeFailureCode;
  /** What is wrong, without any field's value. */
  readonly detail: string;
}

/** What a reader learns from a change: the fields that were disclosed to it. */
export interface VerifiedChange {
  readonly book: string;
  readonly record: string;
  readonly kind: RecordKind;
  readonly ver: number;
  readonly seq: number;
  readonly term: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly jti: string;
  readonly txn: string;
  readonly prev: string | undefined;
  readonly mandate: string | undefined;
  /** `tokenHash` of the token: the next version's `prev`. */
  readonly hash: string;
  /** The `kid` that signed. */
  readonly kid: string;
  /** The opened fields that are set. */
  readonly fields: Record<string, JsonValue>;
  /** The opened names that are unset. */
  readonly unset: string[];
}

export interface ChangeExpectation {
  readonly token: string;
  readonly disclosures: readonly string[];
  /** The keys that may sign for this issuer. */
  readonly keys: PinnedKeys;
  readonly expect: { readonly issuer: string; readonly book: string };
  /** The version already held; `{ver: 0, hash: ''}` insists on version 1; absent: any version may be the first. */
  readonly previous?: { readonly ver: number; readonly hash: string } | undefined;
  /** What the reader was promised. Absent: whatever was sent is taken. */
  readonly grantedNames?: { readonly exact: readonly string[]; readonly everything: boolean } | undefined;
}

type Opened = Map<string, JsonValue>;

export type ChangeResult = { readonly ok: true; readonly change: VerifiedChange } | ChangeFailure;

const TYPS = [CHANGE_TYP, GRANT_TYP];

/** Check a change as its reader. Nothing of it may be used unless the result is `ok`. */
export function verifyChange(given: ChangeExpectation): ChangeResult {
  return checkSigned(given, verifyCompact(given.token, { typ: TYPS, keys: given.keys }));
}

/** As `verifyChange`, with the signature checked in the thread pool: for batches, all at once. */
export async function verifyChangeAsync(given: ChangeExpectation): Promise<ChangeResult> {
  return checkSigned(given, await verifyCompactAsync(given.token, { typ: TYPS, keys: given.keys }));
}

function checkSigned(given: ChangeExpectation, signed: VerifiedJws | JwsFailure): ChangeResult {
  if (!signed.ok) return signed;
  const claims = readClaims(signed.claims, signed.header['typ']);
  if (!claims) return failure('BAD_CLAIMS', 'not the shape of a change');
  const opened: Opened = new Map();
  const wrong =
    checkOrigin(claims, given.expect) ??
    checkSlots(claims, given.disclosures, opened) ??
    checkChain(claims, given.previous) ??
    checkNames(opened) ??
    checkCoverage(opened, given.grantedNames);
  return wrong ?? { ok: true, change: changeOf(claims, opened, tokenHash(given.token), signed.kid) };
}

function readClaims(claims: unknown, typ: unknown): ChangeClaims | undefined {
  const parsed = changeClaims.safeParse(claims);
  return parsed.success && typOf(parsed.data.kind) === typ ? parsed.data : undefined;
}

function checkOrigin(claims: ChangeClaims, expect: ChangeExpectation['expect']): ChangeFailure | undefined {
  if (claims.iss !== expect.issuer) return failure('WRONG_ISSUER', `expected ${expect.issuer}`);
  if (claims.book !== expect.book) return failure('WRONG_BOOK', `expected ${expect.book}`);
  return undefined;
}

/** Each disclosure opens the slot of its own name, and no name is opened twice. */
function checkSlots(
  claims: ChangeClaims,
  disclosures: readonly string[],
  opened: Opened,
): ChangeFailure | undefined {
  const salt = decodeSlotSalt(claims.slot_salt) as number;
  for (const [index, disclosure] of disclosures.entries()) {
    const field = parseDisclosure(disclosure);
    if (!field) return failure('BAD_DISCLOSURE', `disclosure ${index} is not [salt, [name, value]]`);
    const { name, value } = field;
    if ((name !== NAMES_FIELD && !isFieldName(name)) || hasReservedMember(value)) {
      return failure('BAD_DISCLOSURE', `disclosure ${index} has a reserved name`);
    }
    if (opened.has(name)) return failure('DISCLOSURE_REPEATED', `field "${name}"`);
    const slot = slotOf(salt, claims.fields.length, name);
    if (disclosureDigest(disclosure) !== claims.fields[slot]?.['...']) {
      return failure('SLOT_MISMATCH', `field "${name}" does not open slot ${slot}`);
    }
    opened.set(name, value);
  }
  return undefined;
}

function checkChain(
  claims: ChangeClaims,
  previous: ChangeExpectation['previous'],
): ChangeFailure | undefined {
  const { ver, prev } = claims;
  if ((ver === 1) !== (prev === undefined)) return failure('CHAIN_START', `version ${ver}`);
  if (!previous) return undefined;
  if (ver <= previous.ver) return failure('VERSION_REPEATED', `version ${ver} after ${previous.ver}`);
  if (ver > previous.ver + 1) return failure('VERSION_SKIPPED', `version ${ver} after ${previous.ver}`);
  if (ver > 1 && prev !== previous.hash) return failure('PREVIOUS_MISMATCH', `version ${ver}`);
  return undefined;
}

/** Where the list of set names is opened, nothing that is opened contradicts it. */
function checkNames(opened: Opened): ChangeFailure | undefined {
  if (!opened.has(NAMES_FIELD)) return undefined;
  const names = opened.get(NAMES_FIELD);
  if (!isNameList(names)) return failure('NAMES_MISMATCH', 'not a sorted list of names');
  const listed = new Set(names);
  for (const [name, value] of opened) {
    if (name !== NAMES_FIELD && listed.has(name) !== (value !== null)) {
      return failure('NAMES_MISMATCH', `field "${name}"`);
    }
  }
  return undefined;
}

/** Every granted name is opened, to a value or to null. */
function checkCoverage(
  opened: Opened,
  granted: ChangeExpectation['grantedNames'],
): ChangeFailure | undefined {
  // Of an erased version there is nothing but the word that it is.
  if (!granted || opened.has(ERASED_FIELD)) return undefined;
  const due = [...granted.exact];
  if (granted.everything) due.push(NAMES_FIELD, ...((opened.get(NAMES_FIELD) ?? []) as string[]));
  const withheld = due.find((name) => !opened.has(name));
  return withheld === undefined ? undefined : failure('FIELD_WITHHELD', `field "${withheld}"`);
}

function isNameList(value: JsonValue | undefined): value is string[] {
  if (!Array.isArray(value)) return false;
  return value.every(
    (name, i) =>
      typeof name === 'string' && isFieldName(name) && (i === 0 || (value[i - 1] as string) < name),
  );
}

function changeOf(claims: ChangeClaims, opened: Opened, hash: string, kid: string): VerifiedChange {
  const fields = [...opened].filter(([name, value]) => name !== NAMES_FIELD && value !== null);
  const { book, kind, ver, seq, term, jti, txn, prev, mandate } = claims;
  return {
    book,
    record: claims.sub,
    kind,
    ver,
    seq,
    term,
    atMs: Math.round(claims.iat * 1000),
    jti,
    txn,
    prev,
    mandate,
    hash,
    kid,
    fields: Object.fromEntries(fields),
    unset: [...opened.keys()].filter((name) => opened.get(name) === null),
  };
}

function failure(code: ChangeFailureCode, detail: string): ChangeFailure {
  return { ok: false, code, detail };
}
