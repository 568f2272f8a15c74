import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chained, firstBreak } from '../../api/people/chain.ts';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { CHEAP, TestBrowser } from '../support/people.ts';

const BOOK = 'packer.example/season';
const PASSWORD = 'correct horse battery';
let node: TestNode;
let admin: TestBrowser;
let clock = Date.now();

beforeAll(async () => {
  node = await startTestNode('packer.example', { overrides: { now: () => clock, passwordCost: CHEAP } });
  admin = await person('Ada', { role: 'ADMINISTRATOR' });
  await call(admin, 'mutation { createBook(input: { name: "season", title: "Season" }) { book { id } } }');
});
afterAll(() => node?.remove());

async function person(
  name: string,
  ...roles: { role: 'ADMINISTRATOR' | 'EDITOR' | 'APPROVER' | 'AUDITOR'; book?: string }[]
) {
  const email = `${name.toLowerCase()}@packer.example`;
  const made = await node.context.people.invite({
    name,
    email,
    roles: roles.map(({ role, book = null }) => ({ role, book })),
  });
  const browser = new TestBrowser(node.localUrl);
  await browser.submit(new URL(made.link).pathname, { password: PASSWORD });
  return browser;
}

/** The one field of the answer; its `error`, or that of the call, as a code. */
async function call(as: TestBrowser, query: string, variables = {}): Promise<Record<string, unknown>> {
  const { data, errors } = await as.graphql(query, variables);
  const [value] = Object.values(data ?? {});
  return (value as Record<string, unknown> | null) ?? { code: errors?.[0]?.extensions.code };
}

/** A program that calls with a token. */
function program(token: string): TestBrowser {
  return new TestBrowser(node.localUrl, null, { authorization: `Bearer ${token}` });
}

const CREATE = `mutation ($input: CreateApiTokenInput!) {
  createApiToken(input: $input) { token apiToken { id clientId } error { code place } } }`;
const ASK = `mutation ($book: ID!, $key: ID!) { requestUpdates(updates: [{ book: $book, key: $key,
  changes: [{ kind: LOT, record: $key, base: null, content: { note: "x" } }] }]) {
  requests { id state requester decidedBy error { code message } } } }`;
const LOG = `query ($filter: AccessLogFilter) { accessLog(filter: $filter, first: 100) {
  edges { node { seq at who address action object result count prev hash } } } }`;

async function logged(filter: object = {}): Promise<Record<string, unknown>[]> {
  const { edges } = await call(admin, LOG, { filter });
  return (edges as { node: Record<string, unknown> }[]).map((edge) => edge.node).toReversed();
}

async function create(roles: object[], days = 90) {
  const made = await call(admin, CREATE, { input: { name: 'ERP', roles, days } });
  const { id, clientId } = made['apiToken'] as { id: string; clientId: string };
  return { token: String(made['token']), id, clientId };
}

describe('an API token', () => {
  test('lets a program do what its roles allow, in its book, until it is revoked', async () => {
    const { token, id, clientId } = await create([{ role: 'EDITOR', book: BOOK }]);
    expect(token).toMatch(/^lotbook_[\w-]{43}$/);
    const erp = program(token);
    expect(await call(erp, '{ me { clientId roles { role book } person { id } sessions { id } } }')).toEqual({
      clientId,
      roles: [{ role: 'EDITOR', book: BOOK }],
      person: null,
      sessions: [],
    });
    expect(await call(erp, ASK, { book: 'packer.example/other', key: 'urn:example:lot:k' })).toEqual({
      code: 'NOT_PERMITTED',
    });
    expect(await call(erp, '{ partners { name } }')).toEqual({ code: 'NOT_PERMITTED' });
    await call(admin, 'mutation ($id: ID!) { revokeApiToken(id: $id) { error { code } } }', { id });
    expect((await erp.graphql('{ me { clientId } }')).status).toBe(401);
  });

  test('ends by itself, and tells when it was last used', async () => {
    const { token, id } = await create([{ role: 'VIEWER' }], 1);
    const tokens = '{ apiTokens { id usedAt } }';
    const usedAt = async () => {
      const { data } = await admin.graphql(tokens);
      const list = data?.['apiTokens'] as { id: string; usedAt: string | null }[] | undefined;
      return list?.find((each) => each.id === id)?.usedAt;
    };
    expect(await usedAt()).toBeNull();
    expect((await program(token).graphql('{ me { clientId } }')).status).toBe(200);
    expect(await usedAt()).toBe(new Date(clock).toISOString());
    clock += 86_400_000;
    expect((await program(token).graphql('{ me { clientId } }')).status).toBe(401);
    clock -= 86_400_000;
  });

  test('never administers', async () => {
    const roles = [{ role: 'ADMINISTRATOR' }];
    expect(await call(admin, CREATE, { input: { name: 'x', roles } })).toMatchObject({
      error: { code: 'BAD_INPUT', place: 'input.roles' },
    });
  });
});

