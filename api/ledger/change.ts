import { z } from 'zod';
import { decodeBase64url, DIGEST_PATTERN } from '../identity/base64url.ts';
import { sha256 } from '../identity/sha256.ts';
import { LotbookError } from '../errors.ts';
import { decodeSlotSalt, MAX_SLOTS, MIN_SLOTS } from './slots.ts';

export const RECORD_KINDS = [
  'EVENT',
  'LOT',
  'PRODUCT',
  'LOCATION',
  'PARTY',
  'NOTE',
  'GRANT',
  // The file of a case, and its notices.
  'CASE',
  'CASE_LINE',
  'SUSPECT',
  'TASK',
  'CASE_DECISION',
  'NOTICE',
  'REPLY',
  'CHECK',
  'EMERGENCY',
  'LOCK',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Entries of the log that change no record: who may write and with which keys, what was refused, and which token of each record is current. */
export const LOG_KINDS = ['MANDATE', 'TERM', 'DECISION', 'HEADS', 'KEY'] as const;
export type LogKind = (typeof LOG_KINDS)[number];
export type EntryKind = RecordKind | LogKind;

export function isRecordKind(kind: EntryKind): kind is RecordKind {
  return (RECORD_KINDS as readonly EntryKind[]).includes(kind);
}

export const CHANGE_TYP = 'trace-change+sd-jwt';
export const GRANT_TYP = 'trace-grant+sd-jwt';

/** The `typ` under which changes to records of this kind are signed. */
export function typOf(kind: RecordKind): typeof CHANGE_TYP | typeof GRANT_TYP {
  return kind === 'GRANT' ? GRANT_TYP : CHANGE_TYP;
}

export const MAX_TEXT_LENGTH = 2048;
const text = z.string().min(1).max(MAX_TEXT_LENGTH);
const digest = z.string().regex(DIGEST_PATTERN);
const count = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const isPowerOfTwo = (n: number) => (n & (n - 1)) === 0;

/** The claims of a change token. Closed: an unknown claim could mean something to another reader. */
export const changeClaims = z.strictObject({
  iss: text,
  book: text,
  sub: text,
  kind: z.enum(RECORD_KINDS),
  /** Seconds since 1970, to the millisecond. */
  iat: z.number().min(0).max(1e11),
  jti: text,
  txn: text,
  ver: count,
  seq: count,
  prev: digest.optional(),
  term: count,
  mandate: digest.optional(),
  _sd_alg: z.literal('sha-256'),
  slot_salt: z.string().refine((salt) => decodeSlotSalt(salt) !== undefined),
  fields: z
    .array(z.strictObject({ '...': digest }))
    .min(MIN_SLOTS)
    .max(MAX_SLOTS)
    .refine((fields) => isPowerOfTwo(fields.length)),
});

export type ChangeClaims = z.infer<typeof changeClaims>;

/** Base64url SHA-256 of a compact JWS: what the next version's `prev` names. */
export function tokenHash(token: string): string {
  return sha256(token);
}

/** The claims of an own stored token, WITHOUT verification. Throws when the text is none. */
export function readChange(token: string): ChangeClaims {
  const start = token.indexOf('.') + 1;
  const payload = decodeBase64url(token.slice(start, token.indexOf('.', start)));
  try {
    const claims = JSON.parse(payload?.toString('utf8') ?? '') as ChangeClaims;
    if (Array.isArray(claims.fields) && typeof claims.slot_salt === 'string') return claims;
  } catch {
    // Falls through to the one error.
  }
  throw new LotbookError('INTERNAL', 'the stored text is no change token');
}
