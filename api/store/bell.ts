import pg from 'pg';
import { connection } from './database.ts';

/**
 * A wake-up bell between the processes of one node, over LISTEN and NOTIFY. It never carries data: a listener looks
 * into the database by its cursor. It may ring too often (after a reconnect everybody is woken, for a ring may have been
 * missed), so a listener must bear a ring without news, and must not throw; a ring may be lost only while the database is away.
 */
export interface Bell {
  /** Wakes the listeners of the topic: of this process before it returns, of the others soon. Ring after the commit. */
  ring(topic: string): void;
  /** Listens to one topic, or with '*' to all. Returns how to stop. */
  on(topic: string, listener: () => void): () => void;
  /**
   * Says something to the other processes, for what is stored nowhere: JSON of less than 8000 bytes. Whoever is not connected at
   * that moment misses it.
   */
  say(words: string): void;
  /** Hears what other processes say. Returns how to stop. */
  hear(listener: (words: string) => void): () => void;
  close(): Promise<void>;
}

const LONGEST_PAUSE_MS = 5_000;
/** NOTIFY takes less than 8000 bytes; the sender's mark goes before the topic. */
const LONGEST_TOPIC_BYTES = 7_900;

/** Opens the bell. Resolves when it listens; rejects when the first connection fails. */
export async function openBell(url: string, channel: string): Promise<Bell> {
  const bell = new ListeningBell(url, channel);
  await bell.connect();
  return bell;
}

class ListeningBell implements Bell {
  private readonly listeners = new Map<string, Set<() => void>>();
  /** topics rung here and not yet sent to the others */
  private readonly waiting = new Set<string>();
  private readonly hearers = new Set<(words: string) => void>();
  private sending: Promise<void> = Promise.resolve();
  private session: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly channel: string,
  ) {}

  ring(topic: string): void {
    if (topic === '' || topic === '*' || Buffer.byteLength(topic) > LONGEST_TOPIC_BYTES) {
      throw new RangeError(`a topic is 1 to ${LONGEST_TOPIC_BYTES} bytes and not "*"`);
    }
    this.waiting.add(topic);
    this.wake([topic, '*']);
    this.send();
  }

  on(topic: string, listener: () => void): () => void {
    const set = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.listeners.get(topic) === set) this.listeners.delete(topic);
    };
  }

  say(words: string): void {
    this.sending = this.sending.then(async () => {
      await this.session
        ?.query('SELECT pg_notify($1, $2)', [this.wordsChannel, words])
        .catch(() => undefined);
    });
  }

  hear(listener: (words: string) => void): () => void {
    this.hearers.add(listener);
    return () => void this.hearers.delete(listener);
  }

  private get wordsChannel(): string {
    return `${this.channel} words`;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.sending;
    await this.session?.end().catch(() => undefined);
    this.listeners.clear();
  }

  async connect(): Promise<void> {
    const client = new pg.Client({
      ...connection(this.url),
      application_name: 'lotbook bell',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    client.on('error', () => undefined);
    client.once('end', () => this.ended(client));
    try {
      await client.connect();
      await this.listen(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.closed) await client.end();
    else this.session = client;
  }

  private async listen(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    client.on('notification', ({ processId, channel, payload }) => {
      // Its own listeners were woken when it rang.
      if (processId === rows[0]?.pid || !payload) return;
      if (channel === this.channel) this.wake([payload, '*']);
      else for (const hearer of this.hearers) hearer(payload);
    });
    for (const channel of [this.channel, this.wordsChannel])
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
  }

  private ended(client: pg.Client): void {
    if (this.session !== client) return;
    this.session = undefined;
    this.reconnect(0);
  }

  private reconnect(attempt: number): void {
    if (this.closed) return;
    const pauseMs = attempt === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt);
    this.retry = setTimeout(() => {
      this.connect().then(
        () => {
          this.wake([...this.listeners.keys()]);
          this.send();
        },
        () => this.reconnect(attempt + 1),
      );
    }, pauseMs);
  }

  private wake(topics: string[]): void {
    for (const topic of topics) {
      for (const listener of this.listeners.get(topic) ?? []) listener();
    }
  }

  /** One statement for all topics that wait; rings during it go with the next one. */
  private send(): void {
    this.sending = this.sending.then(async () => {
      if (!this.session || this.waiting.size === 0) return;
      const topics = [...this.waiting];
      this.waiting.clear();
      try {
        await this.session.query('SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS topic', [
          this.channel,
          topics,
        ]);
      } catch {
        for (const topic of topics) this.waiting.add(topic);
      }
    });
  }
}