async function logInAgain(email: string): Promise<TestBrowser> {
  const browser = new TestBrowser(node.localUrl);
  await browser.submit('/login', { email, password: PASSWORD });
  return browser;
}

describe('what people ask for', () => {
  test('names them by their id, in the request, in its decision and in the log', async () => {
    const editor = await person('Eva', { role: 'EDITOR', book: BOOK });
    const { clientId } = await call(editor, '{ me { clientId } }');
    expect(clientId).toMatch(/^packer\.example\/people\/[0-9a-f-]{36}$/);
    const { requests } = await call(editor, ASK, { book: BOOK, key: 'urn:example:lot:eva' });
    expect(requests).toMatchObject([{ requester: clientId }]);
    const { rows } = await node.context.database.pool.query<{ requester: string }>(
      'SELECT requester FROM request WHERE key = $1',
      ['urn:example:lot:eva'],
    );
    expect(rows).toEqual([{ requester: clientId }]);
  });

  test('is decided by another person, who has the role in that book', async () => {
    const both = await person('Bob', { role: 'EDITOR', book: BOOK }, { role: 'APPROVER', book: BOOK });
    const elsewhere = await person('Cid', { role: 'APPROVER', book: 'packer.example/other' });
    const approver = await person('Dan', { role: 'APPROVER', book: BOOK });
    const grant = `mutation ($input: AddGrantInput!) { addGrant(input: $input) { grant { id } error { code message place } } }`;
    const input = { book: BOOK, right: 'REQUEST', audience: { roles: ['EDITOR'] }, fields: ['*'] };
    // In a new book editors need nobody.
    const end = `mutation ($book: ID!) { endGrant(book: $book, id: "urn:lotbook:grant:editors") { error { code } } }`;
    expect(await call(admin, end, { book: BOOK })).toEqual({ error: null });
    expect(await call(admin, grant, { input })).toMatchObject({ error: null });
    const { requests } = await call(both, ASK, { book: BOOK, key: 'urn:example:lot:bob' });
    expect(requests).toMatchObject([{ state: 'PENDING' }]);
    const [{ id }] = requests as [{ id: string }];
    const approve = `mutation ($id: ID!) { approveRequest(id: $id) { request { state decidedBy } error { code } } }`;
    for (const other of [both, elsewhere])
      expect(await call(other, approve, { id })).toEqual({ code: 'NOT_PERMITTED' });
    const { clientId } = await call(approver, '{ me { clientId } }');
    expect(await call(approver, approve, { id })).toEqual({
      request: { state: 'APPROVED', decidedBy: clientId },
      error: null,
    });
    // What a person asked for in a book is for those who may see the book.
    const read = 'query ($id: ID!) { request(id: $id) { state } }';
    expect(await call(elsewhere, read, { id })).toEqual({ code: undefined });
    expect(await call(approver, read, { id })).toEqual({ state: 'APPROVED' });
  });
});

