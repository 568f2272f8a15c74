import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extractText } from 'unpdf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { readEvents } from '../../api/peers/sse.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

const GROWER = 'grower.example';
const PACKER = 'packer.example';
const BOOK = `${GROWER}/harvest`;
const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
const ERROR = 'error { code message duty }';

let databases: FreshDatabase[] = [];
let grower: NodeProcess;
let packer: NodeProcess;

beforeAll(async () => {
  databases = await Promise.all([freshDatabase(), freshDatabase()]);
  const [first, second] = databases.map(({ url }) => url) as [string, string];
  [grower, packer] = await Promise.all([
    startNodeProcess({ organisation: GROWER, books: ['harvest', 'archive'], databaseUrl: first }),
    startNodeProcess({ organisation: PACKER, databaseUrl: second }),
  ]);
  await makePartners(grower, packer);
  const grants = [
    { fields: ['quantity', 'uom', 'variety'], selector: { kinds: ['LOT'] } },
    { right: 'CHANGE', fields: ['quantity', 'variety', 'note'], selector: { kinds: ['LOT'] } },
  ];
  for (const grant of grants) {
    const input = { book: BOOK, audience: { organisations: [PACKER] }, ...grant };
    await grower.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
      input,
    });
  }
  for (const record of ['A', 'B', 'C', 'D'].map(lot)) await make(record);
  await until('the packer has the lots', async () => (await versionAt(packer, lot('D'))) === 1);
}, 120_000);

afterAll(async () => {
  await Promise.all([grower, packer].map((node) => node?.remove()));
  await Promise.all(databases.map((database) => database.drop()));
});

async function make(record: string): Promise<void> {
  const content = { quantity: '12', uom: 'KGM', variety: 'Lollo', fieldName: 'north' };
  const updates = [{ book: BOOK, key: randomUUID(), changes: [{ record, kind: 'LOT', base: 0, content }] }];
  await grower.query(
    'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
    { updates },
  );
}

async function versionAt(node: NodeProcess, id: string): Promise<number | undefined> {
  const { record } = await node.query(
    'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { version } }',
    { book: BOOK, id },
  );
  return (record as { version: number } | null)?.version;
}

interface Saved {
  request: { id: string; state: string; changes: unknown } | null;
  record: { version: number; fields: Record<string, unknown> };
  difference: { base: number; current: number; merges: boolean; fields: object[] } | null;
  error: { code: string; message: string } | null;
}

async function save(node: NodeProcess, input: object): Promise<Saved> {
  const { saveRecord } = await node.query(
    `mutation ($input: SaveRecordInput!) {
      saveRecord(input: $input) {
        request { id state changes }
        record { version fields }
        difference { base current merges fields { field base mine theirs standing } }
        error { code message }
      }
    }`,
    { input: { book: BOOK, ...input } },
  );
  return saveRecord as unknown as Saved;
}

describe('refresh, do, update', () => {
  test('a save on an old version is refused with what differs, as far as its caller may see it, and its draft is kept', async () => {
    const record = lot('A');
    const theirs = await save(grower, { record, base: 1, fields: { quantity: '13', fieldName: 'south' } });
    expect(theirs.record).toMatchObject({ version: 2, fields: { quantity: '13', fieldName: 'south' } });
    const mine = await save(packer, { record, base: 1, fields: { quantity: '14' } });
    expect(mine.error?.code).toBe('STALE_BASE');
    // The packer sees nothing of the name of the field, nor that it changed.
    expect(mine.difference).toEqual({
      base: 1,
      current: 2,
      merges: false,
      fields: [{ field: 'quantity', base: '12', mine: '14', theirs: '13', standing: 'CONFLICT' }],
    });
    expect(mine.request).toMatchObject({ state: 'REFUSED', changes: [{ fields: { quantity: '14' } }] });
    // The local copy was brought up before the answer.
    expect(mine.record.version).toBe(2);
    const merged = await save(packer, { record, base: 1, fields: { quantity: '14' }, merge: 2 });
    expect(merged).toMatchObject({ request: null, error: { code: 'CONFLICT' } });
    const decided = await save(packer, { record, base: 2, fields: { quantity: '14' } });
    expect(decided.record).toMatchObject({ version: 3, fields: { quantity: '14' } });
  });

  test('changes of different fields are merged when the person says so, on the version whose differences were seen', async () => {
    const record = lot('B');
    await save(grower, { record, base: 1, fields: { variety: 'Romana' } });
    const mine = { record, base: 1, fields: { quantity: '20' } };
    const refused = await save(packer, mine);
    expect(refused.difference).toMatchObject({ current: 2, merges: true });
    await save(grower, { record, base: 2, fields: { uom: 'LBR' } });
    await until('the packer has it', async () => (await versionAt(packer, record)) === 3);
    const late = await save(packer, { ...mine, merge: 2 });
    expect(late).toMatchObject({ request: null, error: { code: 'STALE_BASE' }, difference: { current: 3 } });
    const merged = await save(packer, { ...mine, merge: 3 });
    expect(merged.error).toBeNull();
    expect(merged.record).toMatchObject({
      version: 4,
      fields: { quantity: '20', variety: 'Romana', uom: 'LBR' },
    });
  });

  test('of a field that its caller may change and not see, nobody says whether others changed it', async () => {
    const record = lot('C');
    await save(grower, { record, base: 1, fields: { variety: 'Romana' } });
    const { difference } = await save(packer, { record, base: 1, fields: { note: 'wet' } });
    expect(difference?.merges).toBe(false);
    expect(difference?.fields).toContainEqual({
      field: 'note',
      base: null,
      mine: 'wet',
      theirs: null,
      standing: 'UNSEEN',
    });
  });

  test('a local copy that is behind has what the holder has once it is refreshed, and once a record is locked', async () => {
    const record = lot('D');
    await save(grower, { record, base: 1, fields: { quantity: '30' } });
    const { refreshRecord } = await packer.query(
      `mutation ($book: ID!, $record: ID!) {
        refreshRecord(book: $book, record: $record) { record { version fields } behind ${ERROR} }
      }`,
      { book: BOOK, record },
    );
    expect(refreshRecord).toMatchObject({
      record: { version: 2, fields: { quantity: '30' } },
      behind: false,
    });
    await save(grower, { record, base: 2, fields: { quantity: '31' } });
    const { locks } = await packer.mutate(
      `mutation ($input: LockRecordsInput!) { lockRecords(input: $input) { locks { token } ${ERROR} } }`,
      { input: { book: BOOK, records: [record] } },
    );
    expect(await versionAt(packer, record)).toBe(3);
    const [{ token }] = locks as [{ token: number }];
    expect(
      (await save(packer, { record, base: 3, fields: { quantity: '32' }, lock: token })).error,
    ).toBeNull();
  });
});

