import { describe, expect, test } from 'vitest';
import { thumbprint, type VerificationKey } from '../../../api/identity/jwk.ts';
import { parseCheckpoint, signCheckpoint, type SignedCheckpoint } from '../../../api/ledger/checkpoint.ts';
import { type EntryLine, readLine } from '../../../api/ledger/export/lines.ts';
import { verifyExport } from '../../../api/ledger/export/verify.ts';
import { sha256 } from '../../../api/identity/sha256.ts';
import { ed25519 } from '../../identity/keys.ts';
import { Book, book, linesOf, owner, season } from './sample.ts';

const hidesPrices = ({ kind, seq }: EntryLine) => kind === 'DECISION' || (kind === 'LOT' && seq % 2 === 0);

async function faultOf(lines: string[], policy = {}) {
  const { ok, fault } = await verifyExport(lines, policy);
  return ok ? 'accepted' : fault;
}

describe('an export is verified', () => {
  test('with a take-over and a new key in it', async () => {
    const made = await season();
    const report = await verifyExport(await linesOf(made));
    expect(report.fault).toBeUndefined();
    expect(report).toMatchObject({ ok: true, lines: 26 });
    expect(report.checks.map(({ name }) => name)).toEqual([
      'keys',
      'signatures',
      'right',
      'records',
      'fields',
      'log',
      'checkpoints',
      'heads',
      'manifest',
    ]);
    expect(report.checks[1]?.text).toContain('17 entries signed');
    expect(report.checks[2]?.text).toBe(
      '1 mandate and 3 terms say who that was: 1 appoint, 1 take-over, 1 hand-over',
    );
    expect(report.checks[3]?.text).toContain('4 records');
    expect(report.checks[6]?.text).toBe(
      '2 checkpoints of this log; the last covers 16 entries, cosigned by agency.example; 2 cosigned by agency.example',
    );
    expect(report.checks[7]?.text).toBe('4 records shown as they were at entry 15');
  });

  test('with hidden entries, whose nodes give the same root of the log', async () => {
    const made = await season();
    const [whole, part] = await Promise.all([linesOf(made), linesOf(made, { hides: hidesPrices })]);
    const reports = await Promise.all([verifyExport(whole), verifyExport(part)]);
    expect(reports.map(({ fault }) => fault)).toEqual([undefined, undefined]);
    const roots = reports.map(({ checks }) => /root (\S+)/.exec(checks[5]?.text ?? '')?.[1]);
    expect(roots[0]).toBe(roots[1]);
    expect(part.some((line) => line.startsWith('{"gap"'))).toBe(true);
  });

  test('of an empty book', async () => {
    expect(await faultOf(await linesOf(new Book()))).toBe('accepted');
  });

  test('of a copy that knows nothing of what lies between', async () => {
    const made = new Book();
    for (const nr of [1, 2, 3, 4, 5]) await made.change(`urn:lot:${nr % 2}`, { quantity: String(nr) });
    const held = {
      ...made,
      keys: made.keys,
      entries: made.entries.filter(({ seq }) => seq > 1 && seq !== 3),
    };
    const header = { copy: true, by: 'packer.example', entries: 5 };
    const maker = ed25519();
    const { d: _, ...jwk } = maker.jwk;
    const keys = [...made.keys, { organisation: 'packer.example', name: 'Packer', jwk }];
    const lines = await linesOf(held, { header, signer: maker, keys });
    const report = await verifyExport(lines, { trust: [thumbprint(made.ownerKey.jwk)] });
    expect(report.fault).toBeUndefined();
    expect(report.roots.map(({ part, pinned }) => [part, pinned])).toEqual([
      ['owner', true],
      ['maker', false],
    ]);
  });

  test('and says in words what it does not prove', async () => {
    const made = new Book();
    await made.change('urn:lot:1', { quantity: '1' });
    const none = await verifyExport(await linesOf(made));
    expect(none).toMatchObject({
      ok: true,
      unproven: [{ name: 'heads', text: expect.stringMatching(/^no heads were proven/) }],
    });
    await made.checkpoint();
    expect((await verifyExport(await linesOf(made))).unproven).toEqual([]);
    await made.change('urn:lot:1', { quantity: '2' });
    expect((await verifyExport(await linesOf(made))).unproven).toMatchObject([
      { name: 'heads', text: 'those of the changes behind entry 1: no checkpoint stated them yet' },
    ]);
    const copied = await linesOf(
      { ...made, keys: made.keys, map: { size: 0, pages: new Map() }, checkpoints: new Map() },
      { header: { copy: true } },
    );
    const copy = await verifyExport(copied);
    expect(copy.ok).toBe(true);
    expect(copy.unproven.map(({ name }) => name)).toEqual(['log', 'heads']);
    expect(copy.checks.find(({ name }) => name === 'log')?.text).not.toContain('root');
  });

  test('and names the key of the owner, which the reader has to know', async () => {
    const made = await season();
    const lines = await linesOf(made);
    const { roots } = await verifyExport(lines);
    expect(roots).toMatchObject([{ organisation: owner, part: 'owner', pinned: false }]);
    const [root] = roots;
    for (const trust of [root?.thumbprint, root?.fingerprint, made.ownerKey.signer.kid]) {
      expect((await verifyExport(lines, { trust: [trust ?? ''] })).roots[0]?.pinned).toBe(true);
    }
    expect(await faultOf(lines, { trust: [ed25519().signer.kid] })).toMatchObject({ code: 'NOT_TRUSTED' });
  });

  test('and tells the reader what each change discloses', async () => {
    const made = await season();
    const told: unknown[] = [];
    await verifyExport(await linesOf(made), {
      onChange: ({ record, fields }) => told.push([record, fields]),
    });
    expect(told).toContainEqual(['urn:lot:2', { quantity: '2', unit: 'EA' }]);
    expect(told).toHaveLength(8);
  });
});

