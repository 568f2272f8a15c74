import type { JsonObject } from '../../../api/identity/strict-json.ts';
import { sleep, type NodeProcess } from '../../support/nodes.ts';
import type { Outcome, Target } from '../kill/load.ts';

/** An update request that a program was told the end of, at a time of `performance.now()`. */
export interface Told {
  key: string;
  state: string;
  outcome: Outcome[];
  askedAt: number;
  at: number;
}

/** A program of an organisation: asks its own node for updates, and follows each request until it is decided. */
export interface Asker extends Target {
  organisation: string;
  told: Told[];
  /** Calls that had no answer, or none that a program can go on with. */
  failures: { at: number; why: string }[];
  /** Keys of requests that it asked for and knows no end of. */
  waiting(): string[];
}

interface Answer extends JsonObject {
  id: string | null;
  key: string;
  state: string;
}

interface Following {
  decided: Promise<Answer>;
  resolve(answer: Answer): void;
  reject(why: Error): void;
}

const OPEN = new Set(['QUEUED', 'PROVISIONAL', 'PENDING']);
const POLL_MS = 30;
/** A document calls at most so many. */
const MOST_AT_ONCE = 10;

export function openAsker(node: NodeProcess): Asker {
  const told: Told[] = [];
  const failures: Asker['failures'] = [];
  const following = new Map<string, Following>();
  let isLooking = false;
  const waiting = new Set<readonly { key: string }[]>();

  const follow = (answer: Answer): Promise<Answer> => {
    if (answer.id === null || !OPEN.has(answer.state)) return Promise.resolve(answer);
    // A call may name one request twice.
    const known = following.get(answer.id);
    if (known) return known.decided;
    const entry = {} as Following;
    entry.decided = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    following.set(answer.id, entry);
    if (!isLooking) void look();
    return entry.decided;
  };
  const look = async (): Promise<void> => {
    isLooking = true;
    while (following.size > 0) {
      await sleep(POLL_MS);
      const ids = [...following.keys()];
      for (let at = 0; at < ids.length; at += MOST_AT_ONCE) {
        // A node that is down is asked again.
        await read(ids.slice(at, at + MOST_AT_ONCE)).catch(() => undefined);
      }
    }
    isLooking = false;
  };
  const read = async (ids: readonly string[]): Promise<void> => {
    const data = await node.query(
      `query { ${ids.map((id, at) => `r${at}: request(id: "${id}") { id key state outcome { record version seq } error { code message } }`).join(' ')} }`,
    );
    for (const [at, id] of ids.entries()) {
      const answer = data[`r${at}`] as Answer | null;
      if (answer && OPEN.has(answer.state)) continue;
      const waiter = following.get(id);
      following.delete(id);
      if (answer) waiter?.resolve(answer);
      else waiter?.reject(new Error(`${node.organisation} does not know request ${id} any more`));
    }
  };
  const failed = (why: string): void => void failures.push({ at: performance.now(), why });

  return {
    organisation: node.organisation,
    told,
    failures,
    waiting: () => [...waiting].flatMap((updates) => updates.map(({ key }) => key)),
    mutate: async (document, variables) => {
      const askedAt = performance.now();
      const updates = variables['updates'] as readonly { key: string }[];
      waiting.add(updates);
      try {
        const { requests } = await node.mutate(document, variables);
        const answers = await Promise.all(
          (requests as Answer[]).map(async (first) => {
            const answer = await follow(first);
            const outcome = answer['outcome'] as unknown as Outcome[];
            told.push({ key: answer.key, state: answer.state, outcome, askedAt, at: performance.now() });
            if (answer.state !== 'APPROVED') failed(`${answer.key} ${JSON.stringify(answer['error'])}`);
            return answer;
          }),
        );
        return { requests: answers };
      } catch (error) {
        failed(String(error));
        throw error;
      } finally {
        waiting.delete(updates);
      }
    },
  };
}
