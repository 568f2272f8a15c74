import type { Fields } from '../events/fields.ts';
import { LotbookError, toLotbookError } from '../errors.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import type { Signer } from '../identity/signer.ts';
import type { RecordKind } from '../ledger/change.ts';
import { isLockId, lockIdOf } from '../ledger/entry-lock.ts';
import { bookById, currentStates, type StoredBook } from '../store/books.ts';
import type { Pool } from '../store/database.ts';
import { idsToRead, prepareUpdate } from './prepare.ts';
import type { Sequencer, SequencerDeps } from './sequencer.ts';
import { contentHash } from './shape.ts';
import type {
  CurrentRecord,
  KnownRecords,
  PreparedUpdate,
  RequestError,
  RequestView,
  Requester,
  UpdateInput,
} from './update.ts';
import { viewOf } from './view.ts';

/** Times that an update is prepared again because its records keep moving. */
const MOST_TRIES = 8;

/** What every operation of this room works with. */
export interface Here extends SequencerDeps {
  signer: Signer;
  /** The key by which an organisation signs its statements now. If it is not this one, the organisation is asked whether it has changed. */
  keysOf: (organisation: string, kid?: string) => Promise<PinnedKeys>;
  sequencer: Sequencer;
}

/** A book that this node is the authority of. Throws NOT_FOUND, NOT_AUTHORITY. */
export async function localBook(here: Here, id: string, place: string): Promise<StoredBook> {
  const book = await bookById(here.pool, id);
  if (!book) throw noBook(place);
  if (book.authority !== here.organisation) {
    throw new LotbookError('NOT_AUTHORITY', 'Another node is the authority of this book.', { place });
  }
  return book;
}

/** A book of this organisation, whichever node holds the right to approve. Throws NOT_FOUND, NOT_AUTHORITY, NOT_PERMITTED. */
export async function ownedBook(here: Here, id: string, place: string): Promise<StoredBook> {
  const book = await bookById(here.pool, id);
  return book?.owner === here.organisation ? book : ownBook(here, id, place);
}

/** The same for what only the owner's own people decide, whoever holds the right to approve. Throws NOT_PERMITTED too. */
export async function ownBook(here: Here, id: string, place: string): Promise<StoredBook> {
  const book = await localBook(here, id, place);
  if (book.owner === here.organisation) return book;
  throw new LotbookError('NOT_PERMITTED', `The people of ${book.owner}, whose book it is, decide that.`, {
    place,
  });
}

export function noBook(place: string): LotbookError {
  return new LotbookError('NOT_FOUND', 'There is no such book here.', { place });
}

/** Prepares an update and submits it to the sequencer, again until its records hold still. */
export async function decideHere(
  here: Here,
  requester: Requester,
  input: UpdateInput,
  place: string,
  {
    current: known,
    ...given
  }: Partial<Omit<PreparedUpdate, 'requester' | 'input' | 'changes'>> & {
    /** The records that the update needs, where they were read already. */
    current?: KnownRecords;
  } = {},
): Promise<RequestView> {
  const frame = {
    id: here.uuid(),
    requester,
    input,
    contentHash: given.contentHash ?? contentHash(input),
    createdAt: new Date(here.clock()),
    token: null,
    approval: null,
    ...given,
  };
  let current = known ?? (await readCurrent(here.pool, input.book, idsToRead(input)));
  const ids = new Set<string>();
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const changes = prepareUpdate(input, current, place, here.uuid);
    const result = await here.sequencer.submit({ ...frame, changes });
    if (result.kind === 'DECIDED') return viewOf(input.book, result.request);
    if (result.kind === 'FAILED') throw result.error;
    for (const { record } of changes) ids.add(record);
    current = await readCurrent(here.pool, input.book, [...ids]);
  }
  throw new LotbookError('IN_USE', 'Others keep changing these records.', { retryAfterMs: 500 });
}

/** What a caller is told of an error; what is ours to look at goes to the log. */
export function errorView(here: Pick<Here, 'log'>, error: unknown): RequestError {
  const { code, message, details } = toLotbookError(error);
  if (code === 'INTERNAL') here.log.error({ err: error }, 'an update request failed');
  return { code, message, ...details };
}

/** Records as they are now, with their locks; null for those that are not there. */
export async function readCurrent(pool: Pool, book: string, ids: readonly string[]): Promise<KnownRecords> {
  const known = new Map<string, CurrentRecord | null>(ids.map((id) => [id, null]));
  const locks = ids.filter((id) => !isLockId(id)).map(lockIdOf);
  for (const { id, kind, version, ...texts } of await currentStates(pool, book, [...ids, ...locks])) {
    const state = JSON.parse(texts.state ?? '{}') as Fields;
    const first = version === 1 ? state : (JSON.parse(texts.first ?? '{}') as Fields);
    known.set(id, { kind: kind as RecordKind, version, state, first });
  }
  return known;
}
