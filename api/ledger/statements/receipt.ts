import { z } from 'zod';
import { logClaims } from './shapes.ts';
import { type ClaimsOf, statementKind, type VerifiedOf } from './statement.ts';

export const RECEIPT_TYP = 'trace-receipt+jwt';

/**
 * Another than the holder confirms the log up to a place. As a member: it has stored every entry, and no other at
 * any of their places. As the witness: it has countersigned this root, which continues the one before, and no other of this length.
 */
const shape = z.strictObject({
  ...logClaims,
  as: z.enum(['member', 'witness']),
});

const kind = statementKind(RECEIPT_TYP, shape);

export type ReceiptClaims = ClaimsOf<typeof kind>;
export type VerifiedReceipt = VerifiedOf<typeof kind>;

/** A member signs after its durable commit, or the witness. Rejects with INTERNAL what no reader would take. */
export const signReceipt = kind.sign;

/** Check a receipt; `issuer` is whoever it is expected from. Whether it is of the current term is decided elsewhere. */
export const verifyReceipt = kind.verify;
