import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyBatch } from '../../api/delivery/apply.ts';
import { openReading, type Reading } from '../../api/delivery/reading.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import { currentKey, isKeyLog, verifyKeyLog } from '../../api/identity/key-log.ts';
import { takeKeyLog } from '../../api/partners/key-logs.ts';
import { introduceMembers, introductionsOf, takeIntroductions } from '../../api/partners/introductions.ts';
import { openPartners } from '../../api/partners/partners.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { keepCopy } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { findOrganisation, putOrganisation } from '../../api/store/partners.ts';
import { findClient, pinKey } from '../../api/store/clients.ts';
import { readEntry, callerOf } from '../../api/http/caller-directory.ts';
import { keyLogOf } from '../identity/key-samples.ts';
import { ed25519 } from '../identity/keys.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { freshDatabase } from '../support/postgres.ts';
import { BACKUP, memberOf, TestMandates, type TestMember } from './support/authority.ts';
import { addGrant, addNotes, HARVEST, OWNER } from './support/book.ts';
import { openFeedServer, catchUp, subscribe, type FeedServer } from './support/feed-server.ts';
import { copyMember, MemberLog } from './support/members.ts';

const owner = memberOf(OWNER);
const packer = memberOf('packer.example');
const agency = memberOf('agency.example');
const stranger = memberOf('stranger.example');
const mandates = new TestMandates(HARVEST, owner);
const to = (given: object) => ({ organisations: [], groups: [], roles: [], public: false, ...given });
const viewer = ownCaller(BACKUP, 'VIEWER');
const idOf = ({ member }: TestMember) => member.organisation;

let primary: TestAuthority;
let backup: { db: Database; reading: Reading; server: FeedServer; close(): Promise<void> };
const environmentOf = (db: Database, organisation = BACKUP) => ({
  prisma: db.prisma,
  now: Date.now,
  ring: () => undefined,
  self: { organisation },
});

/** A partner of the primary, as its people made it. */
async function befriend({ member }: TestMember, groups: string[]): Promise<void> {
  const { prisma } = primary.db;
  const { organisation, name, url, jwk } = member;
  const now = new Date();
  await putOrganisation(prisma, { id: organisation, name, url, status: 'ACTIVE', groups, now });
  await pinKey(prisma, { organisation, clientId: organisation, node: true, roles: [], jwk, now });
}

async function openBackup(): Promise<typeof backup> {
  const fresh = await freshDatabase();
  const db = openDatabase({ url: fresh.url, poolSize: 4, applicationName: 'test backup' });
  const { name, url, jwk } = mandates.backup.member;
  const now = new Date();
  await putOrganisation(db.prisma, { id: BACKUP, name, url, status: 'SELF', now });
  await pinKey(db.prisma, { organisation: BACKUP, clientId: BACKUP, node: true, roles: [], jwk, now });
  const services = { db, grants: openGrants(db.pool), clock: Date.now, organisation: BACKUP };
  const server = await openFeedServer({ url: fresh.url, organisation: BACKUP, clock: Date.now });
  const close = async () => {
    await server.close();
    await db.close();
    await fresh.drop();
  };
  return { db, reading: openReading(services), server, close };
}

beforeAll(async () => {
  const fresh = await freshDatabase();
  primary = await openAuthority(OWNER, { url: fresh.url, jwk: owner.jwk });
  primary.clock.now = Date.now();
  const admin = ownCaller(OWNER, 'ADMINISTRATOR');
  await primary.approval.createBook(admin, { name: 'harvest', title: 'Harvest' });
  await befriend(packer, []);
  await befriend(agency, ['agencies']);
  await befriend(mandates.backup, []);
  const about = { fields: ['about'], backfill: true };
  await addGrant(primary, 'packer', {
    audience: to({ organisations: [idOf(packer)] }),
    fields: ['text'],
    backfill: true,
  });
  await addGrant(primary, 'agencies', { audience: to({ groups: ['agencies'] }), ...about });
  await addGrant(primary, 'backup', { audience: to({ organisations: [BACKUP] }), ...about });
  await addGrant(primary, 'stranger', { audience: to({ organisations: [idOf(stranger)] }), ...about });
  await addNotes(primary, ['canary']);
  const log = new MemberLog(primary.db, HARVEST);
  await log.add('MANDATE', 1, await mandates.mandate());
  await log.add('TERM', 2, await mandates.term(2));
  await log.add('DECISION', 1, 'a refusal');
  backup = await openBackup();
  await copyMember(primary.db.pool, backup.db.pool);
  const list = await introductionsOf({ prisma: primary.db.prisma });
  expect(await takeIntroductions(environmentOf(backup.db), OWNER, list)).toEqual({ refused: 0 });
  return () => fresh.drop();
});

