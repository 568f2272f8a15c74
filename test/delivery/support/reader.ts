import { checkItem, type Held, type ReceivedItem } from '../../../api/delivery/copies.ts';
import { START, type Position } from '../../../api/delivery/cursor.ts';
import { boundsOf, isShared, walk } from '../../../api/delivery/feed.ts';
import type { ItemFault } from '../../../api/delivery/item-fault.ts';
import { Signers } from '../../../api/delivery/signers.ts';
import { viewOf } from '../../../api/delivery/view.ts';
import { grantFromFields, type Audience, type Grant } from '../../../api/sharing/grant.ts';
import type { CopiedEntry } from '../../../api/store/copies.ts';
import { AUTHORITY, BOOK, keys, PARTNER, type Log } from './log.ts';

/** One batch of a feed, computed as a room does, from a log in memory. */
export function pull(
  log: Log,
  position: Position,
  { limit, window, reader = PARTNER }: { limit: number; window: number; reader?: Audience | 'OWN' },
) {
  const { after, before } = boundsOf(position, log.entries.length);
  const inRange = log.entries.filter(({ entry }) => entry.seq > after && entry.seq < before).slice(0, window);
  const read = { entries: inRange, complete: inRange.length < window };
  const view = viewOf(log.grants, reader, log.now);
  const stretch = walk(read, position, view, { limit, now: log.now });
  const caughtUp = stretch.position.backfill === null && stretch.position.seq >= log.entries.length;
  return { ...stretch, caughtUp, shared: isShared(position, read) };
}

/** A subscriber in memory: its cursor, and what it took in. It verifies as a node does. */
export class Subscriber implements Held {
  position = START;
  readonly grants = new Map<string, Grant>();
  readonly faults: ItemFault[] = [];
  readonly signers: Signers;
  readonly #copies = new Map<number, CopiedEntry>();

  constructor(signers = new Signers({ book: BOOK, owner: AUTHORITY, keys })) {
    this.signers = signers;
  }

  apply(items: readonly ReceivedItem[], position: Position): void {
    for (const item of items) {
      const { kind, token } = item;
      const { signers } = this;
      if (kind === 'MANDATE' || kind === 'TERM') {
        const taken = signers.take(kind, token);
        if (!taken.ok) this.faults.push(taken);
        continue;
      }
      const checked = checkItem(item, this, { signers, self: PARTNER.organisation });
      if (checked.ok) this.#take(checked.entry);
      else this.faults.push(checked);
    }
    this.position = position;
  }

  /** `<seq> <field>` for all that it holds, and `<seq>` for each grant's entry. */
  get holds(): Set<string> {
    const all = [...this.#copies.values()].flatMap(({ seq, kind, fields }) =>
      kind === 'GRANT' ? [`${seq}`] : Object.keys(fields).map((name) => `${seq} ${name}`),
    );
    return new Set(all);
  }

  at(seq: number): CopiedEntry | undefined {
    return this.#copies.get(seq);
  }

  version(record: string, version: number): CopiedEntry | undefined {
    return [...this.#copies.values()].find((entry) => entry.record === record && entry.version === version);
  }

  #take(entry: CopiedEntry): void {
    this.#copies.set(entry.seq, entry);
    if (entry.kind !== 'GRANT') return;
    const since = entry.version === 1 ? entry.seq : (this.grants.get(entry.record)?.since ?? entry.seq);
    const grant = grantFromFields({ id: entry.record, version: entry.version, since }, entry.fields);
    if (entry.version >= (this.grants.get(grant.id)?.version ?? 0)) this.grants.set(grant.id, grant);
  }
}

/** Lets a subscriber read on until there is nothing more for now. */
export function readAll(log: Log, subscriber: Subscriber, how = { limit: 100, window: 100 }): Subscriber {
  for (;;) {
    const { items, position, caughtUp } = pull(log, subscriber.position, how);
    subscriber.apply(items, position);
    if (caughtUp) return subscriber;
  }
}
