import { z } from 'zod';
import { DIGEST_PATTERN } from '../../identity/base64url.ts';
import { isPublicJwk, type PublicJwk } from '../../identity/jwk.ts';
import { MAX_TEXT_LENGTH } from '../change.ts';

/** Organisation ids, book ids, request ids: compared with what is expected, never taken apart. */
export const text = z.string().min(1).max(MAX_TEXT_LENGTH);
/** Base64url SHA-256. */
export const digest = z.string().regex(DIGEST_PATTERN);
/** A number that counts from 1: of a mandate, a term, an entry. */
export const ordinal = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
/** Entries of a log; it may be empty. */
export const length = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Seconds since 1970, to the millisecond. */
export const issuedAt = z.number().min(0).max(1e11);
/** Up to a day. */
export const durationMs = z.number().int().min(1).max(86_400_000);

/** What the holder claims in every entry of a log that it signs and that is no change. */
export const entryClaims = {
  /** The holder. */
  iss: text,
  book: text,
  /** Place in the log, shared with changes. */
  seq: ordinal,
  term: ordinal,
  /** Hash of the token of the mandate. */
  mandate: digest.optional(),
  iat: issuedAt,
};

/** What is claimed of the log up to a place, in a term. */
export const logClaims = {
  iss: text,
  book: text,
  /** Number of the term. */
  n: ordinal,
  len: length,
  /** Root of the log of this length. */
  head: digest,
  iat: issuedAt,
};

/** An organisation with a part in the authority of a book, and how to know and reach its node. */
export const member = z.strictObject({
  organisation: text,
  // Shown on terminals: no control characters.
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u),
  url: z
    .string()
    .max(MAX_TEXT_LENGTH)
    .refine((url) => /^https?:\/\//.test(url) && URL.canParse(url) && !url.endsWith('/')),
  /** The node's public key, without any other member. */
  jwk: z.custom<PublicJwk>(isPublicJwk),
});

export type Member = z.infer<typeof member>;
