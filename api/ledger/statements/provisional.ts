import { z } from 'zod';
import type { Signer } from '../../identity/signer.ts';
import { digest, issuedAt, length, text } from './shapes.ts';
import {
  signStatement,
  type StatementExpectation,
  type StatementFailure,
  type VerifiedStatement,
  verifyStatement,
} from './statement.ts';

export const PROVISIONAL_TYP = 'trace-provisional+jwt';

/**
 * A member of the authority finds nothing against a request by what it has, and cannot make it final alone. The request
 * may still be refused, or get another version number.
 */
const shape = z.strictObject({
  /** The member. */
  iss: text,
  book: text,
  /** Hash of the token of the request. */
  request: digest,
  /** Length and root of the log by which it was judged. */
  len: length,
  head: digest,
  iat: issuedAt,
});

const kind = { typ: PROVISIONAL_TYP, shape } as const;

export type ProvisionalClaims = z.infer<typeof shape>;
export type VerifiedProvisional = VerifiedStatement<typeof PROVISIONAL_TYP, ProvisionalClaims>;

/** The member signs. Rejects with INTERNAL what no reader would take. */
export function signProvisional(claims: ProvisionalClaims, signer: Signer): Promise<string> {
  return signStatement(kind, claims, signer);
}

/** Check a provisional answer; `issuer` is the member that was asked. */
export function verifyProvisional(
  token: string,
  expected: StatementExpectation,
): VerifiedProvisional | StatementFailure {
  return verifyStatement(kind, token, expected);
}
