import { verify } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import type { VerificationKey } from './jwk.ts';
import type { Signer } from './signer.ts';
import { type JsonObject, parseStrictObject } from './strict-json.ts';

export type JwsFailureCode =
  | 'TOO_LARGE' // longer than maxLength
  | 'MALFORMED' // not a compact JWS, or a part with more than one reading
  | 'CRITICAL_HEADER' // asks for an extension; none is understood here
  | 'WRONG_TYPE' // a statement of another kind
  | 'UNKNOWN_KEY' // kid is not among the pinned keys
  | 'WRONG_ALGORITHM' // alg is not the pinned key's
  | 'BAD_SIGNATURE';

export interface JwsFailure {
  readonly ok: false;
  readonly code: JwsFailureCode;
  readonly detail: string;
}

export interface VerifiedJws {
  readonly ok: true;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly kid: string;
}

/** Keys that the caller trusts for this statement, by `kid` (RFC 7638 thumbprint). */
export type PinnedKeys = ReadonlyMap<string, VerificationKey>;

export interface JwsExpectation {
  /** The exact `typ`, or the allowed ones. */
  readonly typ: string | readonly string[];
  readonly keys: PinnedKeys;
  /** Characters; 512 Ki when absent. */
  readonly maxLength?: number;
}

const MAX_LENGTH = 512 * 1024;
const MAX_HEADER_LENGTH = 1024;

/** Sign claims as a compact JWS (RFC 7515) with the header `{alg, typ, kid}`. */
export async function signCompact(input: { typ: string; claims: object; signer: Signer }): Promise<string> {
  return signPayload(protectedHeader(input.typ, input.signer), JSON.stringify(input.claims), input.signer);
}

/** Sign an already serialised payload under an already encoded header. */
export async function signPayload(header: string, payload: string, signer: Signer): Promise<string> {
  const signingInput = `${header}.${encodeBase64url(payload)}`;
  const signature = await signer.sign(Buffer.from(signingInput, 'latin1'));
  return `${signingInput}.${encodeBase64url(signature)}`;
}

/** The encoded protected header of everything that a signer signs under one `typ`. */
export function protectedHeader(typ: string, signer: Signer): string {
  return encodeBase64url(JSON.stringify({ alg: signer.alg, typ, kid: signer.kid }));
}

/**
 * Check a compact JWS against pinned keys: the key decides the algorithm, the token's `alg` must merely agree (RFC 8725
 * section 3.1). The payload is read only after the signature holds.
 */
export function verifyCompact(token: string, expected: JwsExpectation): VerifiedJws | JwsFailure {
  const parts = takeApart(token, expected);
  if ('code' in parts) return parts;
  return readPayload(parts, verify(...nativeInput(parts)));
}

/** As `verifyCompact`, in libuv's thread pool: a batch uses every core, and the event loop goes on. */
export async function verifyCompactAsync(
  token: string,
  expected: JwsExpectation,
): Promise<VerifiedJws | JwsFailure> {
  const parts = takeApart(token, expected);
  if ('code' in parts) return parts;
  const holds = await new Promise<boolean>((resolve, reject) => {
    verify(...nativeInput(parts), (error, result) => (error ? reject(error) : resolve(result)));
  });
  return readPayload(parts, holds);
}

interface Parts {
  readonly header: JsonObject;
  readonly key: VerificationKey;
  readonly signingInput: string;
  readonly payload: string;
  readonly signature: Buffer;
}

function takeApart(token: string, expected: JwsExpectation): Parts | JwsFailure {
  if (token.length > (expected.maxLength ?? MAX_LENGTH))
    return failure('TOO_LARGE', `${token.length} characters`);
  const firstDot = token.indexOf('.');
  const lastDot = token.lastIndexOf('.');
  if (firstDot <= 0 || token.indexOf('.', firstDot + 1) !== lastDot || firstDot === lastDot) {
    return failure('MALFORMED', 'not three parts');
  }
  if (firstDot > MAX_HEADER_LENGTH) return failure('TOO_LARGE', 'header');
  const header = decodeObject(token.slice(0, firstDot));
  if (!header) return failure('MALFORMED', 'header');
  const key = pinnedKey(header, expected);
  if ('code' in key) return key;
  const signature = decodeBase64url(token.slice(lastDot + 1));
  if (!signature) return failure('MALFORMED', 'signature');
  return {
    header,
    key,
    signature,
    signingInput: token.slice(0, lastDot),
    payload: token.slice(firstDot + 1, lastDot),
  };
}

function readPayload({ header, key, payload }: Parts, signatureHolds: boolean): VerifiedJws | JwsFailure {
  if (!signatureHolds) return failure('BAD_SIGNATURE', `kid ${key.kid}`);
  const claims = decodeObject(payload);
  if (!claims) return failure('MALFORMED', 'payload');
  return { ok: true, header, claims, kid: key.kid };
}

function nativeInput({ key, signingInput, signature }: Parts) {
  const data = Buffer.from(signingInput, 'latin1');
  const digest = key.alg === 'ES256' ? 'sha256' : undefined;
  return [digest, data, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature] as const;
}

/** The claims of a token WITHOUT any check, to find out whose keys to check it with. */
export function peekClaims(token: string): JsonObject | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const parts = token.split('.', 4);
  return parts.length === 3 ? decodeObject(parts[1] ?? '') : undefined;
}

/** The key that a token says it is signed with, WITHOUT any check. */
export function peekKid(token: string): string | undefined {
  const kid =
    token.length > MAX_LENGTH ? undefined : decodeObject(token.slice(0, token.indexOf('.')))?.['kid'];
  return typeof kid === 'string' ? kid : undefined;
}

function pinnedKey(header: JsonObject, expected: JwsExpectation): VerificationKey | JwsFailure {
  if (Object.hasOwn(header, 'crit')) return failure('CRITICAL_HEADER', 'no extension is understood');
  const typs = typeof expected.typ === 'string' ? [expected.typ] : expected.typ;
  if (typeof header['typ'] !== 'string' || !typs.includes(header['typ'])) {
    return failure('WRONG_TYPE', `expected ${typs.join(' or ')}`);
  }
  const key = typeof header['kid'] === 'string' ? expected.keys.get(header['kid']) : undefined;
  if (!key || key.kid !== header['kid']) return failure('UNKNOWN_KEY', 'kid is not pinned');
  if (header['alg'] !== key.alg) return failure('WRONG_ALGORITHM', `the pinned key is for ${key.alg}`);
  return key;
}

function decodeObject(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part);
  return bytes && parseStrictObject(bytes);
}

function failure(code: JwsFailureCode, detail: string): JwsFailure {
  return { ok: false, code, detail };
}
