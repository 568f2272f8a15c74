import { cosignedAt, parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { isSignedBy } from '../note.ts';
import { ExportFault } from './fault.ts';
import type { PinnedKeys } from '../../identity/jws.ts';
import type { KeyRing } from './key-ring.ts';
import type { Right } from './right.ts';

/** A place of the log, and what it holds. */
export interface Head {
  readonly seq: number;
  readonly root: string;
  /** The map of heads that its last entry states, and who signed that. */
  readonly heads: StatedHeads | undefined;
}

export interface StatedHeads {
  readonly seq: number;
  /** The entries that the map covers, and its root. */
  readonly size: number;
  readonly root: string;
  readonly by: string;
}

/**
 * The checkpoints of an export: each is signed by who held the right and stated the heads right before it, and its root is
 * that of the log up to there, so that all of them are heads of one growing log. Cosignatures of organisations whose keys are
 * known here have to hold.
 */
export class CheckpointReader {
  count = 0;
  /** Organisations that cosigned, and how many each. */
  readonly cosigned = new Map<string, number>();
  /** Cosignatures of others, whose keys the file does not tell. */
  unknown = 0;
  /** What the last one covers. */
  last: { checkpoint: SignedCheckpoint; heads: StatedHeads } | undefined;
  readonly #book: string;
  readonly #keys: KeyRing;

  constructor(book: string, keys: KeyRing) {
    this.#book = book;
    this.#keys = keys;
  }

  /**
   * @param keys those with which who stated the heads may sign at this place
   * @throws ExportFault, without a look at the root: `take` is told of that
   */
  read(nr: number, note: string, { seq, heads }: Omit<Head, 'root'>, keys: PinnedKeys): SignedCheckpoint {
    const checkpoint = parseCheckpoint(note);
    const wrong = (code: string, message: string) => new ExportFault(nr, code, message, seq);
    if (!checkpoint) throw wrong('BAD_CHECKPOINT', 'the note is none of a checkpoint');
    if (checkpoint.origin !== this.#book || checkpoint.size !== seq || heads?.seq !== seq)
      throw wrong('BAD_CHECKPOINT', 'the checkpoint is not one of this book at this place');
    if (this.last?.checkpoint.size === seq) throw wrong('BAD_CHECKPOINT', 'a second checkpoint at one place');
    if (!isSignedBy(checkpoint.note, heads.by, keys.values()))
      throw wrong('BAD_CHECKPOINT', `the checkpoint is not signed by ${heads.by}`);
    return checkpoint;
  }

  /** One that was read, and whose root is that of the log. */
  take(nr: number, checkpoint: SignedCheckpoint, heads: StatedHeads): void {
    this.count += 1;
    this.last = { checkpoint, heads };
    const names = checkpoint.note.signatures.slice(1).map(({ name }) => name);
    for (const name of new Set(names)) {
      const keys = this.#keys.all(name);
      if (keys.size === 0) this.unknown += 1;
      else if (cosignedAt(checkpoint, name, keys.values()) !== null)
        this.cosigned.set(name, (this.cosigned.get(name) ?? 0) + 1);
      else
        throw new ExportFault(
          nr,
          'BAD_COSIGNATURE',
          `the cosignature of ${name} does not hold`,
          checkpoint.size,
        );
    }
  }

  /** Of those who cosigned a checkpoint the ones whose keys are known here: what they signed holds. */
  cosignersOf({ note }: SignedCheckpoint): string[] {
    const names = new Set(note.signatures.slice(1).map(({ name }) => name));
    return [...names].filter((name) => this.cosigned.has(name));
  }

  /** Whether the witness that the mandate names cosigned the last one, with one of these keys. */
  isWitnessed(right: Right, thumbprints: ReadonlySet<string>): boolean {
    const { witness } = right;
    if (!this.last || !witness) return false;
    const keys = [...this.#keys.all(witness.organisation).values()].filter(({ kid }) => thumbprints.has(kid));
    return cosignedAt(this.last.checkpoint, witness.organisation, keys) !== null;
  }
}

/** A checkpoint that the reader has kept from before. Null where it is none of this book, or nobody's who signs in it. */
export function readOlder(note: string, book: string, keys: KeyRing): SignedCheckpoint | null {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint?.origin !== book) return null;
  const isSigned = keys.organisations.some((each) =>
    isSignedBy(checkpoint.note, each, keys.all(each).values()),
  );
  return isSigned ? checkpoint : null;
}
