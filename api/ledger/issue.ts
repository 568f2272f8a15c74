import { DIGEST_PATTERN } from '../identity/base64url.ts';
import { protectedHeader, signPayload } from '../identity/jws.ts';
import type { Signer } from '../identity/signer.ts';
import type { JsonValue } from '../identity/strict-json.ts';
import { MAX_TEXT_LENGTH, type RecordKind, tokenHash, typOf } from './change.ts';
import { canonicalJson } from './field-value.ts';
import { disclosureDigest } from './disclosure.ts';
import { decoyDigest, disclosureFor, slotKeystream } from './keystream.ts';
import { layoutFor } from './layout.ts';
import { LotbookError } from '../errors.ts';

/** One approved update, ready to be sealed. */
export interface ChangeInput {
  /** The authority that approves. */
  readonly issuer: string;
  readonly book: string;
  readonly record: string;
  readonly kind: RecordKind;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Unique for each token: salts and decoys depend on it. */
  readonly jti: string;
  /** The update request's id. */
  readonly txn: string;
  readonly ver: number;
  readonly seq: number;
  /** Hash of the record's previous token; in a batch also the place of the earlier change. Absent at version 1. */
  readonly prev?: string | { readonly of: number } | undefined;
  readonly term: number;
  readonly mandate?: string | undefined;
  /** The record's full state after the change. A null counts as unset. */
  readonly state: Readonly<Record<string, JsonValue>>;
  /** Names that are granted to somebody and may be unset: they are committed as null. */
  readonly alsoNames?: readonly string[] | undefined;
  /** 32 random bytes of the record. Deleting them erases the values. */
  readonly recordKey: Uint8Array;
  /** 32 random bytes of the book. They keep guesses at hidden names from being tried against `slot_salt`. */
  readonly slotKey: Uint8Array;
}

export interface IssuedChange {
  /** The compact JWS: store and forward exactly this text. */
  readonly token: string;
  /** `tokenHash(token)`, the next version's `prev`. */
  readonly hash: string;
}

/** Seal one change. Rejects with `BAD_INPUT` when a name or a value cannot be committed. */
export async function issueChange(input: ChangeInput, signer: Signer): Promise<IssuedChange> {
  const { prev } = input;
  if (typeof prev === 'object')
    throw new LotbookError('INTERNAL', 'prev names a place, but there is no batch');
  return seal(input, prev, signer);
}

/**
 * Seal a batch; the results are in the order of the inputs. All signatures run side by side, except that a change with
 * `prev: {of: i}` waits for the i-th one. Refused whole, as `issueChange`.
 */
export async function issueChanges(inputs: readonly ChangeInput[], signer: Signer): Promise<IssuedChange[]> {
  const issued: Promise<IssuedChange>[] = [];
  for (const [index, input] of inputs.entries()) {
    const { prev } = input;
    issued.push(
      typeof prev === 'object' ? sealAfter(issued, index, input, prev.of, signer) : seal(input, prev, signer),
    );
  }
  return Promise.all(issued);
}

async function sealAfter(
  issued: readonly Promise<IssuedChange>[],
  index: number,
  input: ChangeInput,
  of: number,
  signer: Signer,
): Promise<IssuedChange> {
  // Only the earlier places are filled by now.
  const earlier = issued[of];
  if (!earlier)
    throw new LotbookError('INTERNAL', `change ${index}: prev must name an earlier place of the batch`);
  return seal(input, (await earlier).hash, signer);
}

async function seal(input: ChangeInput, prev: string | undefined, signer: Signer): Promise<IssuedChange> {
  checkInput(input);
  if (prev !== undefined && !DIGEST_PATTERN.test(prev))
    throw new LotbookError('INTERNAL', 'prev is no token hash');
  if ((input.ver === 1) !== (prev === undefined)) {
    throw new LotbookError('INTERNAL', `version ${input.ver} ${prev ? 'has' : 'lacks'} a previous token`);
  }
  const token = await signPayload(headerOf(signer, typOf(input.kind)), payloadOf(input, prev), signer);
  return { token, hash: tokenHash(token) };
}

/** What the types do not say, and no reader would accept in a signed token. */
function checkInput(input: ChangeInput): void {
  const { issuer, book, record, jti, txn, ver, seq, term, atMs, recordKey, slotKey } = input;
  const texts = [issuer, book, record, jti, txn];
  if (texts.some((text) => text.length === 0 || text.length > MAX_TEXT_LENGTH)) {
    throw new LotbookError('INTERNAL', `a text of a change is empty or over ${MAX_TEXT_LENGTH} characters`);
  }
  if (![ver, seq, term].every((n) => Number.isSafeInteger(n) && n >= 1) || !Number.isSafeInteger(atMs)) {
    throw new LotbookError('INTERNAL', 'ver, seq, term and atMs are whole numbers, the first three from 1');
  }
  if (input.mandate !== undefined && !DIGEST_PATTERN.test(input.mandate)) {
    throw new LotbookError('INTERNAL', 'mandate is no SHA-256 digest');
  }
  if (recordKey.length !== 32 || slotKey.length !== 32) {
    throw new LotbookError('INTERNAL', 'recordKey and slotKey have 32 bytes');
  }
}

/** The claims as JSON, written by hand: this is the hot path, and the order is fixed. */
function payloadOf(input: ChangeInput, prev: string | undefined): string {
  const layout = layoutFor(input.state, input.alsoNames, input.slotKey);
  const keystream = slotKeystream(input.recordKey, input.jti, layout.slotCount);
  const digests = new Array<string>(layout.slotCount);
  for (const { name, slot, prefix } of layout.set) {
    const value = canonicalJson(input.state[name] as JsonValue, name);
    digests[slot] = disclosureDigest(disclosureFor(keystream, slot, `${prefix}${value}]`));
  }
  for (const { slot, opening } of layout.fixed) {
    digests[slot] = disclosureDigest(disclosureFor(keystream, slot, opening));
  }
  for (let slot = 0; slot < digests.length; slot++) digests[slot] ??= decoyDigest(keystream, slot);
  const json = JSON.stringify;
  return (
    `{"iss":${json(input.issuer)},"book":${json(input.book)},"sub":${json(input.record)},"kind":"${input.kind}",` +
    `"iat":${input.atMs / 1000},"jti":${json(input.jti)},"txn":${json(input.txn)},"ver":${input.ver},"seq":${input.seq},` +
    (prev === undefined ? '' : `"prev":${json(prev)},`) +
    `"term":${input.term},` +
    (input.mandate === undefined ? '' : `"mandate":${json(input.mandate)},`) +
    `"_sd_alg":"sha-256","slot_salt":"${layout.slotSalt}","fields":[{"...":"${digests.join('"},{"...":"')}"}]}`
  );
}

const headers = new WeakMap<Signer, Map<string, string>>();

function headerOf(signer: Signer, typ: string): string {
  let byName = headers.get(signer);
  if (!byName) headers.set(signer, (byName = new Map()));
  // The key of a signer changes.
  const name = `${typ} ${signer.kid}`;
  let header = byName.get(name);
  if (!header) byName.set(name, (header = protectedHeader(typ, signer)));
  return header;
}
