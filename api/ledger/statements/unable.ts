import { z } from 'zod';
import { digest, issuedAt, ordinal, text } from './shapes.ts';
import { type ClaimsOf, failure, statementKind } from './statement.ts';

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

const kind = statementKind(UNABLE_TYP, shape, ({ aud }, expected: { readonly audience: string }) =>
  aud === expected.audience ? undefined : failure('WRONG_AUDIENCE', `expected ${expected.audience}`),
);

export type UnableClaims = ClaimsOf<typeof kind>;

/** The requester signs. Rejects with INTERNAL what no reader would take. */
export const signUnable = kind.sign;

/** Check a notice; `audience` is this node's organisation. Whether it is fresh is decided elsewhere. */
export const verifyUnable = kind.verify;
