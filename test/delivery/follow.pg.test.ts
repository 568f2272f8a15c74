import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACKNOWLEDGE } from '../../api/delivery/acknowledger.ts';
import { AUTHORITY } from '../../api/delivery/ask-register.ts';
import { BOOKS, openSubscriber, type Subscriber } from '../../api/delivery/subscriber.ts';
import { LotbookError, type ErrorCode } from '../../api/errors.ts';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { takeIntroductions } from '../../api/partners/introductions.ts';
import { readEvidence } from '../../api/store/authority.ts';
import { openBell, type Bell } from '../../api/store/bell.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { openGrants } from '../../api/store/grants.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { freshDatabase } from '../support/postgres.ts';
import { BACKUP, keysOf, memberOf, TestMandates, WITNESS } from './support/authority.ts';
import { addGrant, addNotes, HARVEST, OWNER } from './support/book.ts';
import { openFeedServer, subscribe, type FeedServer } from './support/feed-server.ts';
import { copyMember, MemberLog } from './support/members.ts';

const PARTNER = memberOf('partner.example');
const READER = PARTNER.member.organisation;
const owner = memberOf(OWNER);
const mandates = new TestMandates(HARVEST, owner);
const byOwner = (term: number) => ({ issuer: OWNER, signer: owner.signer, term });
const byBackup = (term: number) => ({ issuer: BACKUP, signer: mandates.backup.signer, term });

/** A member of the book's authority: its database, its log, its feeds. */
interface Node {
  db: Database;
  log: MemberLog;
  bell: Bell;
  server: FeedServer;
  close(): Promise<void>;
}

type Fate = 'ANSWERS' | 'DEAD' | 'FROZEN';

let primary: Node & { authority: TestAuthority };
let backup: Node;
let reader: { db: Database; bell: Bell; close(): Promise<void> };
let subscriber: Subscriber;
let fates: Map<string, Fate>;
let changed: AbortController;
let register: { mandateToken: string; termToken: string } | null;
let introduced: string[];
let alarms: string[];
/** Tokens that the primary handed out. */
let handedOut: Set<string>;

const member = async (organisation: string, url: string, db: Database): Promise<Omit<Node, 'close'>> => ({
  db,
  log: new MemberLog(db, HARVEST),
  bell: await openBell(url, 'lotbook'),
  server: await openFeedServer({ url, organisation, clock: Date.now }),
});

async function openPrimary(): Promise<typeof primary> {
  const fresh = await freshDatabase();
  const authority = await openAuthority(OWNER, { url: fresh.url, jwk: owner.jwk });
  const admin = ownCaller(OWNER, 'ADMINISTRATOR');
  await authority.approval.createBook(admin, { name: 'harvest', title: 'Harvest' });
  const audience = { organisations: [READER], groups: [], roles: [], public: false };
  await addGrant(authority, 'reader', { audience, fields: ['text'], backfill: true });
  const node = await member(OWNER, fresh.url, authority.db);
  const close = async () => {
    await node.server.close();
    await node.bell.close();
    await authority.close();
    await fresh.drop();
  };
  return { ...node, authority, close };
}

async function openBackup(): Promise<Node> {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 4, applicationName: 'test backup' });
  const environment = {
    prisma: db.prisma,
    now: Date.now,
    ring: () => undefined,
    self: { organisation: BACKUP },
  };
  await takeIntroductions(environment, OWNER, [{ ...PARTNER.member, groups: [] }]);
  const node = await member(BACKUP, fresh.url, db);
  const close = async () => {
    await node.server.close();
    await node.bell.close();
    await db.close();
    await fresh.drop();
  };
  return { ...node, close };
}

async function openReader(): Promise<typeof reader> {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 4, applicationName: 'test reader' });
  const bell = await openBell(fresh.url, 'lotbook');
  await putOrganisation(db.prisma, { id: OWNER, url: 'http://x', status: 'ACTIVE', now: new Date() });
  const close = async () => {
    await subscriber.stop();
    await bell.close();
    await db.close();
    await fresh.drop();
  };
  return { db, bell, close };
}

