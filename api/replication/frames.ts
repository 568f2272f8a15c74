import type { Frame, Head } from '../authority/words.ts';
import {
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  extendFrontier,
  rootOf,
  type Frontier,
} from '../ledger/tree.ts';
import type { Pool } from '../store/database.ts';
import {
  readDecided,
  readFrameEnd,
  readFrameEnds,
  readLogged,
  type FrameEnd,
  type StoredFrame,
} from '../store/replica.ts';
import { decodeBody, encodeBody, type Body } from './body.ts';
import type { WireFrame } from './wire.ts';

/** A proposal in memory: its place, what it holds, and the frontier of the log behind it. */
export interface TailFrame extends Frame {
  readonly prev: Head;
  readonly frontier: Frontier;
  readonly text: string;
  readonly body: Body;
}

export const EMPTY_HEAD: Head = { len: 0, head: rootOf(EMPTY_FRONTIER) };

/** Puts entries behind a frontier. */
export function makeFrame(after: Frontier, body: Body, n: number, text = encodeBody(body)): TailFrame {
  const frontier = extendFrontier(
    after,
    body.entries.map(({ hash }) => hash),
  );
  return { prev: headOf(after), to: headOf(frontier), n, frontier, text, body };
}

export function headOf(frontier: Frontier): Head {
  return { len: frontier.length, head: rootOf(frontier) };
}

export function storedOf({ to, n, frontier, text }: TailFrame): StoredFrame {
  return { to: to.len, head: to.head, frontier: encodeFrontier(frontier), term: n, body: text };
}

export function frontierOf({ to, frontier }: Pick<FrameEnd, 'to' | 'frontier'>): Frontier {
  return decodeFrontier(to, frontier);
}

/** Reads what the database kept of a tail that begins behind `after`. */
export function tailOf(after: Frontier, stored: readonly (FrameEnd & { body: string })[]): TailFrame[] {
  const frames: TailFrame[] = [];
  let frontier = after;
  for (const { to, head, term, body } of stored) {
    const frame = makeFrame(frontier, decodeBody(body, frontier.length), term, body);
    if (frame.to.len !== to || frame.to.head !== head) throw new Error(`the stored frame ${to} is damaged`);
    frames.push(frame);
    frontier = frame.frontier;
  }
  return frames;
}

/** Reads what came over the network. Null where the entries do not lead to the head that is claimed. */
export function receivedFrame(after: Frontier, { to, n, body }: WireFrame): TailFrame | null {
  const frame = makeFrame(after, decodeBody(body, after.length), n, body);
  return frame.to.len === to.len && frame.to.head === to.head ? frame : null;
}

/** The frontier of the final log at the end of a frame; null if none ends there. */
export async function finalFrontier(pool: Pool, book: string, { len, head }: Head): Promise<Frontier | null> {
  if (len === 0) return head === EMPTY_HEAD.head ? EMPTY_FRONTIER : null;
  const end = await readFrameEnd(pool, book, len);
  return end?.head === head ? frontierOf(end) : null;
}

/** What one message holds at most: characters, and entries. */
const MOST_CHARACTERS = 4_000_000;
const MOST_FRAMES = 64;

/** Final frames behind `from`, up to `upTo`, made again from the entries; as many as one message takes. */
export async function finalFrames(
  pool: Pool,
  book: string,
  from: number,
  upTo: number,
): Promise<WireFrame[]> {
  const ends = await readFrameEnds(pool, book, { after: from, upTo, limit: MOST_FRAMES });
  const frames: WireFrame[] = [];
  let after = from;
  let characters = 0;
  for (const { to, head, term } of ends) {
    const body = await bodyOf(pool, book, after, to);
    frames.push({ to: { len: to, head }, n: term, body });
    after = to;
    characters += body.length;
    if (characters >= MOST_CHARACTERS) break;
  }
  return frames;
}

/** The first frames of a tail; at least one. */
export function firstFrames(tail: readonly TailFrame[]): WireFrame[] {
  const frames: WireFrame[] = [];
  let characters = 0;
  for (const { to, n, text } of tail) {
    if (frames.length > 0 && characters + text.length > MOST_CHARACTERS) break;
    frames.push({ to, n, body: text });
    characters += text.length;
  }
  return frames;
}

async function bodyOf(pool: Pool, book: string, after: number, upTo: number): Promise<string> {
  const logged = await readLogged(pool, book, after, upTo);
  const requests = await readDecided(pool, [...new Set(logged.map(({ request }) => request))]);
  return encodeBody({
    at: logged[0]?.at ?? new Date(0),
    entries: logged.map(({ firstSeq, key, ...entry }) => ({
      ...entry,
      firstSeq: firstSeq ?? entry.seq,
      hash: '',
      recordKey: key,
      eventTime: null,
      links: [],
    })),
    requests,
  });
}
