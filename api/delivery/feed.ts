import { ORDINARY_PURPOSE, type Grant } from '../sharing/grant.ts';
import { erasureOf } from '../ledger/erasure.ts';
import { isChange, type KeyedChange, type KeyedEntry } from '../store/entries.ts';
import type { Position } from './cursor.ts';
import { handOut } from './hand-out.ts';
import type { View } from './view.ts';

/**
 * The walk of a feed.
 *
 * 1. The log is walked in its order. Every entry is either handed out or passed over in silence.
 * 2. An entry is handed out under grants that are in force now and came before it in the log. So whoever reads the feed
 *    from its start has been given each grant before anything that is shown under it, and can check one by the other.
 * 3. Right after a grant that reaches back, everything before it that it opens is handed out, again in order. An entry
 *    that is shown under several grants may come several times, with more fields; applying is idempotent.
 * 4. Permission is decided at this moment, never remembered: what has been withdrawn is not sent, by no way.
 * 5. Whoever has a feed of the book is given every mandate, term and key statement with its place, so that it can check who
 *    could sign what where.
 * 6. Whoever has come to the end is given the last checkpoint, with the entry that it ends with: by it a reader checks that
 *    what it was given is what everybody was given, and all of it.
 */

export type FeedItemKind = 'CHANGE' | 'GRANT' | 'MANDATE' | 'TERM' | 'KEY' | 'HEADS' | 'CHECKPOINT';
export type FeedEnd = 'TOKEN_EXPIRED' | 'TOO_SLOW' | 'GRANT_CHANGED' | 'SHUTDOWN';

export interface FeedItem {
  kind: FeedItemKind;
  token: string;
  /** Its place in the log, where its token does not say it; else null. */
  seq: number | null;
  disclosures: readonly string[];
  /** Record ids of the grants under which it is handed out. */
  grants: readonly string[];
}

export interface FeedBatch {
  cursor: string;
  items: readonly FeedItem[];
  caughtUp: boolean;
  end: FeedEnd | null;
}

export interface Stretch {
  items: FeedItem[];
  /** Of the items: their tokens and disclosures. */
  characters: number;
  position: Position;
  /** Approval time of the last item, ms; null without items. */
  lastAt: number | null;
}

/** A part of the log, with `after < seq < before`, read for a position. */
export interface Window {
  entries: readonly KeyedEntry[];
  /** Whether nothing lies between the last of the entries and `before`. */
  complete: boolean;
}

/** The bounds of the window that a position needs next. `head` is the last seq. */
export function boundsOf({ seq, backfill }: Position, head: number): { after: number; before: number } {
  return backfill === null ? { after: seq, before: head + 1 } : { after: backfill, before: seq };
}

/** Whether what comes next depends on nothing but the reader's class. Grants are shown to each reader as far as it is meant. */
export function isShared({ backfill }: Position, { entries }: Window): boolean {
  return (
    backfill !== null ||
    (entries[0]?.entry.kind !== 'GRANT' && !entries.some(isErasure) && !entries.some(isLock))
  );
}

/** Its holder's organisation is shown who of it that is. */
function isLock({ entry }: KeyedEntry): boolean {
  return entry.kind === 'LOCK';
}

/** It is told to whoever could see its record, also by grants that are not in force any more. */
export function isErasure({ entry }: KeyedEntry): boolean {
  return erasureOf(entry.state) !== null;
}

/** The last checkpoint of a book, as it is handed out. */
export interface FeedCheckpoint {
  size: number;
  /** The signed note. */
  note: string;
  /** The token of its last entry. */
  heads: string;
}

/** A checkpoint in a feed. */
export function checkpointItems({ heads, note }: FeedCheckpoint): FeedItem[] {
  const nothing = { seq: null, disclosures: [], grants: [] };
  return [
    { kind: 'HEADS', token: heads, ...nothing },
    { kind: 'CHECKPOINT', token: note, ...nothing },
  ];
}

