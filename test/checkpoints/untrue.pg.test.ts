import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { asAdmin } from '../support/global-postgres.ts';
import {
  freePort,
  makePartners,
  startNodeProcess,
  type NodeProcess,
  until as isSoWithin,
} from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';
import { openTwoFaced, type TwoFaced } from './two-faced.ts';

/*
 * A dishonest owner, really built: two nodes with its key on two copies of its database, behind one address that serves each
 * partner from the one or the other, and leaves out what it likes.
 */
const OWNER = 'farm.example';
const [A, B, C] = ['packer.example', 'retailer.example', 'agency.example'];
const BOOK = `${OWNER}/harvest`;
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;

const databases: FreshDatabase[] = [];
let dir: string;
let address: TwoFaced;
let owner: NodeProcess;
let other: NodeProcess;
let a: NodeProcess;
let b: NodeProcess;
/** A partner that nobody tells what others are shown. */
let c: NodeProcess;

const until = (what: string, isSo: () => Promise<boolean>): Promise<void> => isSoWithin(what, isSo, 90_000);

const env = { LOTBOOK_CHECKPOINT_SECONDS: '1', LOTBOOK_GOSSIP: 'partners', LOTBOOK_PARTNER_POLL_MS: '300' };
const database = async (): Promise<string> => {
  const fresh = await freshDatabase();
  databases.push(fresh);
  return fresh.url;
};

