import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { checkChain, type Continued } from './chain.ts';
import { isFrontier } from '../tree.ts';
import { digest, durationMs, issuedAt, length, type Member, member, ordinal, text } from './shapes.ts';
import { type ClaimsOf, statementKind, type VerifiedOf } from './statement.ts';

export const MANDATE_TYP = 'trace-mandate+jwt';

/** The owner of a book names who may hold its authority, who keeps its term register, and by which rules. */
const shape = z
  .strictObject({
    iss: text,
    book: text,
    /** Number of the mandate in the book. */
    m: ordinal,
    /** Hash of the token of mandate m - 1; absent in the first. */
    prev: digest.optional(),
    iat: issuedAt,
    primary: member,
    /** Takes over while the primary is unable. Null: nobody does. */
    backup: member.nullable(),
    /** Keeps the term register and sees hashes only; may be the backup's node too. Null: the primary keeps the register. */
    witness: member.nullable(),
    /** `strict`: nothing is approved by one organisation alone. `available`: without a quorum answers are provisional. */
    mode: z.enum(['strict', 'available']),
    leaseMs: durationMs,
    /** By which part the clocks of the nodes may run at different speeds. */
    drift: z.number().min(0).max(0.2),
    /** How long the backup must not have heard the holder before it takes over. */
    takeoverMs: durationMs,
    /** How a recovered primary gets the right back. */
    handBack: z.enum(['auto', 'manual']),
    /** The first term that this mandate can make. */
    term: ordinal,
    /**
     * The owner accepts that approved changes which no remaining member holds are lost: the log goes on behind its first `len`
     * entries, whose Merkle frontier is `nodes`; what any node has behind them from earlier terms is void.
     */
    acceptLoss: z
      .strictObject({ len: length, nodes: z.array(digest) })
      .refine(({ len, nodes }) => isFrontier({ length: len, nodes }), { path: ['nodes'] })
      .optional(),
  })
  .refine(({ m, prev }) => (m === 1) === (prev === undefined), { path: ['prev'] })
  .refine(({ primary, backup }) => backup?.organisation !== primary.organisation, { path: ['backup'] })
  .refine(({ primary, witness }) => witness?.organisation !== primary.organisation, { path: ['witness'] })
  .refine(({ backup, witness }) => isOneMember(backup, witness), { path: ['witness'] });

const kind = statementKind(MANDATE_TYP, shape, ({ m, prev }, { previous }: Continued) =>
  checkChain(m, prev, previous),
);

export type MandateClaims = ClaimsOf<typeof kind>;
export type VerifiedMandate = VerifiedOf<typeof kind>;

/** The owner signs. Rejects with INTERNAL what no reader would take. */
export const signMandate = kind.sign;

/** Check a mandate; `issuer` is the owner of the book, `previous` the mandate before (null: there is none). */
export const verifyMandate = kind.verify;

/** Where backup and witness are one organisation, they are one node with one key. */
function isOneMember(backup: Member | null, witness: Member | null): boolean {
  return backup?.organisation !== witness?.organisation || isDeepStrictEqual(backup, witness);
}
