import { z } from 'zod';
import { DIGEST_PATTERN } from './base64url.ts';
import { isPublicJwk, type PublicJwk, thumbprint, verificationKey, type VerificationKey } from './jwk.ts';
import { type JwsFailureCode, peekClaims, signCompact, verifyCompact } from './jws.ts';
import { sha256 } from './sha256.ts';
import type { Signer } from './signer.ts';
import { LotbookError } from '../errors.ts';

/** One statement of an organisation's key log: the key with which it signs from now on. */
export const KEY_TYP = 'trace-key+jwt';
/** A key log is short: a change of keys each day would take thirty years to get there. */
export const MAX_KEY_STATEMENTS = 10_000;
const MAX_LENGTH = 128 * 1024;

const text = z.string().min(1).max(2048);
const digest = z.string().regex(DIGEST_PATTERN);
const ordinal = z.number().int().min(1).max(2_147_483_647);

const shape = z
  .strictObject({
    iss: text,
    /** Number of the statement in the log of its issuer. */
    seq: ordinal,
    /** Hash of the token of statement seq - 1; absent in the first. */
    prev: digest.optional(),
    /** Seconds since 1970, to the millisecond: for people. Nothing is decided by it. */
    iat: z.number().min(0).max(1e11),
    /** The key in force from here on, without any other member. It signs this statement. */
    key: z.custom<PublicJwk>(isPublicJwk),
    /** RFC 7638 thumbprint of the only key that can make the next statement: whoever steals `key` cannot. */
    next: digest,
    /** Keys that may have been in other hands. */
    revoked: z
      .array(
        z.strictObject({
          kid: digest,
          // Shown on terminals: no control characters.
          reason: z
            .string()
            .min(1)
            .max(200)
            .regex(/^[^\p{Cc}\p{Surrogate}]*$/u),
          /** For each book the place from which on what the key has signed counts no more. */
          from: z.array(z.strictObject({ book: text, seq: ordinal })).max(1_000),
        }),
      )
      .min(1)
      .max(100)
      .optional(),
  })
  .refine(({ seq, prev }) => (seq === 1) === (prev === undefined), { path: ['prev'] });

export type KeyClaims = z.infer<typeof shape>;
export type Revocation = NonNullable<KeyClaims['revoked']>[number];

export interface KeyStatement {
  readonly ok: true;
  readonly token: string;
  readonly claims: KeyClaims;
  /** Base64url SHA-256 of the token: the next one's `prev`. */
  readonly hash: string;
  /** The key that it puts in force. */
  readonly key: VerificationKey;
}

export type KeyFailureCode =
  | JwsFailureCode
  | 'BAD_CLAIMS' // not the closed shape of a key statement; the detail names the place
  | 'WRONG_ISSUER' // of another organisation
  | 'NUMBER_SKIPPED' // statements in between are missing: fetch the whole log
  | 'PREVIOUS_MISMATCH' // continues another log than the one that is held
  | 'NOT_COMMITTED' // its key is not the one that the statement before committed to: a thief's
  | 'KEY_USED_BEFORE'; // a key comes back that was put out of force

export interface KeyFailure {
  readonly ok: false;
  readonly code: KeyFailureCode;
  readonly detail: string;
}

/** Sign a statement with the key that it puts in force. Rejects with INTERNAL what no reader would take. */
export async function signKeyStatement(claims: KeyClaims, signer: Signer): Promise<string> {
  const parsed = shape.safeParse(claims);
  if (!parsed.success || thumbprint(claims.key) !== signer.kid)
    throw new LotbookError('INTERNAL', 'no key statement');
  return signCompact({ typ: KEY_TYP, claims: parsed.data, signer });
}

/**
 * Check a statement that stands by itself: signed by its own key, in the closed shape. Whether it may follow another one, see
 * `extendKeyLog`.
 */
export function readKeyStatement(token: string, issuer: string): KeyStatement | KeyFailure {
  const parsed = shape.safeParse(peekClaims(token));
  if (!parsed.success)
    return keyFailure('BAD_CLAIMS', parsed.error.issues[0]?.path.map(String).join('.') || 'claims');
  const key = verificationKey(parsed.data.key);
  const expected = { typ: KEY_TYP, keys: new Map([[key.kid, key]]), maxLength: MAX_LENGTH };
  const signed = verifyCompact(token, expected);
  if (!signed.ok) return signed;
  const claims = parsed.data;
  if (claims.iss !== issuer) return keyFailure('WRONG_ISSUER', `expected ${issuer}`);
  return { ok: true, token, claims, hash: sha256(token), key };
}

export function keyFailure(code: KeyFailureCode, detail: string): KeyFailure {
  return { ok: false, code, detail };
}
