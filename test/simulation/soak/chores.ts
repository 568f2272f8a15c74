import { gunzipSync } from 'node:zlib';
import { splitLines, verifyExport } from '../../../api/ledger/export/index.ts';
import type { JsonObject } from '../../../api/identity/strict-json.ts';
import { sleep, until, type NodeProcess } from '../../support/nodes.ts';
import { TestBrowser } from '../../support/people.ts';
import { between, type Random } from '../kill/random.ts';

/** What a program or a person does again and again at one node. */
interface Chore {
  name: string;
  /** From the end of one to the begin of the next, ms. */
  pauseMs: readonly [least: number, most: number];
  once(): Promise<void>;
}

/** How long what was done of one chore took, ms. */
export interface Done {
  name: string;
  times: number[];
}

export interface Chores {
  done: Done[];
  /** What did not go as it has to, though nothing had happened to the node. */
  faults: string[];
  finish(): Promise<void>;
}

const BOOK = 'depot';
const PASSWORD = 'correct horse battery';
const EVENTS_OF_A_LOT = 4;

/**
 * Captures, traces, exports, logs in and follows the feed at a node of a partner, in a book of its own, to which nobody does
 * any harm: whatever fails there, nobody has caused.
 */
export async function openChores(node: NodeProcess, random: Random): Promise<Chores> {
  await node.mutate(
    'mutation ($input: CreateBookInput!) { createBook(input: $input) { error { message duty } } }',
    { input: { name: BOOK, title: 'Depot' } },
  );
  const depot = new Depot(node, `${node.organisation}/${BOOK}`);
  const person = await firstPerson(node);
  const chores: Chore[] = [
    { name: 'capture', pauseMs: [200, 800], once: () => depot.capture() },
    { name: 'trace', pauseMs: [300, 1_500], once: () => depot.trace() },
    { name: 'export and verify', pauseMs: [8_000, 15_000], once: () => depot.exportAndVerify() },
    { name: 'log in and out', pauseMs: [1_000, 4_000], once: () => logInAndOut(node, person) },
  ];
  const faults: string[] = [];
  const state = { isOver: false };
  const failed = (what: string, error: unknown): void =>
    void faults.push(`${node.organisation} at ${new Date().toISOString()}, ${what}: ${String(error)}`);

  const done = chores.map(({ name }): Done => ({ name, times: [] }));
  const run = async ({ name, pauseMs, once }: Chore, { times }: Done): Promise<void> => {
    while (!state.isOver) {
      await sleep(between(random, ...pauseMs));
      const startedAt = performance.now();
      await once().then(
        () => times.push(performance.now() - startedAt),
        (error: unknown) => failed(name, error),
      );
    }
  };
  const follower = depot.follow(state).catch((error: unknown) => failed('feed', error));
  const running = chores.map((chore, at) => run(chore, done[at] as Done));
  return {
    done,
    faults,
    finish: async () => {
      state.isOver = true;
      await Promise.all(running);
      await until('the feed has everything', async () => depot.followed >= depot.captured).catch(
        () => undefined,
      );
      if (depot.followed !== depot.captured)
        failed('feed', `${depot.captured} events were captured and ${depot.followed} came`);
      // Its stream ends with the token at the latest: it is not waited for.
      void follower;
    },
  };
}

/** Lots that are received, repacked into the next one and shipped: a chain that grows. */
class Depot {
  captured = 0;
  private readonly seen = new Set<string>();
  private lots = 0;

  constructor(
    private readonly node: NodeProcess,
    private readonly book: string,
  ) {}

  get followed(): number {
    return this.seen.size;
  }

