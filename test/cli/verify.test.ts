import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zipOf } from '../../api/exports/zip.ts';
import { Book, linesOf, season } from '../ledger/export/sample.ts';
import { runCli } from '../support/cli.ts';

let dir: string;
let book: Book;
let lines: string[];
const at = (name: string) => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-verify-'));
  book = await season();
  lines = await linesOf(book, { hides: ({ kind }) => kind === 'DECISION' });
  await writeFile(at('audit.jsonl.gz'), gzipSync(lines.map((line) => `${line}\n`).join('')));
});
afterAll(() => rm(dir, { recursive: true }));

async function verify(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return runCli(['verify', ...args]).ended;
}

test('lotbook verify says of a valid export what was checked, and which key to compare', async () => {
  const { code, stdout, stderr } = await verify(at('audit.jsonl.gz'));
  expect([code, stderr]).toEqual([0, '']);
  for (const text of [
    'Harvest (grower.example/harvest), a book of grower.example',
    'as packer.example may see it',
    'ok  signatures  16 entries signed by who held the right there',
    'ok  manifest    25 lines, signed by grower.example',
    'Compare its fingerprint with the one that its people read to you:',
    `--trust ${book.ownerKey.signer.kid}`,
    'audit.jsonl.gz is valid.',
  ]) {
    expect(stdout).toContain(text);
  }
});

test('lotbook verify takes keys, a witness and an older checkpoint that the reader knows', async () => {
  await writeFile(at('older.txt'), [...book.checkpoints.values()][0] ?? '');
  const known = ['--trust', book.ownerKey.signer.kid, '--witness', book.party('agency.example').signer.kid];
  const { code, stdout } = await verify(at('audit.jsonl.gz'), ...known, '--since', at('older.txt'));
  expect(code).toBe(0);
  expect(stdout).toContain('All of it rests on the key of grower.example, which you trust.');
  expect(stdout).toContain('continues the older checkpoint of 13 entries');
  const other = await verify(at('audit.jsonl.gz'), '--trust', book.party('agency.example').signer.kid);
  expect([other.code, other.stdout]).toEqual([1, expect.stringContaining('NOT_TRUSTED')]);
});

test('lotbook verify says in words where no heads are proven', async () => {
  const young = new Book();
  await young.change('urn:lot:1', { quantity: '1' });
  await writeFile(at('young.jsonl'), (await linesOf(young)).map((line) => `${line}\n`).join(''));
  const { code, stdout } = await verify(at('young.jsonl'));
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining('--  heads       NOT PROVEN: no heads were proven'),
  ]);
  const json = await verify(at('young.jsonl'), '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, unproven: [{ name: 'heads' }] });
});

test('lotbook verify opens an archive, and plain lines', async () => {
  const parts: Buffer[] = [];
  const members = [{ name: 'audit.jsonl.gz', path: at('audit.jsonl.gz') }];
  for await (const part of zipOf(members, new Date('2026-11-22T04:00:00Z'))) parts.push(part);
  await writeFile(at('audit.zip'), Buffer.concat(parts));
  await writeFile(at('audit.jsonl'), lines.map((line) => `${line}\n`).join(''));
  for (const name of ['audit.zip', 'audit.jsonl']) expect((await verify(at(name))).code).toBe(0);
});

test('lotbook verify names the first bad line, and ends with 1', async () => {
  const bad = lines.with(7, (lines[7] ?? '').replace(/"seq":\d+/, '"seq":99'));
  await writeFile(at('bad.jsonl'), bad.map((line) => `${line}\n`).join(''));
  const { code, stdout } = await verify(at('bad.jsonl'));
  expect(code).toBe(1);
  expect(stdout).toMatch(/NOT VALID: line 8, entry \d+: .* \(PLACE_SKIPPED\)/);
  const json = await verify(at('bad.jsonl'), '--json');
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([1, { ok: false, fault: { line: 8 } }]);
  await writeFile(at('cut.jsonl.gz'), gzipSync(lines.join('\n')).subarray(0, 900));
  expect(await verify(at('cut.jsonl.gz'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('damaged'),
  });
  expect(await verify(at('nothing'))).toMatchObject({ code: 1, stderr: expect.stringContaining('no file') });
});
