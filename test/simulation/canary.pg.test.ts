import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase } from '../support/postgres.ts';
import { feedOf } from './kill/copies.ts';
import {
  findOut,
  knockElsewhere,
  openProbe,
  queryEpcis,
  readEverything,
  readFeed,
  requestChanges,
} from './canary/probes.ts';
import type { Probe } from './canary/probes.ts';
import { openRecordingProxy, type RecordingProxy } from './canary/proxy.ts';
import { canaryRecords, type CanaryRecord } from './canary/records.ts';
import { databaseText, occurring, unwrapped } from './canary/search.ts';

/*
 * Every field of every kind of record holds a value that occurs nowhere else. A partner is granted every second field of
 * one book and the other fields of another one; all bytes that it receives are kept, and searched.
 */
const OWNER = 'owner.example';
const PARTNER = 'partner.example';
const PARITY = { even: 0, odd: 1 } as const;
const BOOKS = ['even', 'odd'] as const;
const ERROR = 'error { code message duty place }';

let proxy: RecordingProxy;
let owner: NodeProcess;
let partner: NodeProcess;
let probe: Probe;
let token: string;
const databases = { owner: '', partner: '' };
const records = new Map<string, CanaryRecord[]>();
const granted = new Set<string>();
const hidden = new Set<string>();
/** What no partner is told: notes, names and titles of what is not for it. */
const SECRETS = [
  'canarysecrettitle',
  'canarysecretnote',
  'canarysecretgrant',
  'canarysecretreason',
  'canarysecret.example',
];
const undo: (() => Promise<void>)[] = [];
let received = '';

beforeAll(async () => {
  for (const name of ['owner', 'partner'] as const) {
    const { url, drop } = await freshDatabase();
    databases[name] = url;
    undo.push(drop);
  }
  proxy = await openRecordingProxy();
  undo.push(() => proxy.close());
  owner = await startNodeProcess({
    organisation: OWNER,
    books: BOOKS,
    databaseUrl: databases.owner,
    url: proxy.url,
  });
  undo.push(() => owner.remove());
  proxy.forwardTo(Number(new URL(owner.url).port));
  partner = await startNodeProcess({ organisation: PARTNER, databaseUrl: databases.partner });
  undo.push(() => partner.remove());
  await makePartners(owner, partner);
  await writeSecrets();
  for (const tag of BOOKS) await writeBook(tag);
  token = await partner.token({ url: proxy.url });
  probe = openProbe(proxy.url, token);
}, 60_000);

afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

const bookOf = (tag: string): string => `${OWNER}/${tag}`;

/** Every second name of those that records of a kind have, the one half in one book, the other half in the other. */
function sharedNames(tag: keyof typeof PARITY, ofKind: readonly CanaryRecord[]): string[] {
  const names = [...new Set(ofKind.flatMap(({ canaries }) => [...canaries.keys()]))].toSorted();
  return names.filter((_name, at) => at % 2 === PARITY[tag]);
}

