import type { AttendDeps } from '../books/attend.ts';
import { openBooks, type Books } from '../books/books.ts';
import type { BooksDeps } from '../books/deps.ts';
import { openPresences } from '../books/presence.ts';
import type { Context } from '../context.ts';
import type { ScopeServices } from '../delivery/scope.ts';
import { LotbookError } from '../errors.ts';
import { isObject } from '../events/value.ts';
import type { Peers } from '../peers/peer.ts';

const VERSION = 'query Version($book: ID!, $record: ID!) { record(book: $book, id: $record) { version } }';
const TIMEOUT_MS = 5_000;

/** Refresh, do, update; and who is there. */
export function openSharedBook(
  { database: db, bell, randomId, peers, log, node, now: clock, onClose }: Context,
  sources: ScopeServices,
  rooms: Pick<BooksDeps, 'approval' | 'reading'>,
): Books {
  const presences = openPresences({ bell, clock, randomId });
  onClose(() => presences.close());
  const { organisation } = node;
  const here = { db, bell, randomId, clock, organisation, log, sources, presences };
  return openBooks({ ...rooms, ...here, versionAt: versionAt(peers), attendAt: attendAt(peers) });
}

const PRESENCE = `subscription Presence($book: ID!, $record: ID, $editing: Boolean, $of: PersonPresentInput) {
  presence(book: $book, record: $record, editing: $editing, of: $of) {
    organisation holder holderName record editing since
  }
}`;

function attendAt(peers: Peers): AttendDeps['attendAt'] {
  return async function* (organisation, attendance, signal) {
    for await (const value of peers.subscribe(organisation, PRESENCE, { ...attendance }, { signal }))
      yield value['presence'];
  };
}

/** Asks the holder of the right which version a record has, before an operation on the local copy. */
function versionAt(peers: Peers): BooksDeps['versionAt'] {
  return async (organisation, book, record) => {
    const data = await peers.call(organisation, VERSION, { book, record }, { timeoutMs: TIMEOUT_MS });
    const found = data['record'];
    if (found === null) return null;
    const version = isObject(found) ? found['version'] : null;
    if (typeof version === 'number' && Number.isSafeInteger(version)) return version;
    throw new LotbookError('UNREACHABLE', 'The answer is not in the form that was agreed.');
  };
}
