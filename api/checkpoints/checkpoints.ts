import { parseCheckpoint } from '../ledger/checkpoint.ts';
import { readEvidence, type StoredEvidence } from '../store/authority.ts';
import { countUnverified, readFaults, type KeptFault } from '../store/verification.ts';
import type { CheckpointDeps, WitnessAnswer } from './deps.ts';
import { openKeeper, type Keeper } from './keeper.ts';
import { openProofs, type Proofs, type StoredCheckpoint } from './proofs.ts';
import { takeShown } from './shown.ts';
import { addCheckpoint, type AddedCheckpoint } from './witness.ts';

/** What this node has verified of a book. */
export interface Verification {
  checkpoint: StoredCheckpoint | null;
  cosigners: string[];
  /** Records of a local copy whose heads were not verified yet. */
  unverified: number;
  evidence: StoredEvidence[];
  faults: KeptFault[];
}

/** Checkpoints of the books that this node approves, holds, or is the witness of; and what it has verified of the others. */
export interface Checkpoints extends Proofs, Keeper {
  /** This node as a witness, see witness.ts. */
  addCheckpoint(from: string, given: AddedCheckpoint): Promise<WitnessAnswer>;
  /** Another node shows a checkpoint; the answer is the last one that this node has seen. */
  shown(from: string, book: string, note: string): Promise<string | null>;
  /** Null where nothing is known of the book. */
  verification(book: string): Promise<Verification | null>;
}

const MOST_FAULTS = 100;

/** @param follower compares checkpoints of books that this node follows */
export function openCheckpoints(
  deps: CheckpointDeps,
  follower: { shown(book: string, note: string): Promise<string | null> },
): Checkpoints {
  const proofs = openProofs(deps.pool);
  return {
    ...proofs,
    ...openKeeper(deps),
    addCheckpoint: (from, given) => addCheckpoint(deps, from, given),
    shown: async (from, book, note) =>
      (await takeShown(deps, from, book, note)) ?? (await follower.shown(book, note)),
    verification: async (book) => {
      const [checkpoint, unverified, evidence, faults] = await Promise.all([
        proofs.checkpoint(book, null),
        countUnverified(deps.pool, book),
        readEvidence(deps.pool, book),
        readFaults(deps.pool, book, MOST_FAULTS),
      ]);
      if (!checkpoint && evidence.length + faults.length === 0) return null;
      const note = checkpoint && parseCheckpoint(checkpoint.note)?.note;
      const names = new Set(note?.signatures.slice(1).map(({ name }) => name));
      return { checkpoint, cosigners: [...names], unverified, evidence, faults };
    },
  };
}
