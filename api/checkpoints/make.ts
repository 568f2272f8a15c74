import { peekClaims, peekKid } from '../identity/jws.ts';
import { verificationKey } from '../identity/jwk.ts';
import { cosignedAt, parseCheckpoint, signCheckpoint, withSignatures } from '../ledger/checkpoint.ts';
import { consistencyProof } from '../ledger/proofs.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { HEADS_RECORD, signHeads } from '../ledger/statements/heads.ts';
import { lastStatement } from '../store/authority.ts';
import { keepCheckpoint, lastCheckpoints } from '../store/checkpoints.ts';
import { readEntries } from '../store/entries.ts';
import { forgetPages } from '../store/log-nodes.ts';
import { LotbookError } from '../errors.ts';
import type { CheckpointDeps } from './deps.ts';
import { advanceHeads, growLog, nodeReader, rootAt, type Pause } from './log-nodes.ts';

/** Of so many checkpoints the map of heads is kept for proofs. */
const KEPT_MAPS = 8;

/**
 * Makes the next checkpoint of a book:
 *   1. the map of heads is taken to what is final;
 *   2. its root becomes an entry of the log, by the way of every entry, so that a backup works it out for itself before it
 *      stands by it;
 *   3. the log up to that entry is signed, and cosigned by the witness that the mandate names;
 *   4. it is kept, and whoever follows the book is told.
 * What is cut off on the way is begun again with the next one.
 */
export async function makeCheckpoint(
  deps: CheckpointDeps,
  book: string,
  length: number,
  pause?: Pause,
): Promise<void> {
  const { pool, organisation: iss, noteSigner, bell, clock, log } = deps;
  const root = await advanceHeads(pool, book, length, pause);
  const seq = await deps.state(book, {
    kind: 'HEADS',
    record: HEADS_RECORD,
    version: null,
    sign: ({ seq: at, term, mandate, atMs, signer }) =>
      signHeads(
        {
          iss,
          book,
          seq: at,
          term,
          ...(mandate === null ? {} : { mandate }),
          iat: atMs / 1000,
          size: length,
          root,
        },
        signer,
      ),
  });
  await growLog(pool, book, pause);
  const [heads] = await readEntries(pool, { book, after: seq - 1, before: seq + 1, limit: 1 });
  if (!heads) throw new LotbookError('INTERNAL', 'an entry that was final is not there');
  // The key was changed right behind that entry: it cannot sign a head of the log that does not hold its statement.
  if (peekKid(heads.entry.token) !== noteSigner().signer.kid) return;
  const body = { origin: book, size: seq, root: await rootAt(pool, book, seq) };
  const signed = await signCheckpoint(body, noteSigner());
  const note = await cosigned(deps, book, seq, signed);
  const at = new Date(clock());
  await keepCheckpoint(pool, book, {
    size: seq,
    root: body.root,
    heads: heads.entry.token,
    covered: length,
    note,
    at,
  });
  bell.ring(book);
  log.debug({ book, size: seq }, 'a checkpoint was made');
  await forgetOldMaps(deps, book);
}

async function forgetOldMaps({ pool }: CheckpointDeps, book: string): Promise<void> {
  const oldest = (await lastCheckpoints(pool, book, KEPT_MAPS)).at(-1);
  if (oldest) await forgetPages(pool, book, oldest.covered);
}

/** The note with the cosignature of the witness; without it where the witness does not answer. */
async function cosigned(deps: CheckpointDeps, book: string, size: number, note: string): Promise<string> {
  const { pool, log } = deps;
  const mandate = await lastStatement(pool, book, 'MANDATE');
  const { witness } = (mandate && (peekClaims(mandate.token) as MandateClaims | undefined)) ?? {};
  if (!witness) return note;
  try {
    const read = nodeReader(pool, book);
    const add = async (old: number) =>
      deps.addCheckpoint(witness.organisation, {
        book,
        old,
        proof: await consistencyProof(old, size, read),
        note,
      });
    let answer = await add(0);
    if (answer.size !== null && answer.size <= size) answer = await add(answer.size);
    if (answer.cosignatures === null) throw new LotbookError('CONFLICT', 'the witness does not cosign');
    const complete = withSignatures(known(parseCheckpoint(note)), answer.cosignatures);
    const keys = [verificationKey(witness.jwk), ...(await deps.keysOf(witness.organisation)).values()];
    const isCosigned = cosignedAt(known(parseCheckpoint(complete)), witness.organisation, keys) !== null;
    if (!isCosigned) throw new LotbookError('UNVERIFIED', 'what the witness gives is no cosignature of its');
    return complete;
  } catch (error) {
    log.warn({ err: error, book, size, witness: witness.organisation }, 'a checkpoint is not cosigned');
    return note;
  }
}

function known<T>(value: T | null): T {
  if (value === null) throw new LotbookError('INTERNAL', 'an own checkpoint cannot be read');
  return value;
}
