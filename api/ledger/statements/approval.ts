import { z } from 'zod';
import { digest, logClaims } from './shapes.ts';
import { type ClaimsOf, failure, statementKind, type VerifiedOf } from './statement.ts';

export const APPROVAL_TYP = 'trace-approval+jwt';

/**
 * The holder of the authority makes all entries up to a place final. The change tokens alone are proposals: with the
 * approval, the receipts that it names and the term they are approved.
 */
const shape = z.strictObject({
  ...logClaims,
  /** Hashes of the tokens of the receipts for this place: of the other member, of the witness, or of both. */
  receipts: z
    .array(digest)
    .max(2)
    .refine((receipts) => new Set(receipts).size === receipts.length),
});

const kind = statementKind(APPROVAL_TYP, shape, (claims, expected: { readonly registrar: string }) => {
  const { iss, receipts, len } = claims;
  if (receipts.length > 0 || iss === expected.registrar) return undefined;
  // One organisation alone approved it, and does not keep the register.
  return failure('NO_RECEIPT', `length ${len}`);
});

export type ApprovalClaims = ClaimsOf<typeof kind>;
export type VerifiedApproval = VerifiedOf<typeof kind>;

/** The holder signs, with the receipts in its hands. Rejects with INTERNAL what no reader would take. */
export const signApproval = kind.sign;

/**
 * Check an approval; `issuer` is the holder of the term, `registrar` who keeps the register in it: only where they are
 * one may receipts be missing. The receipts themselves are checked with `verifyReceipt`.
 */
export const verifyApproval = kind.verify;
