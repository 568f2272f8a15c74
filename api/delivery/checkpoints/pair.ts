import { peekClaims } from '../../identity/jws.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../../ledger/checkpoint.ts';
import { tokenHash } from '../../ledger/change.ts';
import { isSignedBy } from '../../ledger/note.ts';
import { type HeadsClaims, verifyHeads } from '../../ledger/statements/heads.ts';
import type { Signers } from '../signers.ts';

/** A checkpoint as it comes: its note, and the token of its last entry. */
export interface CheckpointPair {
  note: string;
  heads: string;
}

/** A book that is followed, as one node hands it out. */
export interface CheckedSource {
  book: string;
  owner: string;
  from: string;
}

/** Takes the checkpoints that come with a feed. */
export interface CheckpointTaker {
  /** It is verified after those before it, behind the feed. */
  received(source: CheckedSource, pair: CheckpointPair): void;
  /** A feed begins: asks for the last checkpoint, of which it may have told before this process began. */
  begin(source: CheckedSource): void;
  /** Whether a book has waited too long for one: is asked from time to time. */
  lookOverdue(): Promise<void>;
}

export interface VerifiedPair extends CheckpointPair {
  checkpoint: SignedCheckpoint;
  claims: HeadsClaims;
  /** `tokenHash` of the last entry. */
  last: string;
}

/** What is wrong, in words. */
export interface PairFault {
  fault: string;
}

/**
 * Checks who signed a checkpoint: the holder of the term that its last entry claims signed both, for this book, and the entry
 * says that it is the last one. That it is in the log, its proof of inclusion shows.
 */
export function verifyPair({ note, heads }: CheckpointPair, signers: Signers): VerifiedPair | PairFault {
  const { book } = signers.root;
  const checkpoint = parseCheckpoint(note);
  if (!checkpoint || checkpoint.origin !== book) return { fault: 'not a checkpoint of the book' };
  const term = peekClaims(heads)?.['term'];
  for (const { organisation: issuer, keys: all } of signers.of(typeof term === 'number' ? term : 1)) {
    const keys = signers.inForceAt(checkpoint.size, issuer, all);
    const inForce = signers.inForceAt(checkpoint.size, issuer, keys);
    const verified = verifyHeads(heads, { keys: inForce, issuer, book });
    if (!verified.ok || !isSignedBy(checkpoint.note, issuer, keys.values())) continue;
    if (verified.claims.seq !== checkpoint.size) return { fault: 'its last entry is of another place' };
    return { note, heads, checkpoint, claims: verified.claims, last: tokenHash(heads) };
  }
  return { fault: 'not signed by who holds the authority of the book' };
}

/** The same for a note alone: whether anybody who may hold the authority has signed it. */
export function verifyNote(note: string, signers: Signers): SignedCheckpoint | null {
  const { book } = signers.root;
  const checkpoint = parseCheckpoint(note);
  if (!checkpoint || checkpoint.origin !== book) return null;
  const isSigned = signers
    .everybody()
    .some(({ organisation, keys }) =>
      isSignedBy(
        checkpoint.note,
        organisation,
        signers.inForceAt(checkpoint.size, organisation, keys).values(),
      ),
    );
  return isSigned ? checkpoint : null;
}
