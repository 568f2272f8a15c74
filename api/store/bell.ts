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
  close(): Promise<void>;
}

const LONGEST_PAUSE_MS = 5_000;
/** NOTIFY takes less than 8000 bytes; the sender's mark goes before the topic. */
const LONGEST_TOPIC_BYTES = 7_900;

/** Opens the bell. Resolves when it listens; rejects when the first connection fails. */
export async function openBell(url: string, channel: string): Promise<Bell> {
  const listeners = new Map<string, Set<() => void>>();
  const waiting = new Set<string>();
  let session: pg.Client | undefined;
  let closed = false;
  let sending: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;

  const wake = (topic: string): void => {
    for (const name of topic === '*' ? listeners.keys() : [topic, '*']) {
      for (const listener of [...(listeners.get(name) ?? [])]) listener();
    }
  };

  const connect = async (): Promise<void> => {
    const client = new pg.Client({
      ...connection(url),
      application_name: 'lotbook bell',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    client.on('error', () => undefined);
    client.once('end', () => {
      if (session !== client) return;
      session = undefined;
      if (!closed) again(0);
    });
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const own = rows[0]?.pid;
      client.on('notification', ({ processId, payload }) => {
        // Its own listeners were woken when it rang.
        if (processId !== own && payload) wake(payload);
      });
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (closed) return client.end();
    session = client;
  };

  const again = (attempt: number): void => {
    const pauseMs = attempt === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 50 * 2 ** attempt);
    retry = setTimeout(() => {
      connect().then(
        () => {
          if (closed) return;
          wake('*');
          send();
        },
        () => closed || again(attempt + 1),
      );
    }, pauseMs);
  };

  /** One statement for all topics that wait; rings during it go with the next one. */
  const send = (): void => {
    sending = sending.then(async () => {
      if (!session || waiting.size === 0) return;
      const topics = [...waiting];
      waiting.clear();
      await session
        .query('SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS topic', [channel, topics])
        .then(
          () => undefined,
          () => topics.forEach((topic) => waiting.add(topic)),
        );
    });
  };

  await connect();
  return {
    ring: (topic) => {
      if (topic === '' || topic === '*' || Buffer.byteLength(topic) > LONGEST_TOPIC_BYTES) {
        throw new RangeError(`a topic is 1 to ${LONGEST_TOPIC_BYTES} bytes and not "*"`);
      }
      waiting.add(topic);
      wake(topic);
      send();
    },
    on: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(topic) === set) listeners.delete(topic);
      };
    },
    close: async () => {
      closed = true;
      clearTimeout(retry);
      await sending;
      await session?.end().catch(() => undefined);
      listeners.clear();
    },
  };
}