describe('the access log', () => {
  test('tells who did what, from where and with what result, for auditors', async () => {
    const auditor = await person('Gil', { role: 'AUDITOR' });
    const { clientId } = await call(auditor, '{ me { clientId } }');
    const set = 'mutation ($person: ID!) { setRoles(person: $person, roles: []) { error { code } } }';
    const nobody = '00000000-0000-0000-0000-000000000000';
    await call(auditor, set, { person: nobody });
    await call(admin, set, { person: nobody });
    await auditor.submit('/log-out');
    await auditor.submit('/login', { email: 'gil@packer.example', password: 'not the right one' });
    expect(await logged({ who: clientId })).toMatchObject([
      { action: 'use link', result: 'OK', address: '127.0.0.1' },
      { action: 'setRoles', object: nobody, result: 'NOT_PERMITTED' },
      { action: 'log out', result: 'OK' },
      { action: 'log in', result: 'UNAUTHENTICATED' },
    ]);
    expect((await logged({ action: 'setRoles', refused: true })).at(-1)).toMatchObject({
      result: 'NOT_FOUND',
    });
    expect((await logged({ action: 'addGrant' })).at(-1)).toMatchObject({ object: BOOK, result: 'OK' });
    const editor = await person('Hal', { role: 'EDITOR' });
    expect(await call(editor, LOG)).toEqual({ code: 'NOT_PERMITTED' });
    const again = await logInAgain('gil@packer.example');
    expect(await call(again, LOG)).toHaveProperty('edges');
  });

  test('tells of calls that nobody was recognised in, and counts what is repeated', async () => {
    const stranger = new TestBrowser(node.localUrl, null, { authorization: 'Bearer lotbook_nothing' });
    for (let nr = 0; nr < 20; nr += 1) await stranger.graphql('{ me { clientId } }');
    await stranger.send('/exports/x', { method: 'GET' });
    await fetch(`${node.localUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'a.b.c',
      }),
    });
    const anonymous = (await logged({ refused: true })).filter(({ who }) => who === null);
    const actions = anonymous.map(({ action }) => action);
    expect(actions.filter((action) => action === 'POST /graphql')).toHaveLength(1);
    expect(actions).toEqual(expect.arrayContaining(['GET /exports/*', 'POST /oauth/token']));
  });

  test('cannot be changed in the database, and shows it where it was all the same', async () => {
    const { pool } = node.context.database;
    await expect(pool.query('UPDATE access_log SET who = NULL')).rejects.toThrow(/only grows/);
    await expect(pool.query('DELETE FROM access_log')).rejects.toThrow(/only grows/);
    const verify = async (...more: string[]) => {
      const args = [
        '--dir',
        node.dir,
        '--port',
        new URL(node.localUrl).port,
        'access-log',
        '--verify',
        ...more,
      ];
      return runCli(args).ended;
    };
    const { code, stdout } = await verify();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/All \d+ rows continue one another\.\nHead: /)]);
    const [, head = ''] = /Head: (\S+)/.exec(stdout) ?? [];
    await pool.query('ALTER TABLE access_log DISABLE TRIGGER ALL');
    await pool.query("UPDATE access_log SET who = 'packer.example/people/x' WHERE seq = 3");
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('row 3') });
    // Whoever rewrites all that follows is caught by a head that was kept elsewhere.
    const { rows } = await pool.query('SELECT * FROM access_log ORDER BY seq');
    let prev = '';
    for (const row of rows) {
      const forged = chained(row as never, prev);
      ({ hash: prev } = forged);
      await pool.query('UPDATE access_log SET prev = $2, hash = $3 WHERE seq = $1', [
        forged.seq,
        forged.prev,
        prev,
      ]);
    }
    expect(await verify()).toMatchObject({ code: 0 });
    expect(await verify('--head', head)).toMatchObject({ code: 1, stderr: expect.stringContaining('head') });
    expect(firstBreak([])).toBeNull();
  });
});

test('the command line invites people, gives roles and makes tokens', async () => {
  const lotbook = async (...args: string[]) => {
    const given = ['--dir', node.dir, '--port', new URL(node.localUrl).port, ...args, '--json'];
    const { code, stdout, stderr } = await runCli(given).ended;
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const invited = await lotbook(
    'people',
    'invite',
    '--name',
    'Ida',
    '--email',
    'ida@packer.example',
    '--role',
    'VIEWER',
  );
  expect(invited['link']).toMatch(/\/invitations\//);
  const role = `EDITOR@${BOOK}`;
  expect(await lotbook('people', 'roles', 'ida@packer.example', '--role', role)).toMatchObject({
    status: 'INVITED',
    roles: [{ role: 'EDITOR', book: BOOK }],
  });
  const { token, apiToken } = await lotbook('tokens', 'create', '--name', 'scanner', '--role', role);
  expect((await program(String(token)).graphql('{ me { clientId } }')).status).toBe(200);
  await lotbook('tokens', 'revoke', String((apiToken as { id: string }).id));
  expect((await program(String(token)).graphql('{ me { clientId } }')).status).toBe(401);
});
