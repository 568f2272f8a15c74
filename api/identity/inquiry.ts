import { z } from 'zod';
import { DIGEST_PATTERN } from './base64url.ts';
import { isPublicJwk, type PublicJwk, verificationKey } from './jwk.ts';
import { type JwsFailureCode, type PinnedKeys, peekClaims, signCompact, verifyCompact } from './jws.ts';
import { checkLifetime, CLOCK_SKEW_SECONDS, type LifetimeFailureCode } from './lifetime.ts';
import { sha256 } from './sha256.ts';
import type { Signer } from './signer.ts';

/** Who asks, for which case and purpose: signed once by the asking node, and carried unchanged from hop to hop. */
export const INQUIRY_TYP = 'trace-inquiry+jwt';
/** Who hands an inquiry to whom, asking what: signed anew at each hop over the statement before. */
export const HOP_TYP = 'trace-hop+jwt';

export const MOST_HOPS = 16;
export const MOST_SECONDS = 600;
/** A chain of firms may come by one of them again: it makes something of what it got back. More often is a loop. */
const MOST_TURNS = 2;
const MAX_LENGTH = 16 * 1024;

export interface InquiryClaims {
  /** The organisation that asks. */
  readonly iss: string;
  readonly jti: string;
  /** Seconds since 1970, to the millisecond. */
  readonly iat: number;
  readonly exp: number;
  readonly case: string;
  readonly purpose: string;
  /** So many hops at most. */
  readonly hops: number;
}

export interface HopClaims {
  /** Who hands the inquiry on: the asking organisation itself first. */
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  /** 1 from the asking organisation. */
  readonly n: number;
  /** SHA-256 of the statement before: the inquiry, or the hop before. */
  readonly prev: string;
  /** SHA-256 of what is asked, as text. */
  readonly asked: string;
  /** How long the one before waits for the answer. */
  readonly withinMs: number;
  /** From the second hop on: by which key the one before is known here, for those who do not know it. */
  readonly vouches?: { readonly organisation: string; readonly jwk: PublicJwk } | undefined;
}

const text = z.string().min(1).max(300);
const digest = z.string().regex(DIGEST_PATTERN);
const seconds = z.number().min(0).max(1e11);

/** Shown on terminals and in logs: no control characters. */
export const CASE = /^[^\p{Cc}\p{Surrogate}]{1,200}$/u;
export const PURPOSE = /^[a-z][a-z0-9-]{0,62}$/;

const inquiryShape = z.strictObject({
  iss: text,
  jti: text,
  iat: seconds,
  exp: seconds,
  case: z.string().regex(CASE),
  purpose: z.string().regex(PURPOSE),
  hops: z.number().int().min(1).max(MOST_HOPS),
});
const hopShape = z.strictObject({
  iss: text,
  aud: text,
  iat: seconds,
  n: z.number().int().min(1).max(MOST_HOPS),
  prev: digest,
  asked: digest,
  withinMs: z
    .number()
    .int()
    .min(1)
    .max(MOST_SECONDS * 1000),
  vouches: z.strictObject({ organisation: text, jwk: z.custom<PublicJwk>(isPublicJwk) }).optional(),
});

export type InquiryFailureCode =
  | JwsFailureCode
  | LifetimeFailureCode
  | 'BAD_CLAIMS' // not the closed shape of its kind
  | 'WRONG_ISSUER' // not signed in the name of whose turn it is
  | 'WRONG_AUDIENCE' // handed to somebody else
  | 'WRONG_CONTENT' // what is asked is not what was signed
  | 'BROKEN_CHAIN' // does not continue the statement before
  | 'LOOP' // came by one organisation too often, or back to who asks
  | 'TOO_FAR'; // more hops than the inquiry allows

export interface InquiryFailure {
  readonly ok: false;
  readonly code: InquiryFailureCode;
  readonly detail: string;
}

/** An inquiry as it came: the statement of who asks, and one of each who handed it on, in order. */
export interface Carried {
  readonly inquiry: string;
  readonly hops: readonly string[];
}

export interface VerifiedInquiry {
  readonly ok: true;
  readonly claims: InquiryClaims;
  /** Who asks, then who handed it on, the caller last. */
  readonly path: readonly string[];
  readonly withinMs: number;
  readonly hopsLeft: number;
}

export function signInquiry(claims: InquiryClaims, signer: Signer): Promise<string> {
  return signCompact({ typ: INQUIRY_TYP, claims: inquiryShape.parse(claims), signer });
}