  async capture(): Promise<void> {
    const [from, to] = [this.lots, this.lots + 1].map(lotOf) as [string, string];
    const at = new Date().toISOString();
    const amount = (epcClass: string) => [{ epcClass, quantity: 12.5, uom: 'KGM' }];
    const common = { eventTime: at, eventTimeZoneOffset: '+00:00' };
    const observed = (bizStep: string, lot: string) => ({
      ...common,
      type: 'ObjectEvent',
      action: 'OBSERVE',
      bizStep,
      quantityList: amount(lot),
    });
    const repacked = {
      ...common,
      type: 'TransformationEvent',
      inputQuantityList: amount(from),
      outputQuantityList: amount(to),
    };
    const eventList = [
      observed('receiving', from),
      repacked,
      observed('inspecting', to),
      observed('shipping', to),
    ];
    const document = {
      '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: at,
      epcisBody: { eventList },
    };
    const sent = await this.fetch(`/epcis/capture?book=${encodeURIComponent(this.book)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/ld+json' },
      body: JSON.stringify(document),
    });
    const place = sent.headers.get('location') ?? '';
    let job: JsonObject = {};
    await until('the document is captured', async () => {
      job = (await (await this.fetch(place)).json()) as JsonObject;
      return job['running'] === false;
    });
    if (job['success'] !== true) throw new Error(JSON.stringify(job));
    this.captured += EVENTS_OF_A_LOT;
    this.lots += 1;
  }

  /** The last lot was made of all before it, as far as a trace of this depth looks. */
  async trace(): Promise<void> {
    const depth = 20;
    const lots = this.lots;
    if (lots === 0) return;
    let summary: JsonObject | null = null;
    const batches = this.node.subscribe(
      'subscription ($input: TraceInput!) { trace(input: $input) { summary { things events } } }',
      { input: { starts: [{ thing: lotOf(lots) }], direction: 'BACK', depth, books: [this.book] } },
    );
    for await (const { trace } of batches) summary = (trace as JsonObject)['summary'] as JsonObject | null;
    const expected = Math.min(lots, depth) + 1;
    if (summary?.['things'] !== expected)
      throw new Error(`${String(summary?.['things'])} lots were found, not ${expected}`);
  }

  async exportAndVerify(): Promise<void> {
    const { export: made } = await this.node.mutate(
      'mutation ($input: StartExportInput!) { startExport(input: $input) { export { id } error { message duty } } }',
      { input: { book: this.book } },
    );
    let job: JsonObject = {};
    await until('the export is written', async () => {
      const answer = await this.node.query(
        'query ($id: ID!) { auditExport(id: $id) { state path message } }',
        {
          id: (made as JsonObject)['id'],
        },
      );
      job = answer['auditExport'] as JsonObject;
      return job['state'] !== 'RUNNING';
    });
    if (job['state'] !== 'DONE') throw new Error(String(job['message']));
    const file = Buffer.from(await (await this.fetch(String(job['path']))).arrayBuffer());
    const { ok, fault } = await verifyExport(splitLines([gunzipSync(file)]));
    if (!ok) throw new Error(JSON.stringify(fault));
  }

  /** Reads the feed by its cursor, stream after stream. */
  async follow(state: { readonly isOver: boolean }): Promise<void> {
    let after: unknown = null;
    while (!state.isOver) {
      const stream = this.node.subscribe(
        'subscription ($book: ID!, $after: ID) { feed(book: $book, after: $after) { cursor items { kind token } } }',
        { book: this.book, after },
      );
      for await (const { feed } of stream) {
        const { cursor, items } = feed as unknown as {
          cursor: string;
          items: { kind: string; token: string }[];
        };
        for (const { kind, token } of items) if (kind === 'CHANGE') this.seen.add(token);
        after = cursor;
        if (state.isOver && this.followed >= this.captured) return;
      }
    }
  }

  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = `Bearer ${await this.node.token()}`;
    const res = await fetch(new URL(path, this.node.url), {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization },
    });
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`);
    return res;
  }
}

function lotOf(number: number): string {
  return `https://id.gs1.org/01/09521141012345/10/D${number}`;
}

/** The first administrator, who came in by the link in the log of the node. */
async function firstPerson(node: NodeProcess): Promise<string> {
  const link = () => /http\S+(\/invitations\/[\w-]+)/.exec(node.log())?.[1];
  await until('there is a first link', async () => link() !== undefined);
  const email = `ada@${node.organisation}`;
  const { status } = await new TestBrowser(node.url).submit(link() ?? '', {
    name: 'Ada Lovelace',
    email,
    password: PASSWORD,
  });
  if (status !== 303) throw new Error(`the first administrator is answered ${status}`);
  return email;
}

async function logInAndOut(node: NodeProcess, email: string): Promise<void> {
  const browser = new TestBrowser(node.url);
  const { status } = await browser.submit('/login', { email, password: PASSWORD });
  if (status !== 303) throw new Error(`logging in is answered ${status}`);
  const { data } = await browser.graphql('{ books { id } }');
  if (!Array.isArray(data?.['books'])) throw new Error('a person who has logged in sees no books');
  await browser.submit('/log-out');
}