describe('a checkpoint', () => {
  const older = (made: Book, at: number) => [...made.checkpoints.values()][at] ?? '';

  test('that the reader kept is continued by the log', async () => {
    const made = await season();
    const lines = await linesOf(made, { hides: hidesPrices });
    for (const at of [0, 1]) {
      const report = await verifyExport(lines, { olderCheckpoint: older(made, at) });
      expect(report.fault).toBeUndefined();
      expect(report.checks.find(({ name }) => name === 'history')?.text).toContain('continues');
    }
  });

  test('that the reader kept gives away a log that was cut, or has another history', async () => {
    const made = await season();
    const olderCheckpoint = older(made, 1);
    // Everything after the first checkpoint left out: without the older checkpoint nobody could know.
    const cut = {
      keys: made.keys,
      ownerKey: made.ownerKey,
      entries: made.entries.slice(0, 13),
      records: made.records,
      checkpoints: new Map([...made.checkpoints].slice(0, 1)),
    };
    const short = await linesOf(cut);
    expect(await faultOf(short)).toBe('accepted');
    expect(await faultOf(short, { olderCheckpoint })).toMatchObject({ code: 'LOG_SHORTER' });
    const other = await season();
    expect(await faultOf(await linesOf(other), { olderCheckpoint })).toMatchObject({ code: 'BAD_OLDER' });
    // The same keys, another history.
    const fork = new Book();
    Object.assign(fork, { ownerKey: made.ownerKey });
    await fork.change('urn:lot:1', { quantity: '1' });
    await fork.checkpoint();
    const twin = new Book();
    Object.assign(twin, { ownerKey: made.ownerKey });
    await twin.change('urn:lot:1', { quantity: '2' });
    await twin.checkpoint();
    expect(await faultOf(await linesOf(fork), { olderCheckpoint: older(twin, 0) })).toMatchObject({
      code: 'OTHER_HISTORY',
      seq: 2,
    });
  });

  test('is cosigned by the witness that the reader trusts', async () => {
    const made = await season();
    const lines = await linesOf(made);
    const kid = made.party('agency.example').signer.kid;
    expect(await faultOf(lines, { witness: [kid] })).toBe('accepted');
    expect(await faultOf(lines, { witness: [ed25519().signer.kid] })).toMatchObject({
      code: 'NOT_WITNESSED',
    });
  });

  test('of another log, or signed by somebody else, is refused', async () => {
    const made = await season();
    const [size = 0, note = ''] = [...made.checkpoints][1] ?? [];
    const [, first = ''] = [...made.checkpoints][0] ?? [];
    for (const bad of [
      note.replace('agency.example', 'packer.example'),
      note.replace(/\n\n\S+ \S+/, '\n\n\u2014 else.example'),
      first,
    ]) {
      made.checkpoints.set(size, bad);
      expect(await faultOf(await linesOf(made))).toMatchObject({
        seq: 16,
        code: expect.stringMatching(/^BAD_C/),
      });
    }
  });

  test('whose map of heads says another thing of a record is noticed', async () => {
    const made = await season();
    await made.checkpoint({ root: sha256('nothing') });
    expect(await faultOf(await linesOf(made))).toMatchObject({ code: 'BAD_HEAD' });
  });

  test('shows that a later version of a record is held back', async () => {
    const made = await season();
    const hidden = await verifyExport(await linesOf(made, { hides: ({ seq }) => seq === 11 }));
    expect(hidden.fault).toBeUndefined();
    expect(hidden.checks.find(({ name }) => name === 'heads')?.text).toContain(
      '1 record with a later version that is not shown',
    );
    const asWhole = await linesOf(made, { hides: ({ seq }) => seq === 11, header: { audience: null } });
    expect(await faultOf(asWhole)).toMatchObject({ code: 'OTHER_HEAD' });
  });
});