interface Seen {
  holderName: string;
  record: string | null;
  editing: boolean;
  mine: boolean;
}

/** A window that is open on a book: `seen` is who is there, as it was told last. */
async function openWindow(node: NodeProcess, variables: object) {
  const going = new AbortController();
  const query = `subscription ($book: ID!, $record: ID, $editing: Boolean) {
    presence(book: $book, record: $record, editing: $editing) { holderName record editing mine }
  }`;
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await node.token()}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ query, variables: { book: BOOK, ...variables } }),
    signal: going.signal,
  });
  expect(response.status).toBe(200);
  const window = { seen: [] as Seen[], close: () => going.abort() };
  void (async () => {
    for await (const { event, data } of readEvents(response.body as AsyncIterable<Uint8Array>, 1e6)) {
      if (event !== 'next') continue;
      window.seen = (JSON.parse(data) as { data: { presence: Seen[] } }).data.presence;
    }
  })().catch(() => undefined);
  return window;
}

describe('who is there', () => {
  test('people at two nodes see each other come, edit and go, by name where a rule gives it', async () => {
    const record = lot('A');
    const [ours, theirs] = await Promise.all([
      openWindow(grower, { record, editing: true }),
      openWindow(packer, { record }),
    ]);
    const at = (window: { seen: Seen[] }, name: string) =>
      window.seen.find(({ holderName }) => holderName === name);
    await until('the owner sees the partner', async () => at(ours, PACKER) !== undefined);
    await until('the partner sees the owner', async () => at(theirs, `A user at ${GROWER}`) !== undefined);
    expect(at(theirs, `A user at ${GROWER}`)).toMatchObject({ record, editing: true, mine: false });
    expect(at(theirs, PACKER)).toMatchObject({ mine: true, editing: false });
    ours.close();
    await until('the partner sees the owner go', async () => theirs.seen.length === 1);
    const input = {
      book: BOOK,
      audience: { organisations: [PACKER] },
      selector: { kinds: ['LOT'] },
      fields: ['lock.holder'],
    };
    await grower.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
      input,
    });
    const again = await openWindow(grower, { record });
    await until('the partner sees who it is', async () => at(theirs, GROWER) !== undefined);
    again.close();
    theirs.close();
  });

  test('of a record that it may not see, a partner hears nothing of who has it open', async () => {
    const record = 'https://id.gs1.org/414/9521234543213';
    const place = { record, kind: 'LOCATION', base: 0, content: { name: 'Packhouse' } };
    await grower.query(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state } } }',
      { updates: [{ book: BOOK, key: randomUUID(), changes: [place] }] },
    );
    const hidden = await openWindow(grower, { record });
    const theirs = await openWindow(packer, {});
    const shown = await openWindow(grower, { record: lot('B') });
    await until('the partner sees the one', async () =>
      theirs.seen.some(({ record: id }) => id === lot('B')),
    );
    expect(theirs.seen.map(({ record: id }) => id)).not.toContain(record);
    await until('the owner sees all', async () => shown.seen.length === 3);
    for (const window of [hidden, theirs, shown]) window.close();
  });
});

