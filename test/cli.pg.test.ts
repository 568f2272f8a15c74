import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../api/identity/jwk.ts';
import { type CliRun, runCli } from './support/cli.ts';
import { startTestNode, type TestNode } from './support/node.ts';
import { freshDatabase } from './support/postgres.ts';

function lotbook(args: string[], env: Record<string, string> = {}, input = ''): CliRun['ended'] {
  const { child, ended } = runCli(args, env);
  child.stdin?.end(input);
  return ended;
}

/** Resolves when a node that was started says that it serves. */
function serves({ child, ended }: CliRun): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('the node serves')) resolve();
    });
    void ended.then(({ stderr }) => reject(new Error(`the node did not start: ${stderr}`)));
  });
}

/** Resolves with what a process says on stderr. */
function said({ child, ended }: CliRun, what: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      const [found] = what.exec((text += chunk.toString())) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`it did not say ${what}`)));
  });
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-cli-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('lotbook', () => {
  test('init makes a node and tells its fingerprint and what to do next', async () => {
    const home = join(dir, 'made');
    const args = ['init', '--organisation', 'packer.example', '--name', 'Fresh Pack', '--dir', home];
    const first = await lotbook(args);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/([A-Z2-7]{4} ){7}[A-Z2-7]{4}/);
    expect(first.stdout).toContain('lotbook start');
    const second = await lotbook(args);
    expect(second.code).toBe(1);
    expect(second.stderr.trim().split('\n')).toHaveLength(2);
  });

  test.each([
    [['bogus']],
    [['init', '--name', 'x']],
    [['partners', 'invite', '--note', 'x', '--hours', '0']],
  ])('called in a wrong way, as %j, ends with 2', async (args) => {
    const { code, stdout, stderr } = await lotbook(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--help');
  });

  test('--help ends with 0', async () => {
    expect(await lotbook(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('partners') });
  });

  test('says in two lines that there is no node, and what to do', async () => {
    const { code, stderr } = await lotbook(['status', '--dir', join(dir, 'nothing')]);
    expect(code).toBe(1);
    expect(stderr).toContain('lotbook init');
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  test('check and hash read a document from stdin', async () => {
    const refused = await lotbook(['check', '-'], {}, '{}');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('field');
    expect(await lotbook(['hash', '-'], {}, '{}')).toMatchObject({ code: 1, stdout: '' });
  });

  test('start serves until SIGTERM and ends with 0', async () => {
    const database = await freshDatabase();
    const home = join(dir, 'started');
    const env = { DATABASE_URL: database.url, LOTBOOK_DIR: home };
    await lotbook(['init', '--organisation', 'packer.example', '--name', 'x', '--book', 'season'], env);
    const run = runCli(['start', '--port', '0'], env);
    await serves(run);
    // The link by which the first administrator comes in is told once, and is in no line of the log.
    const link = await said(run, /http:\/\/localhost:\d+\/invitations\/[\w-]{32}\n/);
    run.child.kill('SIGTERM');
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain(link.trim());
    const again = runCli(['start', '--port', '0'], env);
    await serves(again);
    again.child.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' });
    await database.drop();
  });

  test('start stops in order when the process that started the node is gone', async () => {
    const database = await freshDatabase();
    const env = { DATABASE_URL: database.url, LOTBOOK_DIR: join(dir, 'child') };
    await lotbook(['init', '--organisation', 'packer.example', '--name', 'x'], env);
    const run = runCli(['--port', '0', 'start', '--with-parent'], env);
    await serves(run);
    run.child.stdin?.end();
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('the node has stopped');
    await database.drop();
  });

  test('does its work when nobody reads its output to the end', async () => {
    const home = join(dir, 'unread');
    const run = runCli(['--dir', home, 'init', '--organisation', 'packer.example', '--name', 'Packer']);
    run.child.stdout?.destroy();
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    const made = JSON.parse(await readFile(join(home, 'organisation.json'), 'utf8')) as object;
    expect(made).toMatchObject({ organisation: 'packer.example' });
  });
});

describe('the commands that talk to a running node', () => {
  let packer: TestNode;
  let buyer: TestNode;
  const at = (node: TestNode, ...args: string[]) =>
    lotbook(args, { LOTBOOK_DIR: node.dir, LOTBOOK_PORT: new URL(node.localUrl).port });

  beforeAll(async () => {
    [packer, buyer] = await Promise.all([startTestNode('packer.example'), startTestNode('buyer.example')]);
  });
  afterAll(() => Promise.all([packer?.remove(), buyer?.remove()]));

  test('make two organisations partners', async () => {
    const invited = await at(packer, 'partners', 'invite', '--note', 'buyer', '--group', 'retail', '--json');
    const { link } = JSON.parse(invited.stdout) as { link: string };
    const accepted = await at(buyer, 'partners', 'accept', link);
    expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining(fingerprint(buyer.jwk)) });
    const wrong = await at(packer, 'partners', 'confirm', 'buyer.example', fingerprint(packer.jwk));
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('telephone') });
    const right = await at(packer, 'partners', 'confirm', 'buyer.example', fingerprint(buyer.jwk));
    expect(right).toMatchObject({ code: 0, stdout: 'buyer.example is ACTIVE, in retail.\n' });
    const listed = await at(packer, 'partners', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ organisation: 'buyer.example', status: 'ACTIVE' }]);
  });

  test('tell how the node fares', async () => {
    const { code, stdout } = await at(packer, 'status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: { organisation: 'packer.example' },
      ready: true,
      books: [],
    });
  });

  test('tell how many requests one member alone has judged', async () => {
    await packer.context.database.pool.query(`
      INSERT INTO book (id, title, owner, authority) VALUES ('packer.example/lots', 'Lots', 'packer.example', 'packer.example')`);
    await packer.context.database.pool.query(`
      INSERT INTO request (id, book, requester, key, "contentHash", state, changes)
      VALUES (gen_random_uuid(), 'packer.example/lots', 'buyer.example', 'k', 'h', 'PROVISIONAL', '[]')`);
    const { stdout } = await at(packer, 'status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ books: [{ id: 'packer.example/lots', provisional: 1 }] });
    expect((await at(packer, 'status')).stdout).toMatch(/PROVISIONAL.*\npacker\.example\/lots +0 +0 +1 /s);
  });

  test("do not talk to another organisation's node", async () => {
    const env = { LOTBOOK_DIR: packer.dir, LOTBOOK_PORT: new URL(buyer.localUrl).port };
    const outcome = await lotbook(['status'], env);
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('another node') });
  });
});
