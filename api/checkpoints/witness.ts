import { LotbookError } from '../errors.ts';
import { peekClaims } from '../identity/jws.ts';
import { cosign, parseCheckpoint, withSignatures, type SignedCheckpoint } from '../ledger/checkpoint.ts';
import { verifyConsistency } from '../ledger/proofs.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import { membersNamed } from '../ledger/statements/standing.ts';
import { EMPTY_FRONTIER, rootOf } from '../ledger/tree.ts';
import { lastStatement } from '../store/authority.ts';
import { lockCosigned, writeCosigned } from '../store/checkpoints.ts';
import { inTransaction } from '../store/transaction.ts';
import type { CheckpointDeps, WitnessAnswer } from './deps.ts';
import { noteFork } from './fork.ts';
import { keysOfNow, readSigned } from './signatories.ts';

export interface AddedCheckpoint {
  book: string;
  /** The size up to which the sender believes that this witness has cosigned. */
  old: number;
  proof: readonly string[];
  note: string;
}

const NONE = { size: 0, root: rootOf(EMPTY_FRONTIER) };

/**
 * A witness (C2SP tlog-witness, `add-checkpoint`): it cosigns a checkpoint that continues the last one of the same log that it
 * cosigned, and no other. So of two histories of a book only one can have its cosignature. What contradicts the last one is
 * kept with both signatures.
 *
 * Answers the size that it has where the sender took another one for that. Rejects with NOT_FOUND where no mandate names this
 * node as the witness, NOT_PERMITTED, BAD_INPUT, UNVERIFIED.
 */
export async function addCheckpoint(
  deps: CheckpointDeps,
  from: string,
  { book, old, proof, note }: AddedCheckpoint,
): Promise<WitnessAnswer> {
  const members = await membersWitnessed(deps, book);
  if (!members) throw new LotbookError('NOT_FOUND', 'This node is not the witness of such a book.');
  if (!members.some(({ organisation }) => organisation === from)) {
    throw new LotbookError('NOT_PERMITTED', 'The members of the authority add checkpoints.');
  }
  const given = await signedByMember(deps, members, book, note);
  if (old > given.size)
    throw new LotbookError('BAD_INPUT', 'The old size is the larger one.', { place: 'old' });
  return inTransaction(deps.pool, async (client) => {
    const last = await lockCosigned(client, book);
    const known = last ?? NONE;
    if (given.size === known.size && given.root !== known.root) {
      await noteFork(deps, { book, size: known.size, first: last?.note ?? '', second: note });
      throw untrue();
    }
    if (old !== known.size) return { cosignatures: null, size: known.size };
    const sizes = { from: old, to: given.size, rootFrom: known.root, rootTo: given.root };
    if (!verifyConsistency(sizes, proof)) {
      deps.log.warn({ book, from: old, to: given.size }, 'a checkpoint does not continue the last one');
      throw untrue();
    }
    const cosignatures = await cosign(given, deps.noteSigner(), deps.clock());
    const stored = withSignatures(given, cosignatures);
    await writeCosigned(client, book, { size: given.size, root: given.root, note: stored });
    return { cosignatures, size: null };
  });
}

/** The members of a book whose mandate names this node as the witness; null where none does. */
async function membersWitnessed(deps: CheckpointDeps, book: string): Promise<Member[] | null> {
  const mandate = await lastStatement(deps.pool, book, 'MANDATE');
  const claims = mandate && (peekClaims(mandate.token) as MandateClaims | undefined);
  return claims?.witness?.organisation === deps.organisation ? membersNamed(claims) : null;
}

async function signedByMember(
  deps: CheckpointDeps,
  members: readonly Member[],
  book: string,
  note: string,
): Promise<SignedCheckpoint> {
  if (parseCheckpoint(note)?.origin !== book) {
    throw new LotbookError('BAD_INPUT', 'This is no checkpoint of the book.', { place: 'note' });
  }
  const given = await readSigned(note, book, members, keysOfNow(deps));
  if (given) return given;
  throw new LotbookError('UNVERIFIED', 'No member of the authority has signed the checkpoint.');
}

function untrue(): LotbookError {
  return new LotbookError('UNVERIFIED', 'The checkpoint does not continue the last one that was cosigned.');
}
