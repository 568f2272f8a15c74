import { z } from 'zod';
import { deriveLinks } from '../events/links.ts';
import type { Fields } from '../events/fields.ts';
import { peekClaims } from '../identity/jws.ts';
import { isRecordKind, LOG_KINDS, RECORD_KINDS, tokenHash, type EntryKind } from '../ledger/change.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { DecidedRequest, NewEntry } from '../store/commit.ts';

/**
 * What a frame holds, as text: it is stored so until it is final, and sent so to the other member. What can be derived from
 * an entry (its links, its event time, when it was approved, the hash of its token) is not in it: each member derives it for
 * itself. `at` is when the group was made.
 */
export interface Body {
  at: Date;
  entries: NewEntry[];
  requests: DecidedRequest[];
}

const text = z.string().max(1_000_000);
const ordinal = z.number().int().min(1).max(2_147_483_647);
const kinds: readonly EntryKind[] = [...RECORD_KINDS, ...LOG_KINDS];

const entryShape = z.tuple([
  z.enum(kinds as [EntryKind, ...EntryKind[]]),
  text, // record
  ordinal, // version
  ordinal, // firstSeq
  text, // token
  text.nullable(), // state
  z.guid(), // request
  z.string().length(44).nullable(), // key of the record, base64
]);
const instant = z.iso.datetime().transform((at) => new Date(at));
const requestShape = z.strictObject({
  id: z.guid(),
  requester: text,
  key: text,
  contentHash: text,
  state: z.enum(['APPROVED', 'REFUSED', 'REJECTED']),
  changes: text.nullable(),
  outcome: text.nullable(),
  code: text.nullable(),
  message: text.nullable(),
  place: text.nullable(),
  currentVersion: z.number().int().nullable(),
  reason: text.nullable(),
  createdAt: instant,
  decidedAt: instant.nullable(),
  decidedBy: text.nullable(),
  token: text.nullable(),
});
const bodyShape = z.strictObject({
  at: instant,
  entries: z.array(entryShape).min(1),
  requests: z.array(requestShape),
});

export function encodeBody({ at, entries, requests }: Body): string {
  return JSON.stringify({
    at,
    entries: entries.map(({ kind, record, version, firstSeq, token, state, request, recordKey }) => [
      kind,
      record,
      version,
      firstSeq,
      token,
      state,
      request,
      recordKey?.toString('base64') ?? null,
    ]),
    requests,
  });
}

/** Reads a body whose first entry follows `after`. Throws where it is not in the form that was agreed. */
export function decodeBody(body: string, after: number): Body {
  const { at, entries, requests } = bodyShape.parse(JSON.parse(body));
  return { at, entries: entries.map((entry, index) => entryOf(entry, after + 1 + index)), requests };
}

/** When a token was signed: an entry was approved then, as every member says. */
export function signedAt(token: string): Date {
  return new Date(Math.round(Number(peekClaims(token)?.['iat']) * 1000));
}

function entryOf(
  [kind, record, version, firstSeq, token, state, request, key]: z.infer<typeof entryShape>,
  seq: number,
): NewEntry {
  const fields = key === null ? null : (JSON.parse(state ?? '{}') as Fields);
  const isRecord = fields !== null && isRecordKind(kind);
  const time = isRecord ? attributesOf(kind, record, fields).time : null;
  return {
    seq,
    kind,
    record,
    version,
    firstSeq,
    token,
    hash: tokenHash(token),
    state,
    request,
    recordKey: key === null ? null : Buffer.from(key, 'base64'),
    eventTime: time === null ? null : new Date(time),
    links: isRecord && kind !== 'GRANT' && kind !== 'LOCK' ? deriveLinks(fields) : [],
    at: signedAt(token),
  };
}
