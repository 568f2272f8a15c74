import { connect, type Socket } from 'node:net';
import { now } from '../support/now.ts';
import { serveCalls } from '../support/worker.ts';

export interface Subscriptions {
  port: number;
  /** The HTTP requests that open the streams; they are used in turn. */
  requests: string[];
  count: number;
  /** Of so many streams every item is looked at for its age. */
  sampled: number;
}

export interface Received {
  /** By `now()`: as the last of all streams reached the place. */
  endedAt: number;
  bytes: number;
}

const TAIL = 512;
const QUIET_MS = 500;
const streams: Stream[] = [];
let firstBytes = 0;
let lastBytesAt = 0;
let target = 0;
let reached = 0;
let tellReached: (() => void) | null = null;

/** One subscriber. It looks at the end of what came only, where the cursor of the last batch is. */
class Stream {
  readonly socket: Socket;
  readonly ages: number[] = [];
  bytes = 0;
  seq = 0;
  cursor = '';
  frames: Buffer[] | null = null;
  #tail: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #isSampled: boolean;
  #text = '';

  constructor(port: number, request: string, isSampled: boolean) {
    this.#isSampled = isSampled;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => this.socket.write(request));
    this.socket.on('data', (chunk) => this.#take(chunk));
    this.socket.on('error', () => undefined);
  }

  #take(chunk: Buffer): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      firstBytes += 1;
    }
    this.bytes += chunk.length;
    this.frames?.push(chunk);
    if (this.#isSampled) this.#look(chunk);
    this.#tail =
      chunk.length >= TAIL ? chunk.subarray(-TAIL) : Buffer.concat([this.#tail, chunk]).subarray(-TAIL);
    lastBytesAt = Date.now();
    const place = lastPlace(this.#tail);
    if (place === null) return;
    const before = this.seq;
    const { seq } = place;
    this.seq = seq;
    this.cursor = place.cursor;
    if (before < target && seq >= target && ++reached === streams.length) tellReached?.();
  }

  /** The age of each item: from the `iat` of its token, which is set before it is sealed and committed. */
  #look(chunk: Buffer): void {
    const receivedAt = Date.now();
    this.#text += chunk.toString('latin1');
    const end = this.#text.lastIndexOf('\n\n');
    if (end < 0) return;
    for (const [, payload = ''] of this.#text.slice(0, end).matchAll(/"token":"[\w-]+\.([\w-]+)\./g)) {
      const { iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number };
      this.ages.push(receivedAt - iat * 1000);
    }
    this.#text = this.#text.slice(end + 2);
  }
}

/** The last cursor and the seq in it; batches are asked for with the cursor at their end. */
function lastPlace(tail: Buffer): { cursor: string; seq: number } | null {
  const text = tail.toString('latin1');
  const at = text.lastIndexOf('"cursor":"');
  if (at < 0) return null;
  const [, cursor] = /^([\w-]+)"/.exec(text.slice(at + 10)) ?? [];
  if (cursor === undefined) return null;
  const [, seq] = /^1\.[\w-]+\.(\d+)/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  return seq === undefined ? null : { cursor, seq: Number(seq) };
}

serveCalls({
  /** Opens streams; resolves when each has its first bytes. */
  open: async ({ port, requests, count, sampled }: Subscriptions) => {
    firstBytes = 0;
    for (let nr = 0; nr < count; nr += 1) {
      const isSampled = nr % Math.ceil(count / Math.max(1, sampled)) === 0 && sampled > 0;
      streams.push(new Stream(port, requests[nr % requests.length] as string, isSampled));
      // No burst of connections that overflows the server's queue.
      if (nr % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (firstBytes < count) return;
        clearInterval(poll);
        resolve();
      }, 5);
    });
  },
  /** Waits until nothing more comes; the last cursors of the first streams. */
  quiet: async (count: number): Promise<string[]> => {
    do await new Promise((resolve) => setTimeout(resolve, 100));
    while (Date.now() - lastBytesAt < QUIET_MS);
    return streams.slice(0, count).map(({ cursor }) => cursor);
  },
  /** From now on the bytes count; with `keep` those of the first streams are kept. */
  expect: ({ seq, keep }: { seq: number; keep: number }) => {
    target = seq;
    reached = 0;
    for (const [nr, stream] of streams.entries()) {
      stream.bytes = 0;
      stream.ages.length = 0;
      stream.frames = nr < keep ? [] : null;
    }
  },
  /** Resolves when every stream has come to the place that was expected. */
  reached: async (): Promise<Received> => {
    const isThere = () => streams.every(({ seq }) => seq >= target);
    if (!isThere()) await new Promise<void>((resolve) => (tellReached = resolve));
    const endedAt = now();
    return { endedAt, bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0) };
  },
  ages: () => streams.flatMap(({ ages }) => ages),
  /** What the first streams received, as text, without the chunks of HTTP. */
  kept: () => streams.flatMap(({ frames }) => (frames ? [unchunked(Buffer.concat(frames))] : [])),
  close: async () => {
    for (const { socket } of streams) socket.destroy();
    streams.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 300));
  },
});

/** Bodies of chunked HTTP (RFC 9112, section 7.1) from the beginning of a chunk on. */
function unchunked(bytes: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!Number.isFinite(size) || size === 0) break;
    parts.push(bytes.toString('latin1', line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return parts.join('');
}
