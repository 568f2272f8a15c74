import { LotbookError } from '../errors.ts';
import type { Head } from '../authority/words.ts';
import { tokenHash } from '../ledger/change.ts';
import { signProvisional } from '../ledger/statements/provisional.ts';
import { keepProvisional, type StoredRequest } from '../store/requests.ts';
import { decide, type Decision } from './decide.ts';
import { readCurrent, type Here } from './here.ts';
import { idsToRead, prepareUpdate } from './prepare.ts';
import type { SignedUpdate } from './signed-update.ts';
import type { PreparedUpdate, Requester } from './update.ts';

/** Readings until all records that an update names are known: an event's own id, then its hash. */
const MOST_READINGS = 3;
/** When this node hands it in again for the first time. */
const FIRST_AGAIN_MS = 1_000;

/**
 * What a member says of a request that it cannot make final now: it is judged by the final state that is here, kept, and
 * handed in again until it is decided. Nothing enters the log. Null where this state speaks against it.
 */
export async function answerAlone(
  here: Here,
  requester: Requester,
  update: SignedUpdate,
  { place, final }: { place: string; final: Head },
): Promise<StoredRequest | null> {
  const verdict = await judge(here, requester, update, place);
  if (verdict.kind !== 'APPROVE' && verdict.kind !== 'PEND') return null;
  const { token, input } = update;
  const now = here.clock();
  const kept = await keepProvisional(here.pool, {
    id: here.uuid(),
    book: input.book,
    requester: requester.id,
    key: input.key,
    contentHash: update.contentHash,
    changes: JSON.stringify(input.changes),
    token,
    createdAt: new Date(now),
    reason: input.reason ?? null,
    nextAttempt: new Date(now + FIRST_AGAIN_MS),
    provisional: await signProvisional(
      { iss: here.organisation, book: input.book, request: tokenHash(token), ...final, iat: now / 1000 },
      here.signer,
    ),
  });
  if (kept.contentHash === update.contentHash) return kept;
  throw new LotbookError('KEY_REUSED', 'This idempotency key was used for another content.', {
    place: 'key',
  });
}

async function judge(
  here: Here,
  requester: Requester,
  { input, contentHash, token }: SignedUpdate,
  place: string,
): Promise<Decision> {
  const grants = await here.grants.of(input.book);
  const ids = new Set(idsToRead(input));
  const frame = { id: here.uuid(), requester, input, contentHash, token, approval: null };
  let verdict: Decision = { kind: 'AGAIN' };
  for (let reading = 0; reading < MOST_READINGS && verdict.kind === 'AGAIN'; reading += 1) {
    const current = await readCurrent(here.pool, input.book, [...ids]);
    const changes = prepareUpdate(input, current, place, here.uuid);
    for (const { record } of changes) ids.add(record);
    const isRead = changes.every(({ record }) => current.has(record));
    const update: PreparedUpdate = { ...frame, createdAt: new Date(here.clock()), changes };
    const versionOf = (record: string): number => current.get(record)?.version ?? 0;
    verdict = isRead ? decide(update, versionOf, grants, here.clock()) : { kind: 'AGAIN' };
  }
  return verdict;
}
