import { z } from 'zod';
import { MAX_SEQ } from '../../store/entries.ts';
import { SHAPES } from '../../ledger/export/lines.ts';

/** What nodes say to one another in an inquiry. Nothing of it is believed before it is verified: see received.ts. */

const text = z.string().min(1).max(2048);
const token = z
  .string()
  .min(5)
  .max(512 * 1024);
const ordinal = z.number().int().min(1).max(MAX_SEQ);

export const MOST_ASKED = 10_000;
export const MOST_EVENTS = 1_000_000;
export const MOST_DEPTH = 1_000;

const asked = z.object({ thing: text, direction: z.enum(['BACK', 'FORWARD']) });
const list = z.array(asked).max(MOST_ASKED);
const ms = z.number().int().min(-8.64e15).max(8.64e15).nullable();

/** What is asked, as the text whose digest is in the hop. */
export const askShape = z.strictObject({
  things: z.array(asked.strict()).min(1).max(MOST_ASKED),
  depth: z.number().int().min(0).max(MOST_DEPTH),
  from: ms,
  until: ms,
  most: z.number().int().min(1).max(MOST_EVENTS),
});
export type Ask = z.infer<typeof askShape>;

/** By what the records of a book are verified. */
const bookShape = z.object({
  book: text,
  keys: z.array(SHAPES.keys).max(100),
  mandates: z.array(token).max(10_000),
  terms: z.array(token).max(10_000),
  keyEntries: z.array(z.object({ organisation: text, nr: ordinal, seq: ordinal, token })).max(10_000),
});
export type BookPapers = z.infer<typeof bookShape>;

const recordShape = z.object({
  book: text,
  token,
  disclosures: z.array(z.string().min(1)).max(5_000),
  /** Names that the reader may see and the version never committed to: by the word of who answers they are not set. */
  unset: z.array(text).max(5_000),
});
export type ShownRecord = z.infer<typeof recordShape>;

/**
 * One step of an answer. ASKED: `things` are asked of the organisation. ANSWERED: it has said all that it shows itself.
 * UNREACHABLE: its node does not answer, `since` then. REFUSED: it does not take the inquiry.
 */
export const batchShape = z.object({
  /** Whom it is about, and who said it but for ASKED and UNREACHABLE, which the one before says. */
  organisation: text,
  /** Who carried it here, the nearest first. */
  via: z.array(text).max(16),
  state: z.enum(['ASKED', 'ANSWERED', 'UNREACHABLE', 'REFUSED']).nullable(),
  since: z.iso
    .datetime({ offset: true })
    .transform((at) => new Date(at))
    .nullable(),
  things: list,
  silences: z
    .array(asked.extend({ reason: z.enum(['NO_RECORD', 'WITHHELD', 'NOT_FORWARDED']) }))
    .max(MOST_ASKED),
  books: z.array(bookShape).max(1_000),
  records: z.array(recordShape).max(1_000),
});
export type InquiryBatch = z.infer<typeof batchShape>;

/** What was left out is empty. */
export function batchOf(organisation: string, given: Partial<InquiryBatch>): InquiryBatch {
  return {
    organisation,
    via: [],
    state: null,
    since: null,
    things: [],
    silences: [],
    books: [],
    records: [],
    ...given,
  };
}