export function signHop(claims: HopClaims, signer: Signer): Promise<string> {
  return signCompact({ typ: HOP_TYP, claims: hopShape.parse(claims), signer });
}

/** Who says that they signed, WITHOUT any check: to find the keys to check it with. */
export function claimedSigners({ inquiry, hops }: Carried): string[] {
  const issuers = [inquiry, ...hops].map((token) => peekClaims(token)?.['iss']);
  return [...new Set(issuers.filter((iss) => typeof iss === 'string'))];
}

/**
 * Checks an inquiry from its last hop, whose signer is the caller, back to who asks. An organisation that is known here
 * counts by its own keys; another one by the key that the next in the chain vouches for. That gives nobody anything: what
 * is answered is what each in the chain may have, the caller too.
 *
 * @param expected.keysOf of an organisation that is not known here: empty
 */
export function verifyInquiry(
  { inquiry, hops }: Carried,
  expected: {
    readonly asked: string;
    readonly self: string;
    readonly caller: string;
    readonly nowMs: number;
    keysOf(organisation: string): PinnedKeys;
  },
): VerifiedInquiry | InquiryFailure {
  if (hops.length < 1 || hops.length > MOST_HOPS) return failure('TOO_FAR', `${hops.length} hops`);
  let [issuer, audience] = [expected.caller, expected.self];
  let keys = expected.keysOf(issuer);
  const path: string[] = [];
  let last: HopClaims | undefined;
  for (let at = hops.length - 1; at >= 0; at -= 1) {
    const before = hops[at - 1] ?? inquiry;
    const read = readSigned(hops[at] ?? '', HOP_TYP, hopShape, { keys, issuer });
    if (!read.ok) return read;
    const { claims } = read;
    if (claims.aud !== audience) return failure('WRONG_AUDIENCE', `hop ${at + 1}`);
    if (claims.n !== at + 1 || claims.prev !== sha256(before))
      return failure('BROKEN_CHAIN', `hop ${at + 1}`);
    last ??= claims;
    path.unshift(issuer);
    if (at === 0) break;
    const { vouches } = claims;
    if (!vouches) return failure('BROKEN_CHAIN', `hop ${at + 1} vouches for nobody`);
    audience = issuer;
    issuer = vouches.organisation;
    const known = expected.keysOf(issuer);
    const key = verificationKey(vouches.jwk);
    keys = known.size > 0 ? known : new Map([[key.kid, key]]);
  }
  const first = readSigned(inquiry, INQUIRY_TYP, inquiryShape, { keys, issuer });
  if (!first.ok) return first;
  const { claims } = first;
  const wrong = checkLifetime(claims, expected.nowMs, {
    lifetimeSeconds: MOST_SECONDS,
    expSkewSeconds: CLOCK_SKEW_SECONDS,
  });
  if (wrong) return failure(wrong, 'the inquiry');
  if (hops.length > claims.hops) return failure('TOO_FAR', `${hops.length} hops of ${claims.hops}`);
  if (last?.asked !== sha256(expected.asked)) return failure('WRONG_CONTENT', 'what is asked');
  const isLoop = claims.iss === expected.self || path.some((each) => turnsOf(each, path) > MOST_TURNS);
  if (isLoop || turnsOf(expected.self, path) >= MOST_TURNS) return failure('LOOP', path.join(' '));
  return { ok: true, claims, path, withinMs: last.withinMs, hopsLeft: claims.hops - hops.length };
}

function turnsOf(organisation: string, path: readonly string[]): number {
  return path.filter((each) => each === organisation).length;
}

function readSigned<C extends { iss: string }>(
  token: string,
  typ: string,
  shape: z.ZodType<C>,
  { keys, issuer }: { keys: PinnedKeys; issuer: string },
): { ok: true; claims: C } | InquiryFailure {
  const signed = verifyCompact(token, { typ, keys, maxLength: MAX_LENGTH });
  if (!signed.ok) return signed;
  const parsed = shape.safeParse(signed.claims);
  if (!parsed.success) return failure('BAD_CLAIMS', parsed.error.issues[0]?.path.join('.') || typ);
  if (parsed.data.iss !== issuer) return failure('WRONG_ISSUER', `expected ${issuer}`);
  return { ok: true, claims: parsed.data };
}

function failure(code: InquiryFailureCode, detail: string): InquiryFailure {
  return { ok: false, code, detail };
}
