import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pino } from 'pino';
import { currentKey } from '../../api/identity/key-log.ts';
import { revocationOf } from '../../api/identity/key-state.ts';
import { openHome } from '../../api/store/home.ts';
import { bringNextKey, makeLaterKey, stageRotation } from '../../api/store/home/rotation.ts';
import { OwnKeys } from '../../api/store/own-keys.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
beforeEach(async () => {
  node = await startTestNode('packer.example');
});
afterEach(() => node.remove());

const path = (name: string) => join(node.dir, name);

/** As the node does at its start. */
async function openAgain(): Promise<OwnKeys> {
  const { database, bell } = node.context;
  const home = await openHome({ dir: node.dir });
  const log = pino({ level: 'silent' });
  return OwnKeys.open({
    prisma: database.prisma,
    bell,
    home,
    dir: node.dir,
    url: node.url,
    now: Date.now,
    log,
  });
}

async function stage(revoked?: Parameters<typeof stageRotation>[1]['revoked']): Promise<void> {
  await stageRotation(node.dir, { next: await makeLaterKey(node.dir), revoked });
}

test('a new node has a key and the next one, both for its owner only, and a key log of one statement', async () => {
  const { keys } = node.context;
  expect(keys.log.statements.length).toBe(1);
  for (const name of ['key.jwk', 'next-key.jwk']) expect((await stat(path(name))).mode & 0o777).toBe(0o600);
  const { rows } = await node.context.database.pool.query<{ text: string }>(
    `SELECT concat(k.token, c.jwk) AS text FROM key_statement k, client c`,
  );
  expect(rows.length).toBe(1);
  expect(rows[0]?.text).not.toContain('"d"');
});

test('a change of keys is taken up wherever it was cut off', async () => {
  const before = node.context.keys.kid;
  await stage();
  for (const name of ['key.jwk', 'next-key.jwk', 'later-key.jwk'])
    await copyFile(path(name), path(`${name}.copy`));
  await node.context.keys.rotate();
  const after = node.context.keys.kid;
  expect(after).not.toBe(before);
  // The statement is entered and the files are as before it: a crash in between.
  for (const name of ['key.jwk', 'next-key.jwk', 'later-key.jwk'])
    await rename(path(`${name}.copy`), path(name));
  const again = await openAgain();
  expect(again.kid).toBe(after);
  expect((await openHome({ dir: node.dir })).signer.kid).toBe(after);
  expect((await readdir(node.dir)).filter((name) => name.includes('key')).toSorted()).toEqual([
    'key.jwk',
    'next-key.jwk',
  ]);
  again.close();
});

test('a thief of the current key gets nowhere: nothing is staged, or the next key is not here', async () => {
  const { keys } = node.context;
  await expect(keys.rotate()).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await rename(path('next-key.jwk'), path('moved-away'));
  await stage();
  await expect(keys.rotate()).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect(keys.log.statements.length).toBe(1);
});

test('a lost key is replaced by the next one at the next start, and revoked', async () => {
  const lost = node.context.keys.kid;
  await rename(path('next-key.jwk'), path('from-the-safe'));
  await rm(path('key.jwk'));
  await bringNextKey(node.dir, path('from-the-safe'));
  await stage([{ kid: '', reason: 'lost', from: [{ book: 'packer.example/season', seq: 7 }] }]);
  const keys = await openAgain();
  expect(currentKey(keys.log).claims.seq).toBe(2);
  expect(revocationOf(keys.log, lost)).toBe('lost');
  keys.close();
});

test('another process signs with the new key as soon as it is told, and with none that is not in force', async () => {
  const other = await openAgain();
  await stage();
  await node.context.keys.rotate();
  await other.refresh();
  expect(other.kid).toBe(node.context.keys.kid);
  // A process on a machine without the new key: it stops to sign rather than to go on with the old one. It hears of it late.
  other.close();
  await stage();
  await node.context.keys.rotate();
  await rm(path('key.jwk'));
  await other.refresh();
  await expect(other.sign(Buffer.from('a'))).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
});