afterAll(async () => {
  await backup.close();
  await primary.close();
});

const fieldsFor = async (caller: Parameters<Reading['books']>[0], reading = backup.reading) =>
  (await reading.records({ caller, book: HARVEST, filter: { kinds: ['NOTE'] }, first: 10 })).items.flatMap(
    ({ node }) => Object.keys(node.fields),
  );

describe('a book that a node holds in full for another owner', () => {
  it('is served by the grants of its owner, to the partners and groups that the owner introduced', async () => {
    expect(await fieldsFor(partnerCaller(idOf(packer)))).toEqual(['text']);
    // Groups that this node gives count for its own books only.
    expect(await fieldsFor(partnerCaller(idOf(agency), 'others'))).toEqual(['about']);
    await expect(fieldsFor(partnerCaller(idOf(stranger), 'agencies'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const feed = await subscribe(backup.server, { caller: partnerCaller(idOf(packer)), book: HARVEST });
    const items = (await catchUp(feed)).flatMap((batch) => batch.items);
    expect(items.map(({ kind }) => kind)).toEqual(['GRANT', 'CHANGE', 'MANDATE', 'TERM']);
    await expect(
      subscribe(backup.server, { caller: partnerCaller(idOf(stranger)), book: HARVEST }),
    ).rejects.toThrow('NOT_FOUND');
  });

  it("shows the node's own people what the grants give their organisation, and no more", async () => {
    expect(await fieldsFor(viewer)).toEqual(['about']);
    await expect(
      backup.reading.records({ caller: viewer, book: HARVEST, viewAs: idOf(packer), first: 1 }),
    ).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect((await backup.reading.grants(viewer, HARVEST)).map(({ id }) => id)).toEqual([
      'urn:lotbook:grant:backup',
    ]);
    const feed = await subscribe(backup.server, { caller: viewer, book: HARVEST });
    const opened = (await catchUp(feed))
      .flatMap(({ items }) => items)
      .filter(({ kind }) => kind === 'CHANGE')
      .flatMap(({ disclosures }) => disclosures.map((one) => Buffer.from(one, 'base64url').toString()));
    expect(opened).toEqual([expect.stringContaining('"about"')]);
  });

  it('is listed as no local copy, with its length and who approves', async () => {
    const { length } = (await primary.db.pool.query('SELECT 1 FROM entry')).rows;
    expect(await backup.reading.books(viewer)).toMatchObject([
      { id: HARVEST, owner: OWNER, authority: OWNER, localCopy: false, length, feed: null },
    ]);
  });

  it('shows its entries about authority in no list of changes', async () => {
    const caller = ownCaller(OWNER, 'VIEWER');
    const services = { ...primary, clock: Date.now, organisation: OWNER };
    const { items } = await openReading(services).changes({ caller, book: HARVEST, first: 100 });
    expect([...new Set(items.map(({ node }) => node.kind))]).toEqual(['GRANT', 'NOTE']);
  });

  it('is not followed, and nothing of a feed is written into it', async () => {
    const { db } = backup;
    const offered = { id: HARVEST, title: 'Another', owner: OWNER, createdAt: new Date() };
    expect(await keepCopy(db.pool, offered, new Date())).toBe('FULL');
    const source = { book: HARVEST, owner: OWNER, from: OWNER, keys: primary.keys, self: BACKUP, anew: 0 };
    const batch = { items: [], cursor: 'a cursor' };
    await expect(applyBatch(db.pool, source, openGrants(db.pool), batch, new Date())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const { rows } = await db.pool.query('SELECT title FROM book');
    expect(rows).toEqual([{ title: 'Harvest' }]);
  });
});

describe('an organisation that an owner introduced', () => {
  it('may call, is no partner, and has no standing in the books of this node', async () => {
    const { db, reading } = backup;
    const entry = await readEntry(db.prisma, idOf(packer));
    const caller = entry && callerOf(entry, Number.MAX_SAFE_INTEGER);
    expect(caller).toMatchObject({ own: false, introduced: true, groups: [] });
    const own = `${BACKUP}/own`;
    await db.pool.query(
      `INSERT INTO book (id, title, owner, authority, "slotKey") VALUES ($1, 'Own', $2, $2, '\\x00')`,
      [own, BACKUP],
    );
    if (!caller) throw new Error('it may call');
    expect((await reading.books(caller)).map(({ id }) => id)).toEqual([HARVEST]);
    await db.pool.query('DELETE FROM book WHERE id = $1', [own]);
    const partners = openPartners({ ...environmentOf(db), ...NOBODY });
    expect(await partners.list()).toEqual([]);
    await expect(partners.suspend(idOf(packer))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps the key that it came with, whoever else introduces the name', async () => {
    const { db } = backup;
    const environment = environmentOf(db);
    const impostor = memberOf(idOf(packer));
    const list = [{ ...impostor.member, url: 'https://elsewhere.example', groups: ['agencies'] }];
    expect(await takeIntroductions(environment, 'rogue.example', list)).toEqual({ refused: 1 });
    expect(await introduceMembers(environment, 'rogue.example', [impostor.member])).toEqual([idOf(packer)]);
    const moved = { ...packer.member, url: 'https://elsewhere.example' };
    expect(await introduceMembers(environment, 'rogue.example', [moved])).toEqual([]);
    expect(await findOrganisation(db.prisma, idOf(packer))).toMatchObject({
      status: 'INTRODUCED',
      url: packer.member.url,
    });
    expect(await fieldsFor(partnerCaller(idOf(packer)))).toEqual(['text']);
  });

  it('keeps its standing when it changes its key, whether its owner has heard of that or not', async () => {
    const { db } = backup;
    const [first, second] = await keyLogOf([packer, ed25519()], {}, idOf(packer));
    const log = verifyKeyLog([first ?? '', second ?? ''], idOf(packer));
    if (!isKeyLog(log)) throw new Error(log.code);
    const before = await fieldsFor(partnerCaller(idOf(packer)));
    expect(await db.prisma.$transaction((tx) => takeKeyLog(tx, log, new Date()))).toBe(true);
    expect(await fieldsFor(partnerCaller(idOf(packer)))).toEqual(before);
    const renewed = { ...packer.member, jwk: currentKey(log).claims.key };
    for (const member of [packer.member, renewed]) {
      const list = [member, agency.member].map((each) => ({ ...each, groups: [] }));
      expect(await takeIntroductions(environmentOf(db), OWNER, list)).toEqual({ refused: 0 });
      expect(await fieldsFor(partnerCaller(idOf(packer)))).toEqual(before);
    }
  });

  it('is followed by the key log that its owner tells, and by no other', async () => {
    const { db } = backup;
    const third = ed25519();
    const told = await keyLogOf([agency, third], {}, idOf(agency));
    const forged = await keyLogOf([third, ed25519()], {}, idOf(agency));
    const renewed = { ...agency.member, jwk: publicPart(third.jwk), groups: [] };
    const others = [{ ...packer.member, groups: [] }];
    const take = (keyLog: string[]) =>
      takeIntroductions(environmentOf(db), OWNER, [...others, { ...renewed, keyLog }]);
    expect(await take(forged)).toEqual({ refused: 1 });
    expect(await take(told)).toEqual({ refused: 0 });
    expect((await findClient(db.prisma, idOf(agency)))?.kid).toBe(third.signer.kid);
  });

  it('has no standing any more once its owner leaves it out', async () => {
    const { db } = backup;
    const { member } = packer;
    const list = [
      { ...member, groups: [] },
      { ...agency.member, groups: ['agencies'] },
    ];
    await takeIntroductions(environmentOf(db), OWNER, list.slice(1));
    await expect(fieldsFor(partnerCaller(idOf(packer)))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await fieldsFor(partnerCaller(idOf(agency)))).toEqual(['about']);
    expect(await takeIntroductions(environmentOf(db), OWNER, [...list, { organisation: 'NO NAME' }])).toEqual(
      {
        refused: 1,
      },
    );
    expect(await fieldsFor(partnerCaller(idOf(packer)))).toEqual(['text']);
  });
});

/** What the partners' room has for its network, which these tests do not need. */
const NOBODY = {
  self: mandates.backup.member,
  keys: { ...mandates.backup.signer, publicJwk: mandates.backup.member.jwk },
  randomBytes: () => new Uint8Array(),
  peers: {
    wellKnown: () => Promise.reject(new Error('no network')),
    post: () => Promise.reject(new Error('no network')),
  },
};
