import { z } from 'zod';
import type { Signer } from '../../identity/signer.ts';
import { type ChainFailureCode, checkChain, type Link } from './chain.ts';
import { digest, issuedAt, length, ordinal, text } from './shapes.ts';
import {
  signStatement,
  type StatementExpectation,
  type StatementFailure,
  type StatementFailureCode,
  type VerifiedStatement,
  verifyStatement,
} from './statement.ts';

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

const kind = { typ: TERM_TYP, shape } as const;

export type TermClaims = z.infer<typeof shape>;
export type VerifiedTerm = VerifiedStatement<typeof TERM_TYP, TermClaims>;

/** The registrar signs. Rejects with INTERNAL what no reader would take. */
export function signTerm(claims: TermClaims, signer: Signer): Promise<string> {
  return signStatement(kind, claims, signer);
}

/** Check a term; `issuer` is the registrar of the term before, `previous` that term (null: there is none). */
export function verifyTerm(
  token: string,
  expected: StatementExpectation & { readonly previous?: Link | null | undefined },
): VerifiedTerm | StatementFailure<StatementFailureCode | ChainFailureCode> {
  const verified = verifyStatement(kind, token, expected);
  if (!verified.ok) return verified;
  const { n, prev } = verified.claims;
  return checkChain(n, prev, expected.previous) ?? verified;
}

/** By UTF-16 code units, without a repeat. */
function isSorted(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || (texts[i - 1] as string) < text);
}
