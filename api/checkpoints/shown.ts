import { peekClaims } from '../identity/jws.ts';
import {
  cosignatureBy,
  parseCheckpoint,
  withSignatures,
  type SignedCheckpoint,
} from '../ledger/checkpoint.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { membersNamed } from '../ledger/statements/standing.ts';
import { lastStatement } from '../store/authority.ts';
import { keepCheckpoint, lastCheckpoint, lockCheckpoint, readCosigned } from '../store/checkpoints.ts';
import { readBookHead } from '../store/entries.ts';
import { readLogState } from '../store/log-nodes.ts';
import { inTransaction } from '../store/transaction.ts';
import type { CheckpointDeps } from './deps.ts';
import { noteFork } from './fork.ts';
import { rootAt } from './log-nodes.ts';
import { keysByLog, keysOfNow, readSigned, type Signatory } from './signatories.ts';

/**
 * Another node shows a checkpoint. Where this one holds the whole log, its own root at that length decides; where it is the
 * witness, the last checkpoint that it cosigned. Two that contradict each other are kept. Answers the last one that this node
 * made or cosigned; null where it has none, or the one that is shown is not genuine.
 */
export async function takeShown(
  deps: CheckpointDeps,
  from: string,
  book: string,
  note: string,
): Promise<string | null> {
  const { pool } = deps;
  if (parseCheckpoint(note)?.origin !== book) return null;
  const head = await readBookHead(pool, book);
  const mandate = await lastStatement(pool, book, 'MANDATE');
  const claims = mandate && (peekClaims(mandate.token) as MandateClaims | undefined);
  const isWitness = claims?.witness?.organisation === deps.organisation;
  const members: Signatory[] = claims ? membersNamed(claims) : [];
  const owner = book.slice(0, book.indexOf('/'));
  const signatories = [...members, ...(members.some(isOf(owner)) ? [] : [{ organisation: owner }])];
  // Also where there is no such book here: the time that it takes is to tell nothing.
  const byLog = await keysByLog(deps, book, signatories);
  if (!head?.full && !isWitness) return null;
  const keysAt = head?.full ? byLog : keysOfNow(deps);
  const given = await readSigned(note, book, signatories, keysAt);
  if (!given) return null;
  if (!head?.full) {
    const known = await readCosigned(pool, book);
    if (known?.size === given.size && known.root !== given.root)
      await noteFork(deps, { book, size: given.size, first: known.note, second: note });
    return known?.note ?? null;
  }
  const last = await lastCheckpoint(pool, book);
  const { size } = await readLogState(pool, book);
  if (given.size <= size && (await rootAt(pool, book, given.size)) !== given.root) {
    await noteFork(deps, { book, size: given.size, first: last?.note ?? '', second: note });
  } else await takeCosignature(deps, from, given);
  return last?.note ?? null;
}

function isOf(organisation: string): (signatory: Signatory) => boolean {
  return (signatory) => signatory.organisation === organisation;
}

/** A partner that has verified a checkpoint may cosign it. */
async function takeCosignature(
  { pool, keysOf }: CheckpointDeps,
  from: string,
  given: SignedCheckpoint,
): Promise<void> {
  const cosignature = cosignatureBy(given, from, (await keysOf(from)).values());
  if (!cosignature) return;
  await inTransaction(pool, async (client) => {
    const own = await lockCheckpoint(client, given.origin, given.size);
    const read = own && parseCheckpoint(own.note);
    if (!own || !read || read.root !== given.root) return;
    await keepCheckpoint(client, given.origin, { ...own, note: withSignatures(read, cosignature.line) });
  });
}
