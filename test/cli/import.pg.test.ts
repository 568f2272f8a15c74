import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { runCli, type CliRun } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { epcisOf, eventOf, idOf } from './import/epcis.ts';

let node: TestNode;
let own: OwnNode;
let dir: string;
let books = 0;
let book = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-import-'));
  node = await startTestNode('packer.example');
  own = await connectOwnNode(readConfig({}, { dir: node.dir, port: portOf(node) }));
});
afterAll(async () => {
  await node?.remove();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  books += 1;
  book = `packer.example/b${books}`;
  await openBook(`b${books}`);
});

function portOf({ localUrl }: TestNode): number {
  return Number(new URL(localUrl).port);
}

async function openBook(name: string): Promise<void> {
  await own.mutate(
    'mutation ($input: CreateBookInput!) { createBook(input: $input) { error { message duty } } }',
    { input: { name, title: name } },
  );
}

/** Entries of the book; it begins with one, the rule for its own people. */
async function entriesOf(id: string): Promise<number> {
  const { book: found } = await own.query('query ($id: ID!) { book(id: $id) { length } }', { id });
  return Number((found as { length: number }).length) - 1;
}

/** A record of another kind under the id of an event. */
async function recordNote(record: string): Promise<void> {
  const content = { about: ['https://id.gs1.org/414/9521141000006'], text: 'Taken' };
  const update = { book, key: 'note', changes: [{ record, kind: 'NOTE', base: 0, content }] };
  await own.query(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
    { updates: [update] },
  );
}

async function fileOf(name: string, events: readonly object[]): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, epcisOf(events));
  return path;
}

function importing(...args: string[]): CliRun {
  return runCli(['--dir', node.dir, '--port', String(portOf(node)), 'import', ...args]);
}

const many = (count: number, from = 0) => Array.from({ length: count }, (_, index) => eventOf(from + index));

/** Resolves when the book has grown, with the import still running. */
async function untilSomeAreIn(run: CliRun): Promise<void> {
  while (run.child.exitCode === null && (await entriesOf(book)) === 0) {
    await new Promise((resolve) => void setTimeout(resolve, 5));
  }
}

describe('lotbook import', () => {
  test('tells what is new and what was known', async () => {
    const first = await fileOf('first.json', many(120));
    const second = await fileOf('second.json', many(120, 118));
    expect(await importing(first, '--book', book).ended).toMatchObject({
      code: 0,
      stdout: `${first}: 120 events: 120 new, 0 known\n`,
    });
    expect(await importing(second, '--book', book).ended).toMatchObject({
      code: 0,
      stdout: `${second}: 120 events: 118 new, 2 known\n`,
    });
    expect(await entriesOf(book)).toBe(238);
  });

  test('goes on after it was killed in the middle, without doubling anything', async () => {
    const file = await fileOf('killed.json', many(4_000));
    const run = importing(file, '--book', book);
    await untilSomeAreIn(run);
    run.child.kill('SIGKILL');
    expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
    const again = await importing(file, '--book', book, '--json').ended;
    expect(again.code).toBe(0);
    const { files } = JSON.parse(again.stdout) as { files: { events: { new: number; known: number } }[] };
    const [{ events } = { events: { new: 0, known: 0 } }] = files;
    expect(events.new + events.known).toBe(4_000);
    expect(events.known).toBeGreaterThan(0);
    expect(await entriesOf(book)).toBe(4_000);
  });

  test('ends on Ctrl-C after what is on its way, and says how to go on', async () => {
    const file = await fileOf('stopped.json', many(4_000));
    const run = importing(file, '--book', book);
    await untilSomeAreIn(run);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('Run the same command again to go on');
    expect(stdout).toContain(`${await entriesOf(book)} new, 0 known`);
    expect(await importing(file, '--book', book).ended).toMatchObject({ code: 0 });
    expect(await entriesOf(book)).toBe(4_000);
  });

  test('sends nothing when one of the files is not right', async () => {
    const good = await fileOf('good.json', many(3));
    const bad = await fileOf('bad.json', [eventOf(9), eventOf(10, { action: 'SEE' })]);
    const { code, stdout } = await importing(good, bad, '--book', book).ended;
    expect(code).toBe(1);
    expect(stdout).toContain(`${bad}: event 1, field epcisBody.eventList[1].action:`);
    expect(stdout).toContain('Nothing was sent.');
    expect(await entriesOf(book)).toBe(0);
  });

  test('names the event for which an update was refused, and imports the others', async () => {
    await recordNote(idOf(150));
    const file = await fileOf('conflict.json', many(250));
    const { code, stdout } = await importing(file, '--book', book).ended;
    expect(code).toBe(1);
    expect(stdout).toContain(`${file}: event 150: CONFLICT:`);
    expect(stdout).toContain('250 events: 150 new, 0 known, 100 refused');
  });

  test('takes an error declaration after the event that it is about', async () => {
    const declaration = { errorDeclaration: { declarationTime: '2026-06-03T00:00:00Z' } };
    const file = await fileOf('declared.json', [eventOf(1), eventOf(2), eventOf(1, declaration)]);
    expect(await importing(file, '--book', book).ended).toMatchObject({ code: 0 });
    expect(await entriesOf(book)).toBe(3);
  });

  test('asks which book is meant, where the node has several', async () => {
    await openBook(`other-${books}`);
    const file = await fileOf('which.json', many(1));
    const { code, stderr } = await importing(file).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('This node has several books.');
    expect(stderr).toContain(book);
    expect(await importing(file, '--book', 'nowhere').ended).toMatchObject({ code: 1 });
  });
});
