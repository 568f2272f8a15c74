import { z } from 'zod';
import { checkChain, type Continued } from './chain.ts';
import { digest, issuedAt, length, ordinal, text } from './shapes.ts';
import { type ClaimsOf, statementKind, type VerifiedOf } from './statement.ts';

export const TERM_TYP = 'trace-term+jwt';

/** Why a term began. */
export const TERM_REASONS = [
  'appoint', // the first of a book
  'drop', // the holder goes on without the other member
  'add', // the other member is in sync again
  'hand-over', // the holder gives the right to the other member
  'take-over', // the other member takes it, the holder being unable
  'resign', // a member that was restored from an older copy steps back
  'resume', // such a member goes on as the only copy
  'mandate', // the owner named others
] as const;
export type TermReason = (typeof TERM_REASONS)[number];

/**
 * The registrar of a book records who holds its authority from now on. Terms are numbered without a repeat: whoever has
 * seen term n takes no order of a lower one.
 */
const shape = z
  .strictObject({
    /** The registrar of the term before; of the first, its own. */
    iss: text,
    book: text,
    /** Number of the term in the book. */
    n: ordinal,
    /** Number of the mandate under which it was made. */
    m: ordinal,
    /** Hash of the token of term n - 1; absent in the first. */
    prev: digest.optional(),
    iat: issuedAt,
    /** The organisation that may approve. */
    holder: text,
    /** The members whose logs are complete, sorted; the holder is one of them. */
    insync: z.array(text).min(1).max(2),
    /** The organisation that keeps the register from now on and makes the next term; only a mandate names another one. */
    registrar: text,
    /** Length and root of the log that the registrar had countersigned when the term began. */
    len: length,
    head: digest,
    why: z.enum(TERM_REASONS),
    /** The operator who confirmed a take-over that does not come about by itself. */
    confirmedBy: text.optional(),
  })
  .refine(({ n, prev }) => n > 1 || prev === undefined, { path: ['prev'] })
  .refine(({ iss, registrar, why }) => iss === registrar || why === 'mandate', { path: ['registrar'] })
  .refine(({ insync, holder }) => insync.includes(holder) && isSorted(insync), { path: ['insync'] })
  .refine(({ why, confirmedBy }) => why === 'take-over' || confirmedBy === undefined, {
    path: ['confirmedBy'],
  });

const kind = statementKind(TERM_TYP, shape, ({ n, prev }, { previous }: Continued) =>
  checkChain(n, prev, previous),
);

export type TermClaims = ClaimsOf<typeof kind>;
export type VerifiedTerm = VerifiedOf<typeof kind>;

/** The registrar signs. Rejects with INTERNAL what no reader would take. */
export const signTerm = kind.sign;

/** Check a term; `issuer` is the registrar of the term before, `previous` that term (null: there is none). */
export const verifyTerm = kind.verify;

/** By UTF-16 code units, without a repeat. */
function isSorted(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || (texts[i - 1] as string) < text);
}
