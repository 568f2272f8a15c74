import { setTimeout as sleep } from 'node:timers/promises';
import { LotbookError } from '../../errors.ts';
import { NotRunningError, type OwnNode } from '../own-node.ts';
import type { Chunk } from './read.ts';

/** What the node answers of one chunk. */
export interface ChunkAnswer {
  state: 'APPROVED' | 'PENDING' | 'REFUSED' | 'REJECTED' | 'QUEUED' | 'PROVISIONAL';
  outcome: { record: string; version: number; seq: number }[];
  error: {
    code: string;
    message: string;
    duty: string;
    place: string | null;
    retryAfterMs: number | null;
  } | null;
}

export interface Sender {
  node: Pick<OwnNode, 'query'>;
  book: string;
  /** Told when the node is to be asked again: why, and after how long. */
  onRetry(why: string, afterMs: number): void;
  /** Ends the wait for a retry; what is on its way is waited for. */
  signal: AbortSignal;
}

const REQUEST = `mutation ($updates: [UpdateInput!]!) {
  requestUpdates(updates: $updates) {
    requests { state outcome { record version seq } error { code message duty place retryAfterMs } }
  }
}`;

const CHUNKS_IN_CALL = 5;
/** After these the same call may succeed; it has the same keys, so it takes effect once. */
const PASSING: ReadonlySet<string> = new Set([
  'TOO_BUSY',
  'TOO_MANY_CALLS',
  'IN_USE',
  'UNABLE',
  'SHUTTING_DOWN',
  'UNREACHABLE',
]);
const MOST_TRIES = 10;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Sends chunks in their order and yields the answer of each, in that order. Several go in one call as long as they are about
 * different records: updates of one call do not wait for one another. Ends early when the signal aborts.
 *
 * @throws LotbookError, CommandError when the node does not take the call at all, or not in about a minute
 */
export async function* sendChunks(
  sender: Sender,
  chunks: readonly Chunk[],
): AsyncGenerator<{ chunk: Chunk; answer: ChunkAnswer }, void> {
  for (const call of callsOf(chunks)) {
    if (sender.signal.aborted) return;
    for (const { chunk, answer } of await sendCall(sender, call)) yield { chunk, answer };
  }
}

export function callsOf(chunks: readonly Chunk[]): Chunk[][] {
  const calls: Chunk[][] = [];
  let ids = new Set<string>();
  for (const chunk of chunks) {
    const last = calls.at(-1);
    const isFree = chunk.changes.every(({ record }) => !ids.has(record));
    if (last && isFree && last.length < CHUNKS_IN_CALL) last.push(chunk);
    else {
      ids = new Set();
      calls.push([chunk]);
    }
    for (const { record } of chunk.changes) ids.add(record);
  }
  return calls;
}

async function sendCall(
  sender: Sender,
  chunks: readonly Chunk[],
): Promise<{ chunk: Chunk; answer: ChunkAnswer }[]> {
  const answers = new Map<Chunk, ChunkAnswer>();
  let waiting = [...chunks];
  for (let tries = 1; waiting.length > 0; tries += 1) {
    let passing: Passing | null = null;
    try {
      for (const [index, answer] of (await request(sender, waiting)).entries()) {
        const chunk = waiting[index] as Chunk;
        answers.set(chunk, answer);
        if (answer.error && PASSING.has(answer.error.code)) passing = answer.error;
      }
      waiting = waiting.filter((chunk) => PASSING.has(answers.get(chunk)?.error?.code ?? ''));
    } catch (error) {
      if (isTooLarge(error) && waiting.length > 1) return oneByOne(sender, waiting);
      passing = passingOf(error);
      if (!passing || tries >= MOST_TRIES) throw error;
    }
    if (waiting.length === 0 || !passing || tries >= MOST_TRIES) break;
    if (!(await pause(sender, passing, tries))) break;
  }
  return chunks.flatMap((chunk) => {
    const answer = answers.get(chunk);
    return answer ? [{ chunk, answer }] : [];
  });
}

async function oneByOne(
  sender: Sender,
  chunks: readonly Chunk[],
): Promise<{ chunk: Chunk; answer: ChunkAnswer }[]> {
  const answers = [];
  for (const chunk of chunks) answers.push(...(await sendCall(sender, [chunk])));
  return answers;
}

async function request({ node, book }: Sender, chunks: readonly Chunk[]): Promise<ChunkAnswer[]> {
  const updates = chunks.map(({ key, changes }) => ({ book, key, changes }));
  const data = await node.query(REQUEST, { updates });
  return (data['requestUpdates'] as unknown as { requests: ChunkAnswer[] }).requests;
}

interface Passing {
  message: string;
  retryAfterMs?: number | null | undefined;
}

/** Null where asking again does not help. */
function passingOf(error: unknown): Passing | null {
  if (error instanceof NotRunningError) return { message: error.message };
  if (!(error instanceof LotbookError) || !PASSING.has(error.code)) return null;
  return { message: error.message, retryAfterMs: error.details.retryAfterMs };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof LotbookError && error.code === 'TOO_LARGE';
}

/** @returns false when the signal ended it */
async function pause({ signal, onRetry }: Sender, why: Passing, tries: number): Promise<boolean> {
  const backOffMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  const afterMs = Math.max(backOffMs, Math.min(why.retryAfterMs ?? 0, LONGEST_PAUSE_MS));
  onRetry(why.message, afterMs);
  return sleep(afterMs, true, { signal }).catch(() => false);
}
