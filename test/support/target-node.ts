import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { errorCodes } from '../../api/errors.ts';
import { connection } from '../../api/store/database.ts';
import { startNodeProcess, type NodeProcess } from './nodes.ts';
import { freshDatabase, type FreshDatabase } from './postgres.ts';
import { sendRaw, type RawAnswer, type RawRequest } from './raw-http.ts';

export const BOOK = 'owner.example/season';
export const LOT = 'https://id.gs1.org/01/09521141012345/10/L1';
export const JSON_TYPE = { 'content-type': 'application/json' };

export interface Decided {
  state: string;
  error: { code: string; place: string | null } | null;
}

export interface TargetNode {
  node: NodeProcess;
  authorization: string;
  /** Sends a body to the GraphQL endpoint, as one of the node's own. */
  post(body: string | Uint8Array, more?: RawRequest): Promise<RawAnswer>;
  graphql(query: string, variables?: object): Promise<RawAnswer>;
  /** What became of update requests. */
  ask(...updates: object[]): Promise<Decided[]>;
  /** What is there now is right: a test changed it on purpose. */
  settle(): Promise<void>;
}

export const UPDATES = `mutation ($updates: [UpdateInput!]!) {
  requestUpdates(updates: $updates) { requests { state error { code place } } }
}`;

/** A node that the tests of a file send to. After each of them everything that it keeps has to be as it was before. */
export function targetNode(): TargetNode {
  let node: NodeProcess | undefined;
  let database: FreshDatabase | undefined;
  let authorization = '';
  let before = '';
  const digestNow = (): Promise<string> => digest(database?.url ?? '');
  const post = (body: string | Uint8Array, more: RawRequest = {}): Promise<RawAnswer> =>
    sendRaw(target.node.url, { body, ...more, headers: { authorization, ...JSON_TYPE, ...more.headers } });
  const target: TargetNode = {
    get node() {
      if (!node) throw new Error('the node did not start');
      return node;
    },
    get authorization() {
      return authorization;
    },
    post,
    graphql: (query, variables = {}) => post(JSON.stringify({ query, variables })),
    ask: async (...updates) => {
      const { requests } = await target.node.mutate(UPDATES, { updates });
      return requests as unknown as Decided[];
    },
    settle: async () => {
      before = await digestNow();
    },
  };
  beforeAll(async () => {
    database = await freshDatabase();
    const common = { organisation: 'owner.example', books: ['season'] };
    // Nothing is to be stated by itself meanwhile.
    const env = { LOTBOOK_CHECKPOINT_SECONDS: '3600' };
    node = await startNodeProcess({ ...common, databaseUrl: database.url, env });
    authorization = `Bearer ${await node.token()}`;
    expect(await target.ask(update({ note: 'first' }, 'used'))).toEqual([{ state: 'APPROVED', error: null }]);
  }, 60_000);
  beforeEach(() => target.settle());
  afterEach(async () => {
    expect(await digestNow()).toBe(before);
  });
  afterAll(async () => {
    await node?.remove();
    await database?.drop();
  });
  return target;
}

/**
 * Refusals by rule are kept on purpose, so that the same request gets the same answer; used assertions are counted, refusals
 * logged, and the nodes of the log follow its entries a moment later.
 */
async function digest(url: string): Promise<string> {
  const client = new pg.Client(connection(url));
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('used_assertion', 'access_log', 'call_allowance', 'log_state', 'log_tile') ORDER BY 1`,
    );
    const hash = createHash('sha256');
    for (const { name } of tables.rows) {
      const kept = name === 'request' ? `WHERE state <> 'REFUSED'` : '';
      const { rows } = await client.query(`SELECT t::text FROM ${name} t ${kept} ORDER BY 1`);
      hash.update(`${name} ${JSON.stringify(rows)}`);
    }
    return hash.digest('hex');
  } finally {
    await client.end();
  }
}

/** An update with one change: of a new lot, where `change` says nothing else. */
export function update(content: object, key: string = randomUUID(), change: object = {}) {
  return { book: BOOK, key, changes: [{ record: LOT, kind: 'LOT', base: 0, content, ...change }] };
}

/** The code that an answer has, wherever its kind of answer holds it. */
export function codeOf({ text }: RawAnswer): string {
  const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
  return code ?? `none in ${text.slice(0, 200)}`;
}

export function expectRefused(answer: RawAnswer, code = 'BAD_INPUT'): void {
  expect({ code: codeOf(answer), isFault: answer.status >= 500 }).toEqual({ code, isFault: false });
  expect(Object.keys(errorCodes)).toContain(code);
}
