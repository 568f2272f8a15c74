import { z } from 'zod';
import { digest, issuedAt, length, text } from './shapes.ts';
import { type ClaimsOf, statementKind } from './statement.ts';

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

const kind = statementKind(PROVISIONAL_TYP, shape);

export type ProvisionalClaims = ClaimsOf<typeof kind>;

/** The member signs. Rejects with INTERNAL what no reader would take. */
export const signProvisional = kind.sign;

/** Check a provisional answer; `issuer` is the member that was asked. */
export const verifyProvisional = kind.verify;
