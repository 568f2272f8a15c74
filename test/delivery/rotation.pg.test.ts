import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import { peekKid } from '../../api/identity/jws.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { sendAnywhere } from '../../api/peers/outbound.ts';
import { openTokens } from '../../api/peers/tokens.ts';
import { connection } from '../../api/store/database.ts';
import { openHome } from '../../api/store/home.ts';
import { runCli } from '../support/cli.ts';
import { generateKey } from '../support/key.ts';
import { makePartners, sleep, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const BOOK = 'owner.example/season';

let databases: FreshDatabase[] = [];
let owner: NodeProcess;
/** A second process of the owner's node: the same directory and database, another port. */
let twin: NodeProcess;
let partner: NodeProcess;
/** Of a program of the owner, from before the change. */
let erpToken = '';

beforeAll(async () => {
  databases = await Promise.all([freshDatabase(), freshDatabase()]);
  const [first, second] = databases;
  [owner, partner] = await Promise.all([
    startNodeProcess({ organisation: 'owner.example', books: ['season'], databaseUrl: first?.url ?? '' }),
    startNodeProcess({ organisation: 'partner.example', databaseUrl: second?.url ?? '' }),
  ]);
  twin = await startNodeProcess({
    organisation: 'owner.example',
    dir: owner.dir,
    databaseUrl: first?.url ?? '',
  });
  await makePartners(owner, partner);
  await addGrant(owner, 'READ');
  await addGrant(owner, 'CHANGE');
  erpToken = await tokenOfProgram(owner);
}, 60_000);

afterAll(async () => {
  for (const node of [twin, owner, partner]) await node?.remove();
  for (const database of databases) await database.drop();
});

async function addGrant(node: NodeProcess, right: string): Promise<void> {
  await node.mutate(
    `mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message } } }`,
    {
      input: {
        book: BOOK,
        audience: { organisations: ['partner.example'] },
        fields: ['*'],
        selector: { kinds: ['NOTE'] },
        right,
      },
    },
  );
}

function updateOf(text: string): object {
  return {
    book: BOOK,
    key: randomUUID(),
    changes: [{ kind: 'NOTE', base: 0, content: { about: ['urn:x:lot'], text } }],
  };
}

/** Each process again, for a client of its own dies with the key that it was opened with. */
async function reach({ dir, url }: NodeProcess) {
  return connectOwnNode(readConfig({}, { dir, port: Number(new URL(url).port) }));
}

async function keysCommand(node: NodeProcess, ...args: string[]): Promise<string> {
  const { port } = new URL(node.url);
  const { code, stdout, stderr } = await runCli(['--dir', node.dir, '--port', port, 'keys', ...args]).ended;
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function tokenOfProgram(node: NodeProcess): Promise<string> {
  const jwk = generateKey();
  await node.mutate(
    `mutation ($input: AddClientInput!) { addClient(input: $input) { error { code message } } }`,
    { input: { name: 'erp', jwk: publicPart(jwk), roles: ['ADMINISTRATOR'] } },
  );
  return tokenWith(node, 'owner.example/erp', localSigner(jwk));
}

function tokenWith({ url }: NodeProcess, clientId: string, signer: Signer): Promise<string> {
  const tokens = openTokens({ clientId, signer, now: Date.now, randomId: randomUUID, send: sendAnywhere });
  return tokens.tokenFor({ url, audience: owner.url });
}

async function entriesOf(
  url: string,
): Promise<{ seq: number; kind: string; version: number; token: string }[]> {
  const client = new pg.Client(connection(url));
  await client.connect();
  const { rows } = await client.query(
    'SELECT seq, kind, version, token FROM entry WHERE book = $1 ORDER BY seq',
    [BOOK],
  );
  await client.end();
  return rows as { seq: number; kind: string; version: number; token: string }[];
}

interface Key {
  kid: string;
  revoked: string | null;
}

/** The keys of the owner as a node knows them. */
async function keysAt(node: NodeProcess): Promise<Key[]> {
  const { keys } = await (
    await reach(node)
  ).query('{ keys(organisation: "owner.example") { keys { kid revoked } } }');
  return ((keys as JsonObject | null)?.['keys'] ?? []) as unknown as Key[];
}

async function texts(node: NodeProcess): Promise<string[]> {
  const { records } = await (
    await reach(node)
  ).query(
    `query ($book: ID!) { records(book: $book, filter: { kinds: [NOTE] }, first: 100) { edges { node { content } } } }`,
    { book: BOOK },
  );
  const edges = (records as JsonObject)['edges'] as { node: { content: { text: string } } }[];
  return edges.map(({ node: record }) => record.content.text).sort();
}

/** A program of the owner that writes one note after the other, at one process, until it is told to stop. */
function writer(node: NodeProcess, token: string, name: string) {
  const written: string[] = [];
  const failed: string[] = [];
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    for (let nr = 0; !stopping.signal.aborted && nr < 45; nr += 1) {
      const text = `${name} ${nr}`;
      const answer = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          query: `mutation ($update: UpdateInput!) { requestUpdates(updates: [$update]) { requests { state error { code message place } } } }`,
          variables: { update: updateOf(text) },
        }),
      });
      const said = await answer.text();
      (said.includes('APPROVED') ? written : failed).push(said.includes('APPROVED') ? text : said);
      await sleep(20);
    }
  };
  const done = run();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await done;
  };
  return { written, failed, stop };
}

