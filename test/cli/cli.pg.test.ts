import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

let dir: string;
let database: FreshDatabase;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-cli-'));
  database = await freshDatabase();
});
afterAll(async () => {
  await database?.drop();
  await rm(dir, { recursive: true, force: true });
});

test('a command does its work when nobody reads its output to the end', async () => {
  const run = runCli(['--dir', dir, 'init', '--organisation', 'packer.example', '--name', 'Packer']);
  run.child.stdout?.destroy();
  expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(await readFile(join(dir, 'organisation.json'), 'utf8'))).toMatchObject({
    organisation: 'packer.example',
  });
});

test('a node that another process started stops in order when that one is gone', async () => {
  const run = runCli(['--dir', dir, '--port', '0', 'start', '--with-parent'], { DATABASE_URL: database.url });
  await new Promise<void>((resolve) => {
    run.child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString('utf8').includes('the node serves')) resolve();
    });
    void run.ended.then(() => resolve());
  });
  run.child.stdin?.end();
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  expect(stdout).toContain('the node has stopped');
});
