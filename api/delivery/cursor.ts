import { LotbookError } from '../errors.ts';
import { MAX_SEQ } from '../store/entries.ts';

/** How far a subscriber has come in the log of a book. */
export interface Position {
  /** Everything up to this entry was handed out, or is not for this subscriber. */
  seq: number;
  /** Not null: the entry at `seq` is a grant whose back-fill is under way, and was handed out up to this entry. */
  backfill: number | null;
  /** Size of the last checkpoint that was handed out; none when absent. */
  noted?: number;
}

export const START: Position = { seq: 0, backfill: null };

const FORM = /^1\.([a-zA-Z0-9_-]+)\.(\d{1,10})(?:\.(\d{1,10}))?(?:~([1-9]\d{0,9}))?$/;

/**
 * A cursor: opaque to the subscriber, the same for all with one position and one epoch. The epoch names what the
 * position was counted under: where that has changed, going on from the position would leave something out.
 */
export function encodeCursor({ seq, backfill, noted }: Position, epoch: string): string {
  const after = `${backfill === null ? '' : `.${backfill}`}${noted === undefined ? '' : `~${noted}`}`;
  const text = `1.${epoch}.${seq}${after}`;
  return Buffer.from(text, 'latin1').toString('base64url');
}

/** Throws `CURSOR_EXPIRED` for one of another epoch or version, and for what is no cursor at all. */
export function decodeCursor(cursor: string, epoch: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, written, seq, backfill, noted] = FORM.exec(text) ?? [];
  const position: Position = {
    seq: Number(seq),
    backfill: backfill === undefined ? null : Number(backfill),
    ...(noted === undefined ? {} : { noted: Number(noted) }),
  };
  const isSound =
    written === epoch &&
    position.seq <= MAX_SEQ &&
    (position.noted ?? 0) <= MAX_SEQ &&
    (position.backfill === null || position.backfill < position.seq);
  if (isSound && encodeCursor(position, epoch) === cursor) return position;
  throw new LotbookError('CURSOR_EXPIRED', 'The cursor is not one from which this feed can go on.');
}
