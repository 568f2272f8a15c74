import { z } from 'zod';
import { digest, entryClaims, ordinal } from './shapes.ts';
import { type ClaimsOf, statementKind } from './statement.ts';

export const HEADS_TYP = 'trace-heads+jwt';
/** Under which its entries stand in the log; the version of each is its place there. */
export const HEADS_RECORD = 'urn:lotbook:heads';

/**
 * The holder states which token is the current one of every record: the root of the map of heads (ledger/heads/) over the
 * first entries of the log. As an entry it is covered by every later checkpoint, so that who knows one knows them all.
 */
const shape = z
  .strictObject({
    ...entryClaims,
    /** The entries that it covers: 1 to this one. */
    size: ordinal,
    /** Root of the map. */
    root: digest,
  })
  .refine(({ size, seq }) => size < seq, { path: ['size'] });

const kind = statementKind(HEADS_TYP, shape);

export type HeadsClaims = ClaimsOf<typeof kind>;

/** The holder signs. Rejects with INTERNAL what no reader would take. */
export const signHeads = kind.sign;

/** Check the statement; `issuer` is the holder of its term. Whether the root is right only who has the entries can tell. */
export const verifyHeads = kind.verify;
