import { z } from 'zod';
import { DIGEST_PATTERN } from '../identity/base64url.ts';

/**
 * What members and registrar of a book send one another: an envelope of messages to `POST /authority`, answered by another one.
 * Who sends is known by the access token. Of statements, each side sends those that the other one does not know yet.
 */

const ordinal = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const len = z.number().int().min(0).max(2_147_483_647);
const digest = z.string().regex(DIGEST_PATTERN);
const token = z.string().min(1).max(40_000);
const keyToken = z.string().min(1).max(200_000);
const moment = z.number().min(-1e15).max(1e15);

export const head = z.object({ len, head: digest });

const proposal = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('drop') }),
  z.object({ kind: z.literal('add'), has: head }),
  z.object({ kind: z.literal('hand-over') }),
  z.object({ kind: z.literal('take-over'), has: head }),
  z.object({ kind: z.literal('resign') }),
  z.object({ kind: z.literal('resume'), has: head }),
]);

const message = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('append'),
    n: ordinal,
    prev: head,
    frames: z.array(z.object({ to: head, n: ordinal, body: z.string() })).max(10_000),
    final: head,
    /** The holder's approval that covers `final`, and the receipt on which it rests. */
    approval: token.nullable(),
    receipt: token.nullable(),
  }),
  z.object({ type: z.literal('receipt'), n: ordinal, at: head, token }),
  z.object({ type: z.literal('missing'), n: ordinal, end: head, final: head }),
  z.object({ type: z.literal('renew'), n: ordinal, at: moment }),
  z.object({ type: z.literal('ask'), at: moment }),
  z.object({
    type: z.literal('countersign'),
    n: ordinal,
    from: head,
    to: head,
    all: z.boolean(),
    /** Token hashes of the entries from `from` to `to`. */
    leaves: z.array(digest).max(100_000),
  }),
  z.object({ type: z.literal('propose'), n: ordinal, proposal }),
  z.object({ type: z.literal('lease'), n: ordinal, at: moment }),
  z.object({ type: z.literal('countersigned'), n: ordinal, at: head, token }),
  z.object({ type: z.literal('standing'), n: ordinal, head, askedAt: moment.nullable() }),
  z.object({ type: z.literal('term'), n: ordinal }),
]);

/** What a member needs to hold the book: sent once it says that it does not. */
const seat = z.object({
  title: z.string().min(1).max(200),
  slotKey: z.string().length(44),
  createdAt: z.iso.datetime(),
});

export const envelope = z.object({
  book: z.string().min(1).max(500),
  /** The mandate and the term up to which the sender has all. */
  knows: z.object({ m: len, n: len, keys: z.record(z.string().max(300), len).default({}) }),
  /** How many statements of its own key log the other one has told the sender. */
  heard: len.default(0),
  /** Key logs of those who sign in the book, where the other one lacks statements of them. */
  keyLogs: z
    .array(z.object({ organisation: z.string().max(300), statements: z.array(keyToken).max(10_000) }))
    .max(100)
    .default([]),
  mandates: z.array(token).max(1_000).default([]),
  terms: z.array(token).max(10_000).default([]),
  messages: z.array(message).max(1_000).default([]),
  /** The sender is named as a member and does not hold the book yet. */
  needsSeat: z.boolean().default(false),
  seat: seat.optional(),
  /** To a registrar: begin, or stop, to keep the register; with the frontier of the log that it goes on from. */
  register: z.object({ frontier: z.array(digest).max(64), len }).optional(),
  /** The owner's partners, for the backup. */
  introductions: z.array(z.unknown()).max(10_000).optional(),
});

export type Envelope = z.infer<typeof envelope>;
export type EnvelopeInput = z.input<typeof envelope>;
export type WireMessage = z.infer<typeof message>;
export type WireFrame = Extract<WireMessage, { type: 'append' }>['frames'][number];