/** Lets a node die, freeze, or answer again. */
function set(organisation: string, fate: Fate): void {
  fates.set(organisation, fate);
  changed.abort();
  changed = new AbortController();
}

async function call(organisation: string, document: string): Promise<JsonObject> {
  if (fates.get(organisation) !== 'ANSWERS') throw new LotbookError('UNREACHABLE', 'it does not answer');
  if (document === BOOKS) {
    const createdAt = '2026-07-01T00:00:00.000Z';
    return { books: [{ id: HARVEST, title: 'Harvest', owner: OWNER, createdAt, localCopy: false }] };
  }
  if (document === AUTHORITY) return { authority: register };
  if (document !== ACKNOWLEDGE) throw new Error('not a document that is agreed');
  return { ackFeed: { cursor: 'a cursor', error: null } };
}

async function* feedOf(
  organisation: string,
  after: string | null,
  signal: AbortSignal,
): AsyncGenerator<JsonObject, void> {
  const { server } = organisation === OWNER ? primary : backup;
  const caller = partnerCaller(READER);
  while (fates.get(organisation) === 'FROZEN' && !signal.aborted) await tick();
  if (signal.aborted) return;
  if (fates.get(organisation) === 'DEAD') throw new LotbookError('UNREACHABLE', 'it does not answer');
  const cut = changed.signal;
  const asked = { caller, book: HARVEST, after };
  const feed = await subscribe(server, asked, AbortSignal.any([signal, cut])).catch((error: Error) => {
    throw new LotbookError(cut.aborted ? 'UNREACHABLE' : (error.message as ErrorCode), 'refused');
  });
  try {
    for await (const batch of feed) {
      if (organisation === OWNER) for (const { token } of batch.items) handedOut.add(token);
      yield { feed: batch } as unknown as JsonObject;
    }
  } catch (error) {
    if (signal.aborted) return;
    while (fates.get(organisation) === 'FROZEN' && !signal.aborted) await tick();
    throw cut.aborted ? new LotbookError('UNREACHABLE', 'it broke off') : error;
  }
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 10));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await tick();
}

async function rows<T extends object>(text: string): Promise<T[]> {
  return (await reader.db.pool.query<T>(text)).rows;
}

/** The notes of the copy, in the order of the log. */
async function texts(): Promise<string[]> {
  const found = await rows<{ state: string }>(
    `SELECT state FROM entry WHERE kind = 'NOTE' AND book = '${HARVEST}' ORDER BY seq`,
  );
  return found.map(({ state }) => (JSON.parse(state) as { text: string }).text);
}

const has = (text: string) => until(async () => (await texts()).includes(text));
const holder = async () => (await rows<{ authority: string }>('SELECT authority FROM book'))[0]?.authority;
const quarantined = () => rows<{ code: string }>('SELECT code FROM quarantine');

/** The holder takes over: what it holds, its term, and a first change; the others are told by the bell. */
async function takeOver(to: Node, term: number, by: (term: number) => ReturnType<typeof byOwner>) {
  const terms = await Promise.all(Array.from({ length: term - 1 }, (_, at) => termOf(at + 2)));
  await to.log.add('TERM', term, terms.at(-1) ?? '');
  await to.log.note(by(term), `of term ${term}`);
  to.bell.ring(HARVEST);
}

/** Each term names the one before it. */
async function termOf(n: number): Promise<string> {
  return mandates.term(n, n > 2 ? { after: await termOf(n - 1) } : {});
}

beforeAll(async () => {
  primary = await openPrimary();
  backup = await openBackup();
});

afterAll(async () => {
  await primary.close();
  await backup.close();
});

