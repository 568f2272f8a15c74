import { z } from 'zod';
import { type JwsFailureCode, type PinnedKeys, peekClaims, signCompact, verifyCompact } from './jws.ts';
import { checkLifetime, CLOCK_SKEW_SECONDS, type LifetimeFailureCode } from './lifetime.ts';
import type { Signer } from './signer.ts';

/** A node or partner program proves who it is (RFC 7523 section 3, RFC 7521; `typ` as in the 2025 update of both). */
export const CLIENT_ASSERTION_TYP = 'client-authentication+jwt';
export const MAX_ASSERTION_SECONDS = 60;

export type AssertionFailureCode =
  | JwsFailureCode
  | LifetimeFailureCode
  | 'BAD_CLAIMS' // not the claims of an assertion
  | 'WRONG_CLIENT' // iss and sub are not both the client
  | 'WRONG_AUDIENCE'; // made for another node

const claimsShape = z.object({
  iss: z.string(),
  sub: z.string(),
  // A sole audience, as text: an assertion for several could be replayed by one of them at another.
  aud: z.string(),
  jti: z.string().min(16).max(128),
  iat: z.number(),
  exp: z.number(),
});

export interface AssertionInput {
  readonly clientId: string;
  /** The issuer identifier of the node that is called. */
  readonly audience: string;
  /** At least 16 characters, never used before. */
  readonly jti: string;
  readonly nowMs: number;
}

/** An assertion that is good for 60 seconds and one call of the token endpoint. */
export function signClientAssertion(input: AssertionInput, signer: Signer): Promise<string> {
  const iat = Math.floor(input.nowMs / 1000);
  const { clientId, audience: aud, jti } = input;
  const claims = { iss: clientId, sub: clientId, aud, jti, iat, exp: iat + MAX_ASSERTION_SECONDS };
  return signCompact({ typ: CLIENT_ASSERTION_TYP, claims, signer });
}

/** Who an assertion says it is from, WITHOUT any check: to find the keys to check it with. */
export function claimedClient(assertion: string): string | undefined {
  const iss = peekClaims(assertion)?.['iss'];
  return typeof iss === 'string' ? iss : undefined;
}

export interface AssertionExpectation {
  /** Whose keys `keys` are. */
  readonly clientId: string;
  readonly keys: PinnedKeys;
  readonly audience: string;
  readonly nowMs: number;
}

export interface VerifiedAssertion {
  readonly ok: true;
  readonly clientId: string;
  readonly kid: string;
  /** Refuse a second assertion of this client with this jti until `rememberUntilMs`. */
  readonly jti: string;
  readonly rememberUntilMs: number;
}

/** Check an assertion, except for replay: that is the caller's, with `jti`. */
export function checkClientAssertion(
  assertion: string,
  expected: AssertionExpectation,
): VerifiedAssertion | { ok: false; code: AssertionFailureCode; detail: string } {
  const { keys, clientId, audience, nowMs } = expected;
  const signed = verifyCompact(assertion, { typ: CLIENT_ASSERTION_TYP, keys, maxLength: 8192 });
  if (!signed.ok) return signed;
  const parsed = claimsShape.safeParse(signed.claims);
  if (!parsed.success)
    return { ok: false, code: 'BAD_CLAIMS', detail: `claim ${String(parsed.error.issues[0]?.path[0])}` };
  const claims = parsed.data;
  if (claims.iss !== clientId || claims.sub !== clientId) {
    return { ok: false, code: 'WRONG_CLIENT', detail: 'iss and sub must both be the client' };
  }
  if (claims.aud !== audience) return { ok: false, code: 'WRONG_AUDIENCE', detail: `expected ${audience}` };
  const limits = { lifetimeSeconds: MAX_ASSERTION_SECONDS, expSkewSeconds: CLOCK_SKEW_SECONDS };
  const untimely = checkLifetime(claims, nowMs, limits);
  if (untimely) return { ok: false, code: untimely, detail: 'iat and exp against this clock' };
  const rememberUntilMs = (claims.exp + CLOCK_SKEW_SECONDS) * 1000;
  return { ok: true, clientId, kid: signed.kid, jti: claims.jti, rememberUntilMs };
}
