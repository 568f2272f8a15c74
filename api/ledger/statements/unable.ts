import { z } from 'zod';
import type { Signer } from '../../identity/signer.ts';
import { digest, issuedAt, ordinal, text } from './shapes.ts';
import {
  failure,
  signStatement,
  type StatementExpectation,
  type StatementFailure,
  type StatementFailureCode,
  type VerifiedStatement,
  verifyStatement,
} from './statement.ts';

export const UNABLE_TYP = 'trace-unable+jwt';

/**
 * A requester tells a member that the holder does not answer its request. Alone it moves nothing: the member must have
 * missed the holder itself.
 */
const shape = z
  .strictObject({
    /** The requester. */
    iss: text,
    /** The member that it turns to. */
    aud: text,
    book: text,
    /** The organisation that is unable. */
    about: text,
    /** Number of the term that the requester knows. */
    n: ordinal,
    /** Hash of the token of the request that is not answered. */
    request: digest,
    iat: issuedAt,
    jti: text,
  })
  .refine(({ aud, about }) => aud !== about, { path: ['about'] });

const kind = { typ: UNABLE_TYP, shape } as const;

export type UnableClaims = z.infer<typeof shape>;
export type VerifiedUnable = VerifiedStatement<typeof UNABLE_TYP, UnableClaims>;

export type UnableFailureCode = StatementFailureCode | 'WRONG_AUDIENCE'; // meant for another member

/** The requester signs. Rejects with INTERNAL what no reader would take. */
export function signUnable(claims: UnableClaims, signer: Signer): Promise<string> {
  return signStatement(kind, claims, signer);
}

/** Check a notice; `audience` is this node's organisation. Whether it is fresh is decided elsewhere. */
export function verifyUnable(
  token: string,
  expected: StatementExpectation & { readonly audience: string },
): VerifiedUnable | StatementFailure<UnableFailureCode> {
  const verified = verifyStatement(kind, token, expected);
  if (!verified.ok) return verified;
  if (verified.claims.aud !== expected.audience)
    return failure('WRONG_AUDIENCE', `expected ${expected.audience}`);
  return verified;
}