describe('an export is refused', () => {
  test('where a change was signed by who had lost the right', async () => {
    const made = await season();
    const before = made.entries.slice(0, 9);
    // Of another book of the same name, in which other keys sign.
    const forger = await season();
    const lines = await linesOf({
      ...made,
      keys: made.keys,
      entries: [...before, ...forger.entries.slice(9, 10)],
    });
    expect(await faultOf(lines)).toMatchObject({ line: 12, seq: 10, code: 'UNKNOWN_KEY' });
  });

  test('where a token was signed with a key that another one had taken the place of', async () => {
    const made = new Book();
    await made.key();
    await made.change('urn:lot:1', { quantity: '1' });
    const first = made.ownerKey;
    await made.key();
    const second = made.ownerKey;
    made.ownerKey = first;
    await made.change('urn:lot:1', { quantity: '2' });
    made.ownerKey = second;
    expect(await faultOf(await linesOf(made))).toMatchObject({ seq: 4, code: 'KEY_RETIRED' });
  });

  test('where it was signed with a key that the book did not know yet', async () => {
    const made = new Book();
    await made.key();
    await made.change('urn:lot:1', { quantity: '1' });
    await made.key();
    await made.change('urn:lot:1', { quantity: '2' });
    made.entries.splice(2, 1);
    const moved = {
      ...made,
      keys: made.keys,
      entries: made.entries.map((entry, at) => ({ ...entry, seq: at + 1 })),
    };
    expect(await faultOf(await linesOf(moved))).toMatchObject({ seq: 3, code: 'KEY_NOT_LOGGED' });
  });

  test('where it was signed with a key that was revoked from an earlier place on', async () => {
    const made = new Book();
    await made.key();
    const stolen = made.ownerKey.signer.kid;
    await made.change('urn:lot:1', { quantity: '1' });
    await made.change('urn:lot:1', { quantity: '2' });
    await made.key({ kid: stolen, seq: 3 });
    expect(await faultOf(await linesOf(made))).toMatchObject({ seq: 3, code: 'KEY_REVOKED' });
  });

  test('where a version of a record is left out or hangs on another one', async () => {
    const made = await season();
    const lot = made.entries.find(({ kind }) => kind === 'LOT');
    const without = { ...made, keys: made.keys, entries: made.entries.filter((entry) => entry !== lot) };
    const lines = await linesOf({
      ...without,
      entries: without.entries.map((entry, at) => ({ ...entry, seq: at + 1 })),
    });
    expect(await faultOf(lines)).toMatchObject({ code: 'OTHER_PLACE' });
    const hidden = await linesOf(made, { hides: (entry) => entry === lot, header: { audience: null } });
    expect(await faultOf(hidden)).toMatchObject({ seq: 8, code: 'VERSION_SKIPPED' });
  });

  test('where it is made under another name than the one that signs', async () => {
    const made = await season();
    expect(await faultOf(await linesOf(made, { signer: ed25519() }))).toMatchObject({ code: 'UNKNOWN_KEY' });
    expect(await faultOf(await linesOf(made, { header: { by: 'packer.example' } }))).toMatchObject({
      code: 'NO_KEY',
    });
    expect(await faultOf(await linesOf(made, { header: { book: `${book}-2` } }))).toMatchObject({
      code: 'WRONG_BOOK',
      seq: 2,
    });
  });

  test('where its end is cut off, or something follows it', async () => {
    const lines = await linesOf(await season());
    expect(await faultOf(lines.slice(0, -1))).toMatchObject({ line: 25, code: 'NO_MANIFEST' });
    expect(await faultOf(lines.slice(0, -2))).toMatchObject({ line: 25, code: 'HEAD_MISSING' });
    expect(await faultOf(lines.slice(0, 18))).toMatchObject({ line: 18, code: 'LOG_CUT' });
    expect(await faultOf([...lines, lines.at(-1) ?? ''])).toMatchObject({ line: 27, code: 'AFTER_END' });
    expect(await faultOf([])).toMatchObject({ line: 1, code: 'NO_HEADER' });
  });

  test('and the first bad line is named, also where a later one is no line at all', async () => {
    const lines = await linesOf(await season());
    const at = lines.findIndex((line) => readLine(line)?.kind === 'entry' && line.includes('"LOT"'));
    lines[at] = (lines[at] ?? '').replace(/"disclosures":\["../, '"disclosures":["AA');
    lines[at + 1] = 'nothing';
    expect(await faultOf(lines)).toMatchObject({ line: at + 1, code: 'BAD_DISCLOSURE' });
  });

  test('and nothing that a file holds makes the verifier break off', async () => {
    const lines = await linesOf(await season());
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const text of [deep, `{"entry":${deep}}`]) {
      expect(await faultOf(lines.with(5, text))).toMatchObject({ code: 'BAD_LINE', line: 6 });
    }
    const organisation = (nr: number) => `{"keys":{"organisation":"o${nr}.example","name":"o","jwk":`;
    const jwk = JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: ed25519().jwk.x });
    const many = Array.from({ length: 1_001 }, (_, nr) => `${organisation(nr)}${jwk}}}`);
    expect(await faultOf([lines[0] ?? '', ...many])).toMatchObject({ code: 'TOO_MANY_KEYS', line: 1_002 });
  });

  test('where a checkpoint is signed with a key that another one had taken the place of', async () => {
    const made = new Book();
    await made.key();
    await made.change('urn:lot:1', { quantity: '1' });
    await made.checkpoint();
    const retired = made.ownerKey;
    await made.key();
    await made.change('urn:lot:1', { quantity: '2' });
    await made.checkpoint();
    const [size, genuine = ''] = [...made.checkpoints].at(-1) ?? [0];
    const { root } = parseCheckpoint(genuine) as SignedCheckpoint;
    const key = [...retired.keys.values()][0] as VerificationKey;
    const thief = { name: owner, key, signer: retired.signer };
    made.checkpoints.set(size, await signCheckpoint({ origin: book, size, root }, thief));
    expect(await faultOf(await linesOf(made))).toMatchObject({ code: 'BAD_CHECKPOINT' });
    made.checkpoints.set(size, genuine);
    expect(await faultOf(await linesOf(made))).toBe('accepted');
  });
});