async function record(book: string, { kind, id, content }: CanaryRecord, base = 0): Promise<void> {
  const { requests } = await owner.mutate(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state ${ERROR} } } }`,
    {
      updates: [
        { book, key: `${id} ${base}`, reason: SECRETS[3], changes: [{ record: id, kind, base, content }] },
      ],
    },
  );
  expect(requests).toEqual([{ state: 'APPROVED', error: null }]);
}

async function grant(input: Record<string, unknown>): Promise<void> {
  await owner.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, { input });
}

async function writeBook(tag: keyof typeof PARITY): Promise<void> {
  const all = canaryRecords(tag);
  records.set(tag, all);
  for (const each of all) await record(bookOf(tag), each);
  // A rule holds for records of a kind: what is granted of one event is granted of all.
  for (const kind of new Set(all.map((each) => each.kind))) {
    const ofKind = all.filter((each) => each.kind === kind);
    const fields = sharedNames(tag, ofKind);
    const audience = { organisations: [PARTNER, SECRETS[4]] };
    await grant({
      book: bookOf(tag),
      audience,
      fields,
      selector: { kinds: [kind] },
      backfill: true,
    });
    for (const each of ofKind) {
      for (const [name, canaries] of each.canaries) {
        for (const canary of canaries) (fields.includes(name) ? granted : hidden).add(canary);
      }
    }
  }
  for (const canary of granted) hidden.delete(canary);
  await grant({
    book: bookOf(tag),
    name: 'write',
    right: 'CHANGE',
    audience: { organisations: [PARTNER] },
    fields: ['note'],
    selector: { kinds: ['LOT'] },
  });
  await grant({
    book: bookOf(tag),
    title: SECRETS[2],
    audience: { organisations: [SECRETS[4]] },
    fields: ['*'],
    backfill: true,
  });
}

async function writeSecrets(): Promise<void> {
  await owner.mutate(
    `mutation { createBook(input: { name: "secret", title: "${SECRETS[0]}" }) { ${ERROR} } }`,
  );
  await owner.mutate(`mutation { invitePartner(input: { note: "${SECRETS[1]}" }) { ${ERROR} } }`);
}

/** Everything that has come to the partner up to now, and lies with it. */
async function everythingReceived(): Promise<string> {
  const bytes = proxy.received().join('\n');
  expect(bytes).not.toMatch(/content-encoding: (?!identity)/i);
  return unwrapped([bytes, await databaseText(databases.partner), partner.log()].join('\n'));
}

const hiddenNames = (tag: keyof typeof PARITY, { canaries }: CanaryRecord): string[] =>
  [...canaries].filter(([, held]) => held.every((canary) => hidden.has(canary))).map(([name]) => name);

describe('a partner', () => {
  test('has every granted field in its copy', async () => {
    for (const tag of BOOKS) {
      await until(`the copy of ${tag} is complete`, async () => {
        const text = unwrapped(await databaseText(databases.partner));
        const own = (records.get(tag) ?? []).flatMap(({ canaries }) => [...canaries.values()].flat());
        const due = own.filter((canary) => granted.has(canary));
        return occurring(text, due).length === due.length;
      });
      expect(await feedOf(partner, bookOf(tag))).toMatchObject({ state: 'LIVE', quarantined: 0 });
    }
    expect(granted.size).toBeGreaterThan(200);
    expect(hidden.size).toBeGreaterThan(200);
  });

  test('finds out no hidden value by searching for it', async () => {
    for (const tag of BOOKS) {
      for (const each of records.get(tag) ?? []) {
        expect(await findOut(probe, bookOf(tag), each, hiddenNames(tag, each))).toEqual([]);
      }
    }
  });

  test('gets nothing hidden by any question, change or error', async () => {
    for (const tag of BOOKS) {
      const all = records.get(tag) ?? [];
      const lot = all.find(({ kind }) => kind === 'LOT') as CanaryRecord;
      const names = hiddenNames(tag, lot);
      const common = { dir: partner.dir, authority: OWNER, book: bookOf(tag), record: lot, hidden: names };
      await readEverything(probe, bookOf(tag), all);
      expect(await requestChanges(probe, common)).toContain('"APPROVED"');
      await queryEpcis(probe, bookOf(tag), ['canary', '2026-07-01T00:00:00', '12.5']);
      await readFeed(proxy.url, token, bookOf(tag));
    }
    await knockElsewhere(probe);
    received = await everythingReceived();
    expect(occurring(received, hidden)).toEqual([]);
    expect(occurring(received, SECRETS)).toEqual([]);
    expect(occurring(received, granted)).toHaveLength(granted.size);
  });

  test('gets nothing more of what is withdrawn, not by a replay from the beginning either', async () => {
    const tag = 'even';
    const { grants } = await owner.query('query ($book: ID!) { grants(book: $book) { id } }', {
      book: bookOf(tag),
    });
    for (const { id } of grants as { id: string }[]) {
      const ended = `mutation ($book: ID!, $id: ID!) { endGrant(book: $book, id: $id) { ${ERROR} } }`;
      await owner.mutate(ended, { book: bookOf(tag), id });
    }
    await until('the feed ends', async () => (await feedOf(partner, bookOf(tag)))?.['state'] === 'ENDED');
    const later = canaryRecords('later');
    for (const each of later) if (each.kind !== 'PRODUCT') await record(bookOf(tag), each);
    expect(await readFeed(proxy.url, token, bookOf(tag))).not.toContain('"CHANGE"');
    // A new rule opens the book again, for what comes from now on.
    await grant({
      book: bookOf(tag),
      audience: { organisations: [PARTNER] },
      fields: ['text'],
      selector: { kinds: ['NOTE'] },
    });
    const note = { about: ['urn:even:note'], text: 'canaryafterwards' };
    await record(bookOf(tag), { kind: 'NOTE', id: 'urn:even:after', content: note, canaries: new Map() });
    expect(unwrapped(await readFeed(proxy.url, token, bookOf(tag)))).toContain('canaryafterwards');
    await readEverything(probe, bookOf(tag), later);
    const text = await everythingReceived();
    expect(text).toContain('canaryafterwards');
    expect(
      occurring(
        text,
        later.flatMap(({ canaries }) => [...canaries.values()].flat()),
      ),
    ).toEqual([]);
  });
});

test('the logs and the metrics of both nodes hold no value of any field', async () => {
  for (const node of [owner, partner]) {
    const headers = { authorization: `Bearer ${await node.token()}` };
    const metrics = await (await fetch(`${node.url}/metrics`, { headers })).text();
    expect(metrics).toContain('lotbook_');
    const text = unwrapped(`${node.log()}\n${metrics}`);
    expect(occurring(text, [...hidden, ...granted, ...SECRETS])).toEqual([]);
  }
});

test('the search finds what is there: the owner has every canary in its database', async () => {
  const text = unwrapped(await databaseText(databases.owner));
  expect(occurring(text, [...hidden, ...granted, ...SECRETS])).toHaveLength(
    hidden.size + granted.size + SECRETS.length,
  );
});
