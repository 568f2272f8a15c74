import type { Signer } from '../identity/signer.ts';
import type { Logger } from 'pino';
import type { PinnedKeys } from '../identity/jws.ts';
import type { NoteSigner } from '../ledger/note.ts';
import type { Bell } from '../store/bell.ts';
import type { Pool } from '../store/database.ts';

/** An entry of the log that this node makes; sealed for the place that it gets. */
export interface HeadsEntry {
  kind: 'HEADS';
  record: string;
  version: null;
  sign(place: {
    seq: number;
    term: number;
    mandate: string | null;
    atMs: number;
    signer: Signer;
  }): Promise<string>;
}

/** What a witness answers to a checkpoint that is added: its cosignatures, or the size to which it wants a proof. */
export interface WitnessAnswer {
  cosignatures: string | null;
  size: number | null;
}

export interface CheckpointDeps {
  pool: Pool;
  bell: Pick<Bell, 'ring'>;
  log: Logger;
  /** ms since 1970, for what is signed. */
  clock: () => number;
  /** ms that only grow. */
  monotonic: () => number;
  organisation: string;
  /** This node's organisation with its key of now. */
  noteSigner: () => NoteSigner;
  /** How long an entry waits at most until a checkpoint covers it. */
  checkpointMs: number;
  /** Whether of the processes of this node it is this one that looks after its books. */
  isLeading(): boolean;
  /** Whether updates wait for their decision. */
  isBusy(): boolean;
  /** Whether this process may put an own entry into a book at this moment. */
  mayState(book: string): boolean;
  /** Puts it there, by the one way by which a book changes. Resolves to its place once it is final. */
  state(book: string, entry: HeadsEntry): Promise<number>;
  /** All keys by which an organisation has signed, as far as they are known here; which one counts where, the log of a book says. */
  keysOf(organisation: string): Promise<PinnedKeys>;
  /** The one by which it signs now; empty where none is known. */
  keyNow(organisation: string): Promise<PinnedKeys>;
  /** Adds a checkpoint at the node of a witness. */
  addCheckpoint(
    witness: string,
    given: { book: string; old: number; proof: readonly string[]; note: string },
  ): Promise<WitnessAnswer>;
}
