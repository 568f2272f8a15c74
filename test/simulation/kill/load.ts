import type { JsonObject } from '../../../api/identity/strict-json.ts';
import { sleep } from '../../support/nodes.ts';
import { between, pick, type Random } from './random.ts';

/** A node that takes update requests, or whichever process of it lives. */
export interface Target {
  mutate(document: string, variables: Record<string, unknown>): Promise<JsonObject>;
}

export interface Outcome {
  record: string;
  version: number;
  seq: number;
}

/** An update request that a node said "approved" to. */
export interface Acknowledged {
  id: string;
  key: string;
  outcome: Outcome[];
  /** What the state of each changed record has to hold. */
  marks: string[];
}

interface Change {
  record: string;
  kind: string;
  base: number | null;
  fields?: JsonObject;
  content?: JsonObject;
}

interface Update {
  book: string;
  key: string;
  changes: Change[];
}

interface Answer {
  id: string | null;
  key: string;
  state: string;
  outcome: Outcome[];
  error: { code: string; message: string } | null;
}

export interface Load {
  acknowledged: Map<string, Acknowledged>;
  /** Answers that no client may get, and answers to a repeated request that differ from the first. */
  faults: string[];
  /** Requests that had no answer and were sent again under their key. */
  retried(): number;
  /** When the last answer came, ms. */
  lastAnswerAt(): number;
  /** No new requests; resolves when every request has its answer. */
  finish(): Promise<void>;
}

const REQUEST = `mutation ($updates: [UpdateInput!]!) {
  requestUpdates(updates: $updates) {
    requests { id key state outcome { record version seq } error { code message } }
  }
}`;

const PASSING = new Set(['IN_USE', 'TOO_BUSY', 'SHUTTING_DOWN', 'INTERNAL']);
const PRODUCT = 'https://id.gs1.org/01/09521141012345';

/**
 * Clients that create and change lots and events of a book, several changes per update, and send requests again, as long
 * as the load runs. What gets no answer is sent again under the same key until it gets one.
 */
export function openLoad(input: {
  book: string;
  targetOf: (client: number) => Target;
  clients: number;
  /** Between two calls of a client, ms. */
  pauseMs?: number;
  /** Whether a client also changes the product that all change, without a base. Only the owner's own people may. */
  mayGoWithoutBase?: (client: number) => boolean;
  random: Random;
}): Load {
  const acknowledged = new Map<string, Acknowledged>();
  const faults: string[] = [];
  const state = { isOver: false, retried: 0, lastAnswerAt: 0 };

  const keep = (update: Update, answer: Answer): void => {
    const { id, outcome } = answer;
    if (answer.state !== 'APPROVED' || id === null) {
      faults.push(
        `${update.key} was answered ${answer.state} ${answer.error?.code} ${answer.error?.message}`,
      );
      return;
    }
    const before = acknowledged.get(update.key);
    if (before && JSON.stringify([before.id, before.outcome]) !== JSON.stringify([id, outcome])) {
      faults.push(`${update.key} was answered in two ways`);
    }
    const marks = update.changes.map((_change, at) => `${update.key} ${at}`);
    acknowledged.set(update.key, { id, key: update.key, outcome, marks });
  };

  const send = async (client: number, updates: readonly Update[]): Promise<void> => {
    let open = [...updates];
    for (;;) {
      try {
        const { requests } = await input.targetOf(client).mutate(REQUEST, { updates: open });
        state.lastAnswerAt = Date.now();
        const answers = requests as unknown as Answer[];
        open = open.filter((update, at) => {
          const answer = answers[at] as Answer;
          if (answer.error && PASSING.has(answer.error.code)) return true;
          keep(update, answer);
          return false;
        });
      } catch {
        // Whether it took effect is unknown: that is what the key is for.
      }
      if (open.length === 0) return;
      state.retried += open.length;
      await sleep(between(input.random, 10, 60));
    }
  };

  const run = async (client: number): Promise<void> => {
    const writer = new Writer(input.book, client, input.random, input.mayGoWithoutBase?.(client) ?? true);
    while (!state.isOver) {
      const updates = writer.next();
      await send(client, updates);
      writer.learn(updates.map(({ key }) => acknowledged.get(key)).filter((each) => each !== undefined));
      await sleep(input.pauseMs ?? 5);
    }
  };
  const running = Array.from({ length: input.clients }, (_, client) => run(client));
  return {
    acknowledged,
    faults,
    retried: () => state.retried,
    lastAnswerAt: () => state.lastAnswerAt,
    finish: async () => {
      state.isOver = true;
      await Promise.all(running);
    },
  };
}

/** What one client asks for: its own lots and events, and a product that all of them change. */
class Writer {
  private readonly versions = new Map<string, number>();
  private readonly done: Update[] = [];
  private count = 0;

  constructor(
    private readonly book: string,
    private readonly client: number,
    private readonly random: Random,
    private readonly mayGoWithoutBase: boolean,
  ) {}

  next(): Update[] {
    const taken = new Set<string>();
    const updates = Array.from({ length: between(this.random, 1, 4) }, () => this.update(taken));
    if (this.done.length > 0 && this.random() < 0.15) updates.push(pick(this.random, this.done));
    return updates;
  }

  learn(answers: readonly Acknowledged[]): void {
    for (const { outcome } of answers) {
      for (const { record, version } of outcome) {
        this.versions.set(record, Math.max(version, this.versions.get(record) ?? 0));
      }
    }
  }

  /** Updates of one call do not depend on one another: each record is in one of them. */
  private update(taken: Set<string>): Update {
    this.count += 1;
    const key = `client ${this.client} request ${this.count}`;
    const changes: Change[] = [];
    const size = this.random() < 0.3 ? between(this.random, 2, 6) : 1;
    for (let at = 0; at < size; at += 1) changes.push(this.change(`${key} ${at}`, taken));
    const update = { book: this.book, key, changes };
    this.done.push(update);
    return update;
  }

  private change(mark: string, taken: Set<string>): Change {
    const chance = this.random();
    if (chance < 0.08 && this.mayGoWithoutBase && !taken.has(PRODUCT)) {
      taken.add(PRODUCT);
      return { record: PRODUCT, kind: 'PRODUCT', base: null, fields: { note: mark } };
    }
    const own = [...this.versions.keys()].filter((id) => id.includes('/10/') && !taken.has(id));
    if (chance < 0.5 && own.length > 0) {
      const record = pick(this.random, own.slice(-20));
      taken.add(record);
      const fields = { note: mark, quantity: String(between(this.random, 1, 999)) };
      return { record, kind: 'LOT', base: this.versions.get(record) ?? 0, fields };
    }
    const lot = `${PRODUCT}/10/${idOf(mark)}`;
    taken.add(lot);
    if (chance < 0.9)
      return { record: lot, kind: 'LOT', base: 0, content: { note: mark, quantity: '12.5', uom: 'KGM' } };
    return { record: `urn:event:${idOf(mark)}`, kind: 'EVENT', base: 0, content: eventOf(lot, mark) };
  }
}

/** Lot numbers have at most 20 characters. */
function idOf(mark: string): string {
  return mark.replaceAll(/[a-z]+ /g, '').replaceAll(' ', '-');
}

function eventOf(lot: string, mark: string): JsonObject {
  return {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: '2026-07-01T08:00:00Z',
    eventTimeZoneOffset: '+02:00',
    bizStep: 'shipping',
    quantityList: [{ epcClass: lot, quantity: '12.5', uom: 'KGM' }],
    '{https://simulation.example/}mark': mark,
  };
}