/** The next version of these lots, at once. */
async function change(node: NodeProcess, names: string | string[], base: number): Promise<void> {
  const fields = { quantity: `${base + 1}.00`, uom: 'KGM' };
  const changes = [names].flat().map((name) => ({ record: lot(name), kind: 'LOT', base, fields }));
  const { requests } = await node.mutate(
    `mutation ($updates: [UpdateInput!]!) {
       requestUpdates(updates: $updates) { requests { state error { code message place } } }
     }`,
    { updates: [{ book: BOOK, key: randomUUID(), changes }] },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

interface Verification {
  checkpoint: { size: number; root: string } | null;
  unverified: number;
  evidence: { kind: string; detail: string }[];
  faults: { code: string; seq: number; detail: string }[];
}

async function verification(node: NodeProcess): Promise<Verification> {
  const data = await node.query(
    `query ($book: ID!) {
       verification(book: $book) { checkpoint { size root } unverified evidence { kind detail } faults { code seq detail } }
     }`,
    { book: BOOK },
  );
  return data['verification'] as unknown as Verification;
}

const sizeAt = async (node: NodeProcess): Promise<number> =>
  (await verification(node))?.checkpoint?.size ?? 0;

/** Everything that was written at a node so far is covered by a checkpoint that the partner has verified. */
async function verified(node: NodeProcess, partner: NodeProcess): Promise<void> {
  const { book } = await node.query('query ($book: ID!) { book(id: $book) { length } }', { book: BOOK });
  const { length } = book as { length: number };
  await until('the partner has verified it', async () => {
    const { checkpoint, unverified } = await verification(partner);
    return checkpoint !== null && checkpoint.size > length - 1 && unverified === 0;
  });
}

beforeAll(async () => {
  const port = await freePort();
  address = await openTwoFaced(port);
  const url = address.url;
  const [first, second, third, fourth] = await Promise.all([database(), database(), database(), database()]);
  const alone = { ...env, LOTBOOK_GOSSIP: 'off', LOTBOOK_CHECKPOINT_OVERDUE_SECONDS: '2' };
  [owner, a, b, c] = await Promise.all([
    startNodeProcess({ organisation: OWNER, books: ['harvest'], databaseUrl: first, url, env }),
    startNodeProcess({ organisation: A, databaseUrl: second, env }),
    startNodeProcess({ organisation: B, databaseUrl: third, env }),
    startNodeProcess({ organisation: C, databaseUrl: fourth, env: alone }),
  ]);
  address.turn('', owner.url);
  await makePartners(owner, a);
  await makePartners(owner, b);
  await makePartners(owner, c);
  await makePartners(a, b);
  await owner.mutate(
    'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }',
    {
      input: {
        book: BOOK,
        audience: { organisations: [A, B, C] },
        selector: { kinds: ['LOT'] },
        fields: ['*'],
      },
    },
  );
  for (const name of ['one', 'two', 'three']) await change(owner, name, 0);
  await Promise.all([a, b, c].map((partner) => verified(owner, partner)));
  // From here on there are two histories.
  await owner.stop();
  const server = inject('postgres');
  const copy = `${server.prefix}fork`;
  const name = new URL(first).pathname.slice(1);
  await asAdmin(server, (admin) => admin.query(`CREATE DATABASE ${copy} TEMPLATE ${name}`));
  const copyUrl = new URL(first);
  copyUrl.pathname = `/${copy}`;
  dir = await mkdtemp(join(tmpdir(), 'lotbook-fork-'));
  await cp(owner.dir, dir, { recursive: true });
  other = await startNodeProcess({ organisation: OWNER, databaseUrl: copyUrl.href, url, dir, env });
  // Before the first one is back: nothing that it makes from here on reaches this partner.
  address.turn(A, other.url);
  await owner.restart();
}, 240_000);

afterAll(async () => {
  await Promise.all([owner, other, a, b, c].map((node) => node?.remove()));
  await address?.close();
  if (dir) await rm(dir, { recursive: true, force: true });
  await Promise.all(databases.map((each) => each.drop()));
});

// A reader that was turned away waits before it comes back, the longer the busier the machine is.
describe('an owner that is not honest', { timeout: 150_000 }, () => {
  test('is caught when it shows two partners two logs: they show each other what they were shown', async () => {
    await Promise.all([change(owner, 'four', 0), change(other, 'five', 0)]);
    await until('one of the two has the proof', async () => {
      const found = await Promise.all([verification(a), verification(b)]);
      return found.some(({ evidence }) => evidence.some(({ kind }) => kind === 'CHECKPOINT'));
    });
  });

  test('is caught when it shows one partner now the one log, now the other, which is always the shorter', async () => {
    await change(other, 'six', 0);
    await verified(other, a);
    await change(owner, ['seven', 'eight', 'nine'], 0);
    await verified(owner, c);
    const [longer, shorter] = await Promise.all([sizeAt(c), sizeAt(other)]);
    expect(shorter).toBeLessThan(longer);
    address.turn(C, other.url);
    await until('it is shown the other one', () => Promise.resolve(address.sizesShown(C).includes(shorter)));
    address.turn(C, owner.url);
    await change(owner, 'ten', 0);
    await until('the proof is kept', async () => {
      const { evidence } = await verification(c);
      const detail = `does not continue that of ${shorter}`;
      return evidence.some((each) => each.kind === 'CHECKPOINT' && each.detail.endsWith(detail));
    });
  });

  test('raises an alarm where it shows a partner no checkpoint any more', async () => {
    await verified(owner, c);
    address.hides.checkpoints = (organisation) => organisation === C;
    const before = await sizeAt(c);
    await change(owner, 'hidden', 0);
    await until('the alarm is raised', async () => {
      const { faults } = await verification(c);
      return faults.some(({ code, seq }) => code === 'NO_CHECKPOINT' && seq > before);
    });
    expect(c.log()).toContain('NO_CHECKPOINT');
  });

  test('is caught when it replaces a log that was seen before', async () => {
    await verified(owner, b);
    const before = await sizeAt(b);
    address.turn(B, other.url);
    for (let nr = 0; (await sizeAt(other)) <= before + 1; nr += 1) await change(other, `more${nr}`, 0);
    await until('the proof is kept', async () => {
      const { evidence } = await verification(b);
      const detail = `does not continue that of ${before}`;
      return evidence.some((each) => each.kind === 'CHECKPOINT' && each.detail.endsWith(detail));
    });
    expect(await sizeAt(b)).toBe(before);
    expect(b.log()).toContain('the proof is kept');
  });

  test('is caught when it leaves changes out of a feed: what is not given afterwards is proved', async () => {
    const is = (shown: { sub: string; ver: number }, name: string) =>
      shown.sub === lot(name) && shown.ver === 2;
    address.hides.feed = (shown) => ['one', 'two', 'three'].some((name) => is(shown, name));
    address.hides.queries = (shown) => is(shown, 'one') || is(shown, 'two');
    // As long as what it was shown before, so that its place in the feed is one of this log too.
    const more = Array.from({ length: await sizeAt(other) }, (_, nr) => `filler${nr}`);
    await change(owner, more, 0);
    address.turn(B, owner.url);
    // The last change of a record; one between two; and one that is given when it is asked for.
    await change(owner, 'one', 1);
    for (const base of [1, 2]) await change(owner, 'two', base);
    await change(owner, 'three', 1);
    await until('all three are noticed', async () => {
      const { evidence, faults } = await verification(b);
      const last = evidence.some(
        ({ kind, detail }) => kind === 'HEADS' && detail.includes(`${lot('one')} is not its version 1`),
      );
      const middle = faults.some(({ code, detail }) => code === 'WITHHELD' && detail.includes(lot('two')));
      const { record } = await b.query(
        'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { version } }',
        {
          book: BOOK,
          id: lot('three'),
        },
      );
      return last && middle && (record as { version: number } | null)?.version === 2;
    });
    const settings = { LOTBOOK_DIR: b.dir, LOTBOOK_PORT: new URL(b.url).port };
    const { stdout } = await runCli(['checkpoint', 'show', BOOK], settings).ended;
    expect(stdout).toContain(`${lot('one')} is not its version 1`);
    const metrics = await fetch(`${b.url}/metrics`, {
      headers: { authorization: `Bearer ${await b.token()}` },
    });
    expect(await metrics.text()).toMatch(/lotbook_failed_proofs [1-9]/);
  });
});
