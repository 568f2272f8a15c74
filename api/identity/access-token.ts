import { z } from 'zod';
import { type JwsFailureCode, type PinnedKeys, signCompact, verifyCompact } from './jws.ts';
import { checkLifetime, type LifetimeFailureCode } from './lifetime.ts';
import type { Signer } from './signer.ts';

/** The bearer token of the GraphQL endpoint (RFC 9068). */
export const ACCESS_TOKEN_TYP = 'at+jwt';
export const ACCESS_TOKEN_SECONDS = 300;

export type AccessTokenFailureCode =
  | JwsFailureCode
  | LifetimeFailureCode
  | 'BAD_CLAIMS' // not the claims of an access token
  | 'WRONG_ISSUER'
  | 'WRONG_AUDIENCE';

const claimsShape = z.object({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.string(),
  client_id: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(1),
  scope: z.string(),
});

export interface AccessTokenInput {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly clientId: string;
  /** Names divided by spaces (RFC 8693 section 4.2). */
  readonly scope: string;
  readonly jti: string;
  readonly nowMs: number;
}

/** An access token for five minutes. */
export function signAccessToken(input: AccessTokenInput, signer: Signer): Promise<string> {
  const iat = Math.floor(input.nowMs / 1000);
  const claims = {
    iss: input.issuer,
    sub: input.subject,
    aud: input.audience,
    client_id: input.clientId,
    iat,
    exp: iat + ACCESS_TOKEN_SECONDS,
    jti: input.jti,
    scope: input.scope,
  };
  return signCompact({ typ: ACCESS_TOKEN_TYP, claims, signer });
}

export interface VerifiedAccessToken {
  readonly ok: true;
  readonly subject: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly jti: string;
  /** The `kid` of the key that signed it. */
  readonly signedBy: string;
  /** When whatever was opened with the token has to end. */
  readonly expiresAtMs: number;
}

/** Check an access token (RFC 9068 section 4). Its end is exact: the node that issued it is the node that checks. */
export function checkAccessToken(
  token: string,
  expected: {
    readonly keys: PinnedKeys;
    readonly issuer: string;
    readonly audience: string;
    readonly nowMs: number;
  },
): VerifiedAccessToken | { ok: false; code: AccessTokenFailureCode; detail: string } {
  const signed = verifyCompact(token, { typ: ACCESS_TOKEN_TYP, keys: expected.keys, maxLength: 8192 });
  if (!signed.ok) return signed;
  const parsed = claimsShape.safeParse(signed.claims);
  if (!parsed.success)
    return { ok: false, code: 'BAD_CLAIMS', detail: `claim ${String(parsed.error.issues[0]?.path[0])}` };
  const claims = parsed.data;
  if (claims.iss !== expected.issuer)
    return { ok: false, code: 'WRONG_ISSUER', detail: `expected ${expected.issuer}` };
  if (claims.aud !== expected.audience) {
    return { ok: false, code: 'WRONG_AUDIENCE', detail: `expected ${expected.audience}` };
  }
  const limits = { lifetimeSeconds: ACCESS_TOKEN_SECONDS, expSkewSeconds: 0 };
  const untimely = checkLifetime(claims, expected.nowMs, limits);
  if (untimely) return { ok: false, code: untimely, detail: 'iat and exp against this clock' };
  const scope = claims.scope.split(' ').filter(Boolean);
  const { sub: subject, client_id: clientId, jti } = claims;
  const signedBy = signed.kid;
  return { ok: true, subject, clientId, scope, jti, signedBy, expiresAtMs: claims.exp * 1000 };
}
