import { z } from 'zod';
import { digest, entryClaims, text } from './shapes.ts';
import { type ClaimsOf, statementKind, type VerifiedOf } from './statement.ts';

export const DECISION_TYP = 'trace-decision+jwt';

/**
 * The holder refused a request (by rule) or rejected it (a person did): an entry of the log like a change, so that after
 * a take-over the same request gets the same answer. It holds digests of the requester's own texts, for others see the log.
 */
const shape = z
  .strictObject({
    ...entryClaims,
    jti: text,
    /** The update request's id. */
    txn: text,
    requester: text,
    /** SHA-256 of the idempotency key. */
    key: digest,
    /** SHA-256 of the content of the request. */
    content: digest,
    state: z.enum(['REFUSED', 'REJECTED']),
    /** Error code of a refusal. Readers take codes that they do not know yet. */
    code: z
      .string()
      .regex(/^[A-Z][A-Z_]{0,63}$/)
      .optional(),
  })
  .refine(({ state, code }) => (state === 'REFUSED') === (code !== undefined), { path: ['code'] });

const kind = statementKind(DECISION_TYP, shape);

export type DecisionClaims = ClaimsOf<typeof kind>;
export type VerifiedDecision = VerifiedOf<typeof kind>;

/** The holder signs. Rejects with INTERNAL what no reader would take. */
export const signDecision = kind.sign;

/** Check a decision; `issuer` is the holder of its term. */
export const verifyDecision = kind.verify;