describe('notes on a record', () => {
  const NOTE = `mutation ($book: ID!, $record: ID!, $text: String!) {
    addNote(book: $book, record: $record, text: $text) { note { id fields token } request { state } ${ERROR} }
  }`;

  async function notes(node: NodeProcess, record: string): Promise<{ fields: Record<string, unknown> }[]> {
    const { record: found } = await node.query(
      'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { notes { id fields } } }',
      { book: BOOK, id: record },
    );
    return (found as { notes: { fields: Record<string, unknown> }[] } | null)?.notes ?? [];
  }

  test('are seen by whoever may see the record, from both sides, and the author by his own organisation', async () => {
    const record = lot('C');
    await grower.mutate(NOTE, { book: BOOK, record, text: 'Two crates are wet.' });
    const { note } = await packer.mutate(NOTE, { book: BOOK, record, text: 'Which two?' });
    expect(note).toMatchObject({ fields: { text: 'Which two?', organisation: PACKER } });
    await until('the packer sees both', async () => (await notes(packer, record)).length === 2);
    const [first] = await notes(packer, record);
    // A rule for lots alone covers the notes on lots.
    expect(first?.fields).toMatchObject({ text: 'Two crates are wet.', organisation: GROWER });
    expect(first?.fields).not.toHaveProperty('author');
    expect((await notes(grower, record)).map(({ fields }) => fields['author'])).toEqual([GROWER, PACKER]);
  });

  test('on a record that is not shown are not shown, and nobody says otherwise in a note', async () => {
    const record = 'https://id.gs1.org/414/9521234543213';
    const { note } = await grower.mutate(NOTE, { book: BOOK, record, text: 'Locked after six.' });
    const id = (note as { id: string }).id;
    await grower.mutate(NOTE, { book: BOOK, record: lot('C'), text: 'Dry now.' });
    await until('the packer has the later one', async () => (await notes(packer, lot('C'))).length === 3);
    expect(await versionAt(packer, id)).toBeUndefined();
    const forged = { on: record, about: [record], text: 'x', of: 'LOT', subject: { lots: [lot('C')] } };
    const changes = [{ kind: 'NOTE', base: 0, content: forged }];
    const { requestUpdates } = await grower.query(
      'mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { outcome { record } } } }',
      { updates: [{ book: BOOK, key: randomUUID(), changes }] },
    );
    const [{ outcome }] = (requestUpdates as unknown as { requests: [{ outcome: [{ record: string }] }] })
      .requests;
    const { record: made } = await grower.query(
      'query ($book: ID!, $id: ID!) { record(book: $book, id: $id) { fields } }',
      { book: BOOK, id: outcome[0].record },
    );
    expect((made as { fields: object }).fields).toMatchObject({ of: 'LOCATION' });
    expect((made as { fields: object }).fields).not.toHaveProperty('subject.lots');
  });
});

describe('at the command line', () => {
  test('somebody edits a record, is told what differs, and merges', async () => {
    const record = lot('E');
    await make(record);
    const at = ['--dir', grower.dir, '--port', new URL(grower.url).port];
    const edit = (...options: string[]) =>
      runCli([...at, 'records', 'edit', 'harvest', record, ...options]).ended;
    expect((await edit('--set', 'variety=Romana')).stdout).toBe('Saved: version 2.\n');
    const refused = await edit('--set', 'quantity=15', '--base', '1');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('is kept in request');
    expect(refused.stdout).toContain('repeat it with --base 1 --merge 2');
    expect((await edit('--set', 'quantity=15', '--base', '1', '--merge', '2')).stdout).toBe(
      'Saved: version 3.\n',
    );
  });

  test('somebody prints records, and whoever has the paper checks it', async () => {
    const at = ['--dir', grower.dir, '--port', new URL(grower.url).port];
    const run = (...args: string[]) => runCli([...at, 'records', ...args]).ended;
    const out = join(grower.dir, 'lots.pdf');
    const printed = await run('print', 'harvest', lot('A'), lot('B'), '--out', out, '--json');
    const { code, records } = JSON.parse(printed.stdout) as { code: string; records: number };
    expect(records).toBe(2);
    const pages = await textOf(await readFile(out));
    for (const text of [lot('A'), '3, entry', `Verification code ${code}`]) expect(pages).toContain(text);
    const versions = [lot('A'), lot('B')].map(async (id) => `${id}@${await versionAt(grower, id)}`);
    const [a = '', b = ''] = await Promise.all(versions);
    expect((await run('check-print', 'harvest', a, b, '--code', code)).code).toBe(0);
    expect((await run('check-print', 'harvest', b, a, '--code', code)).code).toBe(1);
    expect((await run('check-print', 'harvest', `${lot('A')}@1`, b, '--code', code)).code).toBe(1);
  });
});

async function textOf(pdf: Buffer): Promise<string> {
  const { text } = await extractText(new Uint8Array(pdf), { mergePages: true });
  return text;
}