beforeEach(async () => {
  fates = new Map([OWNER, BACKUP, WITNESS].map((node) => [node, 'ANSWERS']));
  changed = new AbortController();
  [register, introduced, alarms, handedOut] = [null, [], [], new Set()];
  reader = await openReader();
  const ignore = () => undefined;
  const { db, bell } = reader;
  subscriber = openSubscriber({
    db,
    bell,
    organisation: READER,
    peers: {
      call,
      subscribe: (from, _document, { after }, { signal }) => feedOf(from, after as string, signal),
    },
    grants: openGrants(db.pool),
    clock: Date.now,
    random: () => 0,
    checker: {
      begin: () => undefined,
      received: () => undefined,
      lookOverdue: () => Promise.resolve(),
    },
    keysOf: () => Promise.resolve(keysOf(owner)),
    followKeys: () => Promise.resolve(false),
    introduce: (_owner, members) => {
      introduced = members.map(({ organisation }) => organisation);
      return Promise.resolve([]);
    },
    log: {
      info: ignore,
      warn: ignore,
      error: (details) => void alarms.push((details as { code?: string }).code ?? JSON.stringify(details)),
    },
    config: { partnerPollMs: 50 },
  });
});

afterEach(() => reader.close());

describe('the copy of a book with a mandate', () => {
  it('goes on from whoever holds the book, without a gap and with nothing twice', async () => {
    await addNotes(primary.authority, ['before']);
    subscriber.start();
    await has('before');
    await primary.log.add('MANDATE', 1, await mandates.mandate({ leaseMs: 300 }));
    await primary.log.note(byOwner(1), 'under a mandate');
    primary.bell.ring(HARVEST);
    await has('under a mandate');
    await until(() => Promise.resolve(introduced.length > 0));
    expect(introduced).toEqual([OWNER, BACKUP, WITNESS]);
    expect(await holder()).toBe(OWNER);

    // The last change reached the backup, and nobody else, before the primary died.
    set(OWNER, 'DEAD');
    await primary.log.note(byOwner(1), 'as it died');
    await copyMember(primary.db.pool, backup.db.pool);
    await takeOver(backup, 2, byBackup);
    await has('of term 2');
    expect(await holder()).toBe(BACKUP);
    expect(await rows('SELECT authority, state FROM feed')).toEqual([{ authority: BACKUP, state: 'LIVE' }]);

    // The primary has caught up and takes the right back; the backup freezes, its connections stay open.
    await copyMember(backup.db.pool, primary.db.pool);
    set(OWNER, 'ANSWERS');
    await backup.log.note(byBackup(2), 'the last of term 2');
    await copyMember(backup.db.pool, primary.db.pool);
    set(BACKUP, 'FROZEN');
    await takeOver(primary, 3, byOwner);
    await has('of term 3');
    expect(await holder()).toBe(OWNER);

    const all = await rows<{ seq: number }>('SELECT seq FROM entry ORDER BY seq');
    expect(await texts()).toEqual([
      'before',
      'under a mandate',
      'as it died',
      'of term 2',
      'the last of term 2',
      'of term 3',
    ]);
    expect(new Set(all.map(({ seq }) => seq)).size).toBe(all.length);
    expect(await quarantined()).toEqual([]);
    expect(await readEvidence(reader.db.pool, HARVEST)).toEqual([]);
    expect(alarms).toEqual([]);
  });

  it('is told of a new holder by the witness, and does not take what the old one writes after that', async () => {
    await copyMember(primary.db.pool, backup.db.pool);
    set(BACKUP, 'DEAD');
    subscriber.start();
    await has('of term 3');
    const known = { mandateToken: await mandates.mandate({ leaseMs: 300 }) };
    register = { ...known, termToken: await termOf(4) };
    await until(async () => (await holder()) === BACKUP);

    const { size } = handedOut;
    await primary.log.note(byOwner(3), 'too late');
    primary.bell.ring(HARVEST);
    await until(() => Promise.resolve(handedOut.size > size));
    set(BACKUP, 'ANSWERS');
    await takeOver(backup, 4, byBackup);
    await has('of term 4');
    expect(await texts()).not.toContain('too late');
    expect(await quarantined()).toEqual([]);

    register = { ...known, termToken: await mandates.term(4, { holder: OWNER, after: await termOf(3) }) };
    await until(async () => (await readEvidence(reader.db.pool, HARVEST)).length > 0);
    const [proof] = await readEvidence(reader.db.pool, HARVEST);
    expect(proof).toMatchObject({ kind: 'TERM', first: await termOf(4), second: register.termToken });
    expect(alarms).toContain('FORK');
    expect(await holder()).toBe(BACKUP);
  });
});
