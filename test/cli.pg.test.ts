import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from '../api/identity/jwk.ts';
import { packagePath } from '../api/package-root.ts';
import { startTestNode, type TestNode } from './support/node.ts';
import { freshDatabase } from './support/postgres.ts';

interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [packagePath('dist', 'cli.js'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: packagePath(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const outcome: Outcome = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (outcome.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (outcome.err += chunk.toString()));
  const ended = new Promise<Outcome>((resolve) => {
    child.once('close', (code) => resolve({ ...outcome, code }));
  });
  return { child, ended };
}

function lotbook(args: string[], env: Record<string, string> = {}, input = ''): Promise<Outcome> {
  const { child, ended } = start(args, env);
  child.stdin.end(input);
  return ended;
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
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/([A-Z2-7]{4} ){7}[A-Z2-7]{4}/);
    expect(first.out).toContain('lotbook start');
    const second = await lotbook(args);
    expect(second.code).toBe(1);
    expect(second.err.trim().split('\n')).toHaveLength(2);
  });

  test.each([
    [['bogus']],
    [['init', '--name', 'x']],
    [['partners', 'invite', '--note', 'x', '--hours', '0']],
  ])('called in a wrong way, as %j, ends with 2', async (args) => {
    const { code, out, err } = await lotbook(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--help');
  });

  test('--help ends with 0', async () => {
    expect(await lotbook(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('partners') });
  });

  test('says in two lines that there is no node, and what to do', async () => {
    const { code, err } = await lotbook(['status', '--dir', join(dir, 'nothing')]);
    expect(code).toBe(1);
    expect(err).toContain('lotbook init');
    expect(err.trim().split('\n')).toHaveLength(2);
  });

  test('check and hash read a document from stdin', async () => {
    const refused = await lotbook(['check', '-'], {}, '{}');
    expect(refused.code).toBe(1);
    expect(refused.out).toContain('field');
    expect(await lotbook(['hash', '-'], {}, '{}')).toMatchObject({ code: 1, out: '' });
  });

  test('start serves until SIGTERM and ends with 0', async () => {
    const database = await freshDatabase();
    const home = join(dir, 'started');
    const env = { DATABASE_URL: database.url, LOTBOOK_DIR: home };
    await lotbook(['init', '--organisation', 'packer.example', '--name', 'x', '--book', 'season'], env);
    const { child, ended } = start(['start', '--port', '0'], env);
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('the node serves')) resolve();
      });
      void ended.then(({ err }) => reject(new Error(`the node did not start: ${err}`)));
    });
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, err: '' });
    await database.drop();
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
    const { link } = JSON.parse(invited.out) as { link: string };
    const accepted = await at(buyer, 'partners', 'accept', link);
    expect(accepted).toMatchObject({ code: 0, out: expect.stringContaining(fingerprint(buyer.jwk)) });
    const wrong = await at(packer, 'partners', 'confirm', 'buyer.example', fingerprint(packer.jwk));
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('telephone') });
    const right = await at(packer, 'partners', 'confirm', 'buyer.example', fingerprint(buyer.jwk));
    expect(right).toMatchObject({ code: 0, out: 'buyer.example is ACTIVE, in retail.\n' });
    const listed = await at(packer, 'partners', 'list', '--json');
    expect(JSON.parse(listed.out)).toMatchObject([{ organisation: 'buyer.example', status: 'ACTIVE' }]);
  });

  test('tell how the node fares', async () => {
    const { code, out } = await at(packer, 'status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      node: { organisation: 'packer.example' },
      ready: true,
      books: [],
    });
  });

  test("do not talk to another organisation's node", async () => {
    const env = { LOTBOOK_DIR: packer.dir, LOTBOOK_PORT: new URL(buyer.localUrl).port };
    const outcome = await lotbook(['status'], env);
    expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('another node') });
  });
});
