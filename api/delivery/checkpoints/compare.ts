import { LotbookError, toLotbookError, type ErrorCode } from '../../errors.ts';
import { formatNote } from '../../ledger/note.ts';
import type { SignedCheckpoint } from '../../ledger/checkpoint.ts';
import { verifyConsistency } from '../../ledger/proofs.ts';
import type { Peers } from '../../peers/peer.ts';
import { askConsistency } from './ask.ts';
import type { Alarms } from './faults.ts';

/** Errors that tell nothing of what was asked: it is asked again later. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'TOO_BUSY',
  'TOO_MANY_CALLS',
  'SHUTTING_DOWN',
  'UNAUTHENTICATED',
  'IN_USE',
  'INTERNAL',
]);

/**
 * Whether two genuine checkpoints of a book are of one history. Where they have one length their roots tell; else the node that
 * handed out the longer one has to show that it continues the shorter one. If not, both are kept as proof.
 *
 * Rejects where the node that is asked cannot be reached: then nothing is known.
 */
export async function areOneHistory(
  { peers, alarms }: { peers: Pick<Peers, 'call'>; alarms: Alarms },
  source: { book: string; from: string },
  a: SignedCheckpoint,
  b: SignedCheckpoint,
): Promise<boolean> {
  const [older, newer] = a.size <= b.size ? [a, b] : [b, a];
  const { book, from } = source;
  const isOne =
    older.size === newer.size
      ? older.root === newer.root
      : await isContinued(peers, from, book, older, newer);
  if (isOne) return true;
  const detail =
    older.size === newer.size
      ? `${book}: two logs of ${older.size} entries`
      : `${book}: the log of ${newer.size} entries does not continue that of ${older.size}`;
  await alarms.contradiction(book, {
    kind: 'CHECKPOINT',
    detail,
    first: formatNote(older.note),
    second: formatNote(newer.note),
  });
  return false;
}

async function isContinued(
  peers: Pick<Peers, 'call'>,
  from: string,
  book: string,
  older: SignedCheckpoint,
  newer: SignedCheckpoint,
): Promise<boolean> {
  const range = { from: older.size, to: newer.size };
  const proof = await unlessRefused(askConsistency(peers, from, book, range));
  return proof !== null && verifyConsistency({ ...range, rootFrom: older.root, rootTo: newer.root }, proof);
}

/** Null where the node answers that it has no such proof: who signs a checkpoint can prove it. */
export async function unlessRefused<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof LotbookError) || PASSING.has(toLotbookError(error).code)) throw error;
    return null;
  }
}
