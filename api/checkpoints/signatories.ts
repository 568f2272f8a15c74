import { BookKeys } from '../identity/book-keys.ts';
import { verificationKey, type VerificationKey } from '../identity/jwk.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { parseCheckpoint, type SignedCheckpoint } from '../ledger/checkpoint.ts';
import { isSignedBy } from '../ledger/note.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import { readKeyEntries } from '../store/key-entries.ts';
import type { CheckpointDeps } from './deps.ts';

/** An organisation that may sign checkpoints of a book, and the key by which its mandate names it. */
export type Signatory = Pick<Member, 'organisation'> & Partial<Pick<Member, 'jwk'>>;

type KeysAt = (signatory: Signatory, size: number) => Promise<PinnedKeys>;

/**
 * The keys that count at a place, for who holds the log: its KEY entries say which was in force there. A key that was retired or
 * revoked by then has signed nothing, so that who has stolen it cannot accuse anybody by it.
 */
export async function keysByLog(
  { pool, keysOf }: CheckpointDeps,
  book: string,
  signatories: readonly Signatory[],
): Promise<KeysAt> {
  const names = signatories.map(({ organisation }) => organisation);
  const logged = new BookKeys(book, await readKeyEntries(pool, book, names));
  return async (signatory, seq) => {
    const { organisation } = signatory;
    const pinned = new Map([...(await keysOf(organisation)), ...namedKey(signatory)]);
    const all = logged.keysOf(organisation, pinned);
    return new Map([...all].filter(([kid]) => !logged.faultAt(organisation, pinned, { seq, kid })));
  };
}

/** For a witness, which does not see the log: what is said now counts under the key of now. */
export function keysOfNow({ keyNow }: CheckpointDeps): KeysAt {
  return async (signatory) => {
    const now = await keyNow(signatory.organisation);
    return now.size > 0 ? now : namedKey(signatory);
  };
}

/** Reads a checkpoint of the book that one of them signed; null where it is none. */
export async function readSigned(
  note: string,
  book: string,
  signatories: readonly Signatory[],
  keysAt: KeysAt,
): Promise<SignedCheckpoint | null> {
  const given = parseCheckpoint(note);
  if (given?.origin !== book) return null;
  for (const signatory of signatories) {
    const keys = await keysAt(signatory, given.size);
    if (isSignedBy(given.note, signatory.organisation, keys.values())) return given;
  }
  return null;
}

function namedKey({ jwk }: Signatory): Map<string, VerificationKey> {
  if (!jwk) return new Map();
  const key = verificationKey(jwk);
  return new Map([[key.kid, key]]);
}
