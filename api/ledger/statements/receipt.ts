import { z } from 'zod';
import type { Signer } from '../../identity/signer.ts';
import { digest, issuedAt, length, ordinal, text } from './shapes.ts';
import {
  signStatement,
  type StatementExpectation,
  type StatementFailure,
  type VerifiedStatement,
  verifyStatement,
} from './statement.ts';

export const RECEIPT_TYP = 'trace-receipt+jwt';

/**
 * Another than the holder confirms the log up to a place. As a member: it has stored every entry, and no other at
 * any of their places. As the witness: it has countersigned this root, which continues the one before, and no other of this length.
 */
const shape = z.strictObject({
  iss: text,
  book: text,
  /** Number of the term. */
  n: ordinal,
  len: length,
  /** Root of the log of this length. */
  head: digest,
  iat: issuedAt,
  as: z.enum(['member', 'witness']),
});

const kind = { typ: RECEIPT_TYP, shape } as const;

export type ReceiptClaims = z.infer<typeof shape>;
export type VerifiedReceipt = VerifiedStatement<typeof RECEIPT_TYP, ReceiptClaims>;

/** A member signs after its durable commit, or the witness. Rejects with INTERNAL what no reader would take. */
export function signReceipt(claims: ReceiptClaims, signer: Signer): Promise<string> {
  return signStatement(kind, claims, signer);
}

/** Check a receipt; `issuer` is whoever it is expected from. Whether it is of the current term is decided elsewhere. */
export function verifyReceipt(
  token: string,
  expected: StatementExpectation,
): VerifiedReceipt | StatementFailure {
  return verifyStatement(kind, token, expected);
}
