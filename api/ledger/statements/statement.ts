import type { z } from 'zod';
import { type JwsFailureCode, type PinnedKeys, signCompact, verifyCompact } from '../../identity/jws.ts';
import type { Signer } from '../../identity/signer.ts';
import { LotbookError } from '../../errors.ts';
import { tokenHash } from '../change.ts';

/** What every statement about the authority of a book says. */
export interface CommonClaims {
  /** The organisation that signs. */
  readonly iss: string;
  readonly book: string;
}

/** One kind of statement: its `typ` and the closed shape of its claims. */
export interface StatementKind<T extends string, C extends CommonClaims> {
  readonly typ: T;
  readonly shape: z.ZodType<C>;
}

export type StatementFailureCode =
  | JwsFailureCode
  | 'BAD_CLAIMS' // signed, but not the closed shape of its kind; the detail names the place
  | 'WRONG_ISSUER' // not signed in the name of the organisation whose keys were used
  | 'WRONG_BOOK';

export interface StatementFailure<Code extends string = StatementFailureCode> {
  readonly ok: false;
  readonly code: Code;
  readonly detail: string;
}

export interface VerifiedStatement<T extends string, C extends CommonClaims> {
  readonly ok: true;
  readonly typ: T;
  readonly claims: C;
  /** The `kid` that signed. */
  readonly kid: string;
  /** `tokenHash` of the token: what other statements name it by. */
  readonly hash: string;
}

export interface StatementExpectation {
  /** The keys that may sign for this issuer. */
  readonly keys: PinnedKeys;
  readonly issuer: string;
  readonly book: string;
}

/** The largest, a mandate with three members, stays far below. */
const MAX_LENGTH = 32 * 1024;

/** Sign claims as a compact JWS. Rejects with INTERNAL what no reader would take. */
export async function signStatement<T extends string, C extends CommonClaims>(
  { typ, shape }: StatementKind<T, C>,
  claims: C,
  signer: Signer,
): Promise<string> {
  const parsed = shape.safeParse(claims);
  if (!parsed.success) throw new LotbookError('INTERNAL', `no ${typ}: ${placeOf(parsed.error)}`);
  return signCompact({ typ, claims: parsed.data, signer });
}

/** Check signature, typ, shape, issuer and book, in this order. Nothing of the statement may be used unless it is `ok`. */
export function verifyStatement<T extends string, C extends CommonClaims>(
  { typ, shape }: StatementKind<T, C>,
  token: string,
  expected: StatementExpectation,
): VerifiedStatement<T, C> | StatementFailure {
  const signed = verifyCompact(token, { typ, keys: expected.keys, maxLength: MAX_LENGTH });
  if (!signed.ok) return signed;
  const parsed = shape.safeParse(signed.claims);
  if (!parsed.success) return failure('BAD_CLAIMS', placeOf(parsed.error));
  const claims = parsed.data;
  if (claims.iss !== expected.issuer) return failure('WRONG_ISSUER', `expected ${expected.issuer}`);
  if (claims.book !== expected.book) return failure('WRONG_BOOK', `expected ${expected.book}`);
  return { ok: true, typ, claims, kid: signed.kid, hash: tokenHash(token) };
}

export function failure<Code extends string>(code: Code, detail: string): StatementFailure<Code> {
  return { ok: false, code, detail };
}

function placeOf({ issues }: z.ZodError): string {
  return issues[0]?.path.map(String).join('.') || 'claims';
}
