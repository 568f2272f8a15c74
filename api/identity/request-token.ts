import { z } from 'zod';
import { DIGEST_PATTERN } from './base64url.ts';
import { type JwsFailureCode, type PinnedKeys, peekClaims, signCompact, verifyCompact } from './jws.ts';
import type { Signer } from './signer.ts';
import type { JsonValue } from './strict-json.ts';

/** An update request, signed by the requester's node. */
export const REQUEST_TYP = 'trace-request+jwt';
export const MAX_CHANGES = 1000;

export interface RequestedChange {
  readonly record: string;
  /** The record's kind, as in a change token. */
  readonly type: string;
  /** The version that the change is based on; 0 creates the record. Null, from the owner only: it need not be known. */
  readonly base: number | null;
  /** New values by field name; null unsets. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** The fencing token of the lock under which the record was edited. */
  readonly lock?: number | undefined;
}

/** Who asks within the requesting organisation. It counts only where that owns the book: then its own rules are for them. */
export interface Asker {
  /** Client id. */
  readonly client: string;
  readonly roles: readonly string[];
  /** Hash of the content as it was asked for: the key is the asker's own. */
  readonly content: string;
}

export interface RequestClaims {
  /** The requesting organisation. */
  readonly iss: string;
  /** The owner of the book: whichever node holds the right to approve takes the request. */
  readonly aud: string;
  readonly book: string;
  readonly jti: string;
  /** Seconds since 1970, to the millisecond. */
  readonly iat: number;
  /** The requester's idempotency key: one effect for each (iss, key), or (client, key) of the owner, for ever. */
  readonly key: string;
  readonly asker?: Asker | undefined;
  readonly changes: readonly RequestedChange[];
  readonly purpose?: string | undefined;
  readonly reason?: string | undefined;
}

const text = z.string().min(1).max(2048);
const claimsShape = z.strictObject({
  iss: text,
  aud: text,
  book: text,
  jti: text,
  iat: z.number().min(0).max(1e11),
  key: z.string().min(1).max(256),
  changes: z
    .array(
      z.strictObject({
        record: text,
        type: z.string().min(1).max(64),
        base: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
        fields: z.record(
          z.string().min(1).max(256),
          z.custom<JsonValue>((value) => value !== undefined),
        ),
        lock: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      }),
    )
    .min(1)
    .max(MAX_CHANGES),
  asker: z
    .strictObject({
      client: text,
      roles: z.array(z.string().min(1).max(64)).max(16),
      content: z.string().regex(DIGEST_PATTERN),
    })
    .optional(),
  purpose: text.optional(),
  reason: text.optional(),
});

export type RequestFailureCode =
  | JwsFailureCode
  | 'BAD_CLAIMS' // not the closed shape of a request; the detail names the place
  | 'WRONG_ISSUER' // not signed in the name of the organisation whose keys were used
  | 'WRONG_AUDIENCE'; // not for the owner of its book

/** Sign an update request. The caller has checked the business rules. */
export function signRequest(claims: RequestClaims, signer: Signer): Promise<string> {
  return signCompact({ typ: REQUEST_TYP, claims, signer });
}

/** Who a request says it is from, WITHOUT any check: to find the keys to check it with. */
export function claimedRequester(token: string): string | undefined {
  const iss = peekClaims(token)?.['iss'];
  return typeof iss === 'string' ? iss : undefined;
}

/** The organisation that a book belongs to: what is before the first `/` of its id. */
export function ownerOf(book: string): string {
  return book.slice(0, Math.max(0, book.indexOf('/')));
}

/** Check signature, address and structure of a request; whether it may be done is decided elsewhere. */
export function checkRequest(
  token: string,
  expected: { readonly keys: PinnedKeys; readonly issuer: string },
):
  { ok: true; claims: RequestClaims; kid: string } | { ok: false; code: RequestFailureCode; detail: string } {
  const signed = verifyCompact(token, { typ: REQUEST_TYP, keys: expected.keys });
  if (!signed.ok) return signed;
  const parsed = claimsShape.safeParse(signed.claims);
  if (!parsed.success)
    return { ok: false, code: 'BAD_CLAIMS', detail: placeOf(parsed.error.issues[0]?.path) };
  const claims = parsed.data;
  if (claims.iss !== expected.issuer)
    return { ok: false, code: 'WRONG_ISSUER', detail: `expected ${expected.issuer}` };
  if (claims.aud !== ownerOf(claims.book)) {
    return { ok: false, code: 'WRONG_AUDIENCE', detail: 'expected the owner of the book' };
  }
  return { ok: true, claims, kid: signed.kid };
}

function placeOf(path: readonly PropertyKey[] | undefined): string {
  return path?.length ? path.map(String).join('.') : 'claims';
}
