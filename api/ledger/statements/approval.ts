import { z } from 'zod';
import type { Signer } from '../../identity/signer.ts';
import { digest, issuedAt, length, ordinal, text } from './shapes.ts';
import {
  failure,
  signStatement,
  type StatementExpectation,
  type StatementFailure,
  type StatementFailureCode,
  type VerifiedStatement,
  verifyStatement,
} from './statement.ts';

export const APPROVAL_TYP = 'trace-approval+jwt';

/**
 * The holder of the authority makes all entries up to a place final. The change tokens alone are proposals: with the
 * approval, the receipts that it names and the term they are approved.
 */
const shape = z.strictObject({
  /** The holder. */
  iss: text,
  book: text,
  /** Number of the term. */
  n: ordinal,
  len: length,
  /** Root of the log of this length. */
  head: digest,
  iat: issuedAt,
  /** Hashes of the tokens of the receipts for this place: of the other member, of the witness, or of both. */
  receipts: z
    .array(digest)
    .max(2)
    .refine((receipts) => new Set(receipts).size === receipts.length),
});

const kind = { typ: APPROVAL_TYP, shape } as const;

export type ApprovalClaims = z.infer<typeof shape>;
export type VerifiedApproval = VerifiedStatement<typeof APPROVAL_TYP, ApprovalClaims>;

export type ApprovalFailureCode = StatementFailureCode | 'NO_RECEIPT'; // approved by one organisation alone, which does not keep the register

/** The holder signs, with the receipts in its hands. Rejects with INTERNAL what no reader would take. */
export function signApproval(claims: ApprovalClaims, signer: Signer): Promise<string> {
  return signStatement(kind, claims, signer);
}

/**
 * Check an approval; `issuer` is the holder of the term, `registrar` who keeps the register in it: only where they are
 * one may receipts be missing. The receipts themselves are checked with `verifyReceipt`.
 */
export function verifyApproval(
  token: string,
  expected: StatementExpectation & { readonly registrar: string },
): VerifiedApproval | StatementFailure<ApprovalFailureCode> {
  const verified = verifyStatement(kind, token, expected);
  if (!verified.ok) return verified;
  const { iss, receipts, len } = verified.claims;
  if (receipts.length === 0 && iss !== expected.registrar) return failure('NO_RECEIPT', `length ${len}`);
  return verified;
}