/** Walks a window: at most `limit` items, either all of them grants or none. */
export function walk(
  window: Window,
  from: Position,
  view: View,
  { limit, now }: { limit: number; now: number },
): Stretch {
  if (from.backfill !== null) return walkBack(window, from, view, limit, now);
  const stretch: Stretch = { items: [], characters: 0, position: from, lastAt: null };
  const isGrants = window.entries[0]?.entry.kind === 'GRANT';
  for (const keyed of window.entries) {
    const { kind, seq } = keyed.entry;
    if (isFull(stretch, limit) || (kind === 'GRANT') !== isGrants) break;
    stretch.position = { seq, backfill: null };
    if (kind === 'MANDATE' || kind === 'TERM' || kind === 'KEY')
      push(stretch, keyed, { kind, seq, disclosures: [], grants: [] });
    else if (isChange(keyed)) add(stretch, keyed, grantsFor(keyed, view, isGrants), view, now);
    if (isGrants && reachesBack(keyed, view)) {
      stretch.position = { seq, backfill: 0 };
      break;
    }
  }
  return stretch;
}

/** A subscriber takes an event of so much text, see peers/peer.ts: many large records go in several batches. */
const MAX_CHARACTERS = 1_000_000;

function isFull({ items, characters }: Stretch, limit: number): boolean {
  return items.length === limit || characters >= MAX_CHARACTERS;
}

/** What came before the grant at `from.seq`, as far as that grant or an earlier one opens it now. */
function walkBack(window: Window, from: Position, view: View, limit: number, now: number): Stretch {
  const stretch: Stretch = { items: [], characters: 0, position: from, lastAt: null };
  const done: Position = { seq: from.seq, backfill: null };
  const opening = view.inForce.find(({ since, backfill }) => since === from.seq && backfill);
  if (!opening) return { ...stretch, position: done };
  const grants = earlier(view, from.seq + 1);
  for (const keyed of window.entries) {
    if (isFull(stretch, limit)) return stretch;
    stretch.position = { seq: from.seq, backfill: keyed.entry.seq };
    if (isChange(keyed) && keyed.entry.kind !== 'GRANT') add(stretch, keyed, grants, view, now, opening.id);
  }
  return window.complete ? { ...stretch, position: done } : stretch;
}

function add(
  stretch: Stretch,
  keyed: KeyedChange,
  grants: readonly Grant[],
  { reader }: View,
  now: number,
  /** Only what this grant has a part in. */
  under?: string,
): void {
  const { entry, key } = keyed;
  if (grants.length === 0 && reader !== 'OWN') return;
  const question = reader === 'OWN' ? reader : { audience: reader, purpose: ORDINARY_PURPOSE, now };
  const handedOut = handOut(entry, key, grants, question);
  if (!handedOut) return;
  const reasons = new Set([...handedOut.permitted.values()].flat());
  if (under !== undefined && !reasons.has(under)) return;
  const { disclosures } = handedOut;
  push(stretch, keyed, {
    kind: entry.kind === 'GRANT' ? 'GRANT' : 'CHANGE',
    seq: null,
    disclosures,
    grants: [...reasons],
  });
}

function push(stretch: Stretch, { entry }: KeyedEntry, item: Omit<FeedItem, 'token'>): void {
  const { token, at } = entry;
  stretch.items.push({ token, ...item });
  stretch.characters += token.length;
  for (const { length } of item.disclosures) stretch.characters += length;
  stretch.lastAt = at.getTime();
}

function grantsFor(keyed: KeyedChange, view: View, isGrants: boolean): readonly Grant[] {
  if (isGrants) return itself(keyed, view);
  return isErasure(keyed) ? [...view.addressed.values()] : earlier(view, keyed.entry.seq);
}

function earlier({ inForce }: View, seq: number): readonly Grant[] {
  return inForce.filter(({ since }) => since < seq);
}

function itself({ entry }: KeyedEntry, { addressed }: View): readonly Grant[] {
  const grant = addressed.get(entry.record);
  return grant ? [grant] : [];
}

/** The first version of a grant in force that also opens what was recorded before it. */
function reachesBack({ entry }: KeyedEntry, { inForce }: View): boolean {
  return entry.version === 1 && inForce.some(({ since, backfill }) => since === entry.seq && backfill);
}