const REQUEST = `mutation ($update: UpdateInput!) {
  requestUpdates(updates: [$update]) { requests { state error { code message } } }
}`;

describe('while a node changes its key', () => {
  it('no request fails in any of its processes, and the partner has everything', async () => {
    const [atOwner, atTwin] = [writer(owner, erpToken, 'one'), writer(twin, erpToken, 'two')];
    await sleep(200);
    expect(await keysCommand(owner, 'rotate')).toContain('in force');
    await sleep(200);
    await Promise.all([atOwner.stop(), atTwin.stop()]);
    expect([...atOwner.failed, ...atTwin.failed]).toEqual([]);
    const all = [...atOwner.written, ...atTwin.written].sort();
    await until('the partner has all', async () => (await texts(partner)).length === all.length);
    expect(await texts(partner)).toEqual(all);
    expect(await texts(owner)).toEqual(all);
    // Both keys have signed, and each only on its side of the entries that tell of the change.
    const kids = new Map((await keysAt(owner)).map(({ kid }, index) => [kid, index + 1]));
    const entries = await entriesOf(databases[0]?.url ?? '');
    const change = entries.findIndex(({ kind, version }) => kind === 'KEY' && version === 2);
    const signers = entries
      .filter(({ kind }) => kind === 'NOTE')
      .map(({ seq, token }) => {
        const isAfter = seq > (entries[change]?.seq ?? Infinity);
        return `${isAfter ? 'after' : 'before'} ${kids.get(peekKid(token) ?? '')}`;
      });
    expect([...new Set(signers)]).toEqual(['before 1', 'after 2']);
  });

  it('the partner follows to the new key by itself', async () => {
    await until('the partner has the new key', async () => (await keysAt(partner)).length === 2);
    const { partners } = await (
      await reach(partner)
    ).query('{ partners { organisation fingerprint keys { fingerprint } } }');
    const [known] = partners as unknown as { fingerprint: string; keys: { fingerprint: string }[] }[];
    expect(known?.keys.map(({ fingerprint }) => fingerprint).at(-1)).toBe(known?.fingerprint);
  });

  it('what the partner asks for with its own new key is approved, also if it asked with the old one before', async () => {
    await Promise.all([owner.stop(), twin.stop()]);
    await (await reach(partner)).mutate(REQUEST, { update: updateOf('asked before') });
    expect(await keysCommand(partner, 'rotate')).toContain('in force');
    await (await reach(partner)).mutate(REQUEST, { update: updateOf('asked after') });
    await Promise.all([owner.restart(), twin.restart()]);
    await until(
      'both are approved',
      async () => (await texts(owner)).filter((text) => text.startsWith('asked')).length === 2,
    );
    const { keys } = await (
      await reach(owner)
    ).query('{ keys(organisation: "partner.example") { keys { kid } } }');
    expect(((keys as JsonObject)['keys'] as unknown[]).length).toBe(2);
  });
});

describe('a stolen key', () => {
  it('is replaced by who has the next one, and the partner refuses what it signs from then on', async () => {
    const stolen = await openHome({ dir: owner.dir });
    await keysCommand(owner, 'recover', '--reason', 'stolen', '--from', 'season:100000');
    expect((await keysAt(owner)).map(({ revoked }) => revoked)).toEqual([null, 'stolen', null]);
    await until('the partner knows', async () => (await keysAt(partner)).length === 3);
    // The thief knocks: with the stolen key nobody is let in any more.
    await expect(tokenWith(owner, 'owner.example', stolen.signer)).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });
  });
});
