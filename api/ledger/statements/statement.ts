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

/** One kind of statement: who has its keys signs and verifies with it. */
export interface StatementKind<T extends string, C extends CommonClaims, E extends object, F extends string> {
  /** Sign claims as a compact JWS. Rejects with INTERNAL what no reader would take. */
  sign(this: void, claims: C, signer: Signer): Promise<string>;
  /**
   * Check signature, typ, shape, issuer and book, in this order, then what the kind checks itself. Nothing of the
   * statement may be used unless it is `ok`.
   */
  verify(
    this: void,
    token: string,
    expected: StatementExpectation & E,
  ): VerifiedStatement<T, C> | StatementFailure<StatementFailureCode | F>;
}

/** The claims of a kind. */
export type ClaimsOf<K> = K extends StatementKind<string, infer C, never, string> ? C : never;
/** A statement of a kind that was verified. */
export type VerifiedOf<K> =
  K extends StatementKind<infer T, infer C, never, string> ? VerifiedStatement<T, C> : never;

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

/** The kind with this `typ` and closed shape of claims; `check` looks at what holds for this kind alone. */
export function statementKind<
  T extends string,
  C extends CommonClaims,
  E extends object = object,
  F extends string = never,
>(
  typ: T,
  shape: z.ZodType<C>,
  check?: (claims: C, expected: E) => StatementFailure<F> | undefined,
): StatementKind<T, C, E, F> {
  return {
    async sign(claims, signer) {
      const parsed = shape.safeParse(claims);
      if (!parsed.success) throw new LotbookError('INTERNAL', `no ${typ}: ${placeOf(parsed.error)}`);
      return signCompact({ typ, claims: parsed.data, signer });
    },
    verify(token, expected) {
      const signed = verifyCompact(token, { typ, keys: expected.keys, maxLength: MAX_LENGTH });
      if (!signed.ok) return signed;
      const parsed = shape.safeParse(signed.claims);
      if (!parsed.success) return failure('BAD_CLAIMS', placeOf(parsed.error));
      const claims = parsed.data;
      if (claims.iss !== expected.issuer) return failure('WRONG_ISSUER', `expected ${expected.issuer}`);
      if (claims.book !== expected.book) return failure('WRONG_BOOK', `expected ${expected.book}`);
      return check?.(claims, expected) ?? { ok: true, typ, claims, kid: signed.kid, hash: tokenHash(token) };
    },
  };
}

export function failure<Code extends string>(code: Code, detail: string): StatementFailure<Code> {
  return { ok: false, code, detail };
}

function placeOf({ issues }: z.ZodError): string {
  return issues[0]?.path.map(String).join('.') || 'claims';
}
