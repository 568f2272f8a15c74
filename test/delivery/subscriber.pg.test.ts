import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedItem } from '../../api/delivery/feed.ts';
import { openSubscriber, type Subscriber } from '../../api/delivery/subscriber.ts';
import { openBell, type Bell } from '../../api/store/bell.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { readAcknowledgements } from '../../api/store/entries.ts';
import { openGrants } from '../../api/store/grants.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { partnerCaller } from '../support/approval.ts';
import { freshDatabase } from '../support/postgres.ts';
import {
  addGrant,
  addNotes,
  changeNote,
  endGrant,
  HARVEST,
  openBook,
  OWNER,
  type TestBook,
} from './support/book.ts';
import { openFeedServer, type FeedServer } from './support/feed-server.ts';
import { peersTo, type TestPeers } from './support/peers.ts';

let authority: TestBook;
let server: FeedServer;
let names = 0;

beforeAll(async () => {
  authority = await openBook();
  server = await openFeedServer({
    url: authority.url,
    organisation: OWNER,
    clock: () => authority.clock.now,
  });
});

afterAll(async () => {
  await server.close();
  await authority.close();
});

interface Process {
  db: Database;
  bell: Bell;
  subscriber: Subscriber;
  network: TestPeers;
}

/** A partner's node: its database, and processes on it. */
async function openNode(options: { maxBooksPerPartner?: number } = {}) {
  const organisation = `partner-${(names += 1)}.example`;
  const fresh = await freshDatabase();
  const processes: Process[] = [];
  const alarms: string[] = [];
  const audience = { organisations: [organisation], groups: [], roles: [], public: false };

  const openProcess = async (): Promise<Process> => {
    const db = openDatabase({ url: fresh.url, poolSize: 4, applicationName: 'test copy' });
    const bell = await openBell(fresh.url, 'lotbook');
    const network = peersTo(authority, server, partnerCaller(organisation));
    const ignore = () => undefined;
    const error = (details: object) =>
      void alarms.push((details as { code?: string }).code ?? JSON.stringify(details));
    const subscriber = openSubscriber({
      db,
      bell,
      organisation,
      peers: network.peers,
      grants: openGrants(db.pool),
      clock: Date.now,
      random: () => 0,
      checker: {
        begin: () => undefined,
        received: () => undefined,
        lookOverdue: () => Promise.resolve(),
      },
      keysOf: () => Promise.resolve(authority.keys),
      introduce: () => Promise.resolve([]),
      followKeys: () => Promise.resolve(false),
      log: { info: ignore, warn: ignore, error },
      config: { partnerPollMs: 50 },
      ...options,
    });
    const process = { db, bell, subscriber, network };
    processes.push(process);
    return process;
  };
  const first = await openProcess();
  await putOrganisation(first.db.prisma, { id: OWNER, url: 'http://x', status: 'ACTIVE', now: new Date() });

  return {
    ...first,
    alarms,
    openProcess,
    grant: (given: object) => addGrant(authority, `copy-${names}`, { audience, ...given }),
    endGrant: (id: string, given: object) => endGrant(authority, id, { audience, ...given }),
    close: async () => {
      for (const { subscriber, bell, db } of processes) {
        await subscriber.stop();
        await bell.close();
        await db.close();
      }
      await fresh.drop();
    },
  };
}

type Node = Awaited<ReturnType<typeof openNode>>;

async function rows<T extends object>({ db }: Pick<Node, 'db'>, text: string): Promise<T[]> {
  return (await db.pool.query<T>(text)).rows;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const texts = async (node: Node) =>
  (
    await rows<{ state: string }>(
      node,
      `SELECT e.state FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
     WHERE r.kind = 'NOTE' ORDER BY r.seq`,
    )
  ).map(({ state }) => (JSON.parse(state) as { text?: string }).text);

const has = (node: Node, text: string) => until(async () => (await texts(node)).includes(text));
const quarantined = (node: Node) =>
  rows<{ code: string; item: string; seq: number }>(
    node,
    'SELECT code, item, seq FROM quarantine ORDER BY seq, code',
  );

describe('a local copy', () => {
  it('follows its book: records, versions, grants, links, and where to go on', async () => {
    const node = await openNode();
    const [id = ''] = await addNotes(authority, ['first']);
    await node.grant({ fields: ['text'], backfill: true });
    node.subscriber.start();
    await has(node, 'first');
    await changeNote(authority, id, 'second');
    await has(node, 'second');
    expect(await rows(node, `SELECT version FROM record WHERE id = '${id}'`)).toEqual([{ version: 2 }]);
    expect(await rows(node, 'SELECT owner, authority FROM book')).toEqual([
      { owner: OWNER, authority: OWNER },
    ]);
    const [feed] = await rows<{ state: string; cursor: string }>(node, 'SELECT state, cursor FROM feed');
    expect(feed).toMatchObject({ state: 'LIVE', cursor: expect.any(String) });
    expect(await quarantined(node)).toEqual([]);
    await node.close();
  });

  it('holds no field that was not granted, nowhere in its database', async () => {
    const node = await openNode();
    await addNotes(authority, ['canary']);
    await node.grant({ fields: ['about'], backfill: true });
    node.subscriber.start();
    await until(async () => (await rows(node, `SELECT 1 FROM entry WHERE kind = 'NOTE'`)).length > 0);
    const entries = await rows<{ state: string; disclosures: string }>(
      node,
      'SELECT state, disclosures FROM entry',
    );
    const decoded = entries.flatMap(({ disclosures }) =>
      (JSON.parse(disclosures) as string[]).map((one) => Buffer.from(one, 'base64url').toString()),
    );
    expect(`${JSON.stringify(entries)}${decoded.join('')}`).not.toContain('canary');
    await node.close();
  });

  it('is the same after it was received twice', async () => {
    const node = await openNode();
    await addNotes(authority, ['once']);
    await node.grant({ fields: ['*'], backfill: true });
    node.subscriber.start();
    await has(node, 'once');
    await node.subscriber.stop();
    const all = 'SELECT book, seq, token, state, disclosures FROM entry ORDER BY seq';
    const before = await rows(node, all);
    await node.db.pool.query('UPDATE feed SET cursor = NULL');
    node.subscriber.start();
    await addNotes(authority, ['twice']);
    await has(node, 'twice');
    expect((await rows(node, all)).slice(0, before.length)).toEqual(before);
    expect(await quarantined(node)).toEqual([]);
    await node.close();
  });

  it('starts anew where the authority no longer knows the cursor', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    node.subscriber.start();
    await until(async () => (await rows(node, `SELECT 1 FROM record WHERE kind = 'GRANT'`)).length > 0);
    await node.subscriber.stop();
    await node.db.pool.query(`UPDATE feed SET cursor = 'of another time'`);
    node.subscriber.start();
    await addNotes(authority, ['found again']);
    await has(node, 'found again');
    await node.close();
  });

  it('keeps a forged item aside, with the reason, and goes on with the next', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    let forged = 0;
    const forge = (item: FeedItem): FeedItem => {
      if (item.kind === 'GRANT' || forged > 0) return item;
      forged += 1;
      return { ...item, token: `${item.token.slice(0, -20)}${'A'.repeat(20)}` };
    };
    node.network.tamper = (batch) => ({ ...batch, items: batch.items.map(forge) });
    node.subscriber.start();
    await until(async () => (await rows(node, 'SELECT 1 FROM entry')).length > 0);
    await addNotes(authority, ['forged']);
    await addNotes(authority, ['genuine']);
    await has(node, 'genuine');
    expect(await texts(node)).toEqual(['genuine']);
    expect(await quarantined(node)).toMatchObject([{ code: 'BAD_SIGNATURE' }]);
    await node.close();
  });

  it('never overwrites what it holds with a second story, and raises an alarm', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'], backfill: true });
    const [id = ''] = await addNotes(authority, ['one story']);
    node.subscriber.start();
    await has(node, 'one story');
    await node.subscriber.stop();
    const held = `SELECT token FROM entry WHERE record = '${id}'`;
    await node.db.pool.query(`UPDATE entry SET token = token || 'x' WHERE record = $1`, [id]);
    const [before] = await rows(node, held);
    await node.db.pool.query('UPDATE feed SET cursor = NULL');
    node.subscriber.start();
    await until(async () => (await quarantined(node)).length > 0);
    expect(await quarantined(node)).toMatchObject([{ code: 'FORK' }]);
    expect(await rows(node, held)).toEqual([before]);
    expect(node.alarms).toContain('FORK');
    await node.close();
  });

  it('ends when the grant does, with what was received before', async () => {
    const node = await openNode();
    const terms = { fields: ['text'], backfill: true };
    const grant = await node.grant(terms);
    await addNotes(authority, ['kept']);
    node.subscriber.start();
    await has(node, 'kept');
    await node.endGrant(grant, terms);
    await until(
      async () => (await rows(node, `SELECT 1 FROM record WHERE kind = 'GRANT' AND version = 2`)).length > 0,
    );
    await until(async () => (await rows(node, `SELECT 1 FROM feed WHERE state = 'ENDED'`)).length > 0);
    await addNotes(authority, ['not for it']);
    expect(await texts(node)).not.toContain('not for it');
    await node.close();
  });

  it('is not kept of a partner that is suspended, nor of books that a partner claims for another', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    node.subscriber.start();
    await until(async () => (await rows(node, `SELECT 1 FROM feed WHERE state = 'LIVE'`)).length > 0);
    await putOrganisation(node.db.prisma, { id: OWNER, status: 'SUSPENDED', now: new Date() });
    await until(async () => (await rows(node, `SELECT 1 FROM feed WHERE state = 'ENDED'`)).length > 0);
    expect(await rows(node, 'SELECT id FROM book')).toEqual([{ id: HARVEST }]);
    await node.close();
  });

  it('is not kept of more books than this node takes of one partner', async () => {
    const node = await openNode({ maxBooksPerPartner: 0 });
    await node.grant({ fields: ['text'] });
    node.subscriber.start();
    await until(async () => {
      await node.subscriber.refreshNow();
      return node.network.asked > 1;
    });
    expect(await rows(node, 'SELECT id FROM book')).toEqual([]);
    await node.close();
  });

  it('is kept by one process of a node, and by another one when that is gone', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    const other = await node.openProcess();
    node.subscriber.start();
    await until(async () => (await rows(node, `SELECT 1 FROM feed WHERE state = 'LIVE'`)).length > 0);
    other.subscriber.start();
    await other.subscriber.refreshNow();
    await addNotes(authority, ['to the first']);
    await has(node, 'to the first');
    expect(other.network.opened).toBe(0);
    await node.subscriber.stop();
    await addNotes(authority, ['to the second']);
    await has(node, 'to the second');
    expect(other.network.opened).toBe(1);
    await node.close();
  });

  it('is kept on after the database forgot who keeps it', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    node.subscriber.start();
    await until(async () => (await rows(node, `SELECT 1 FROM feed WHERE state = 'LIVE'`)).length > 0);
    await node.db.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
       WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await addNotes(authority, ['after the break']);
    await has(node, 'after the break');
    await until(async () => node.network.opened === 2);
    await node.close();
  });

  it('acknowledges what it keeps', async () => {
    const node = await openNode();
    await node.grant({ fields: ['text'] });
    await addNotes(authority, ['acknowledged']);
    node.subscriber.start();
    await has(node, 'acknowledged');
    const subscriber = `partner-${names}.example`;
    const seqs = async () =>
      (await readAcknowledgements(authority.db.pool, HARVEST)).filter((ack) => ack.subscriber === subscriber);
    await until(async () => (await seqs()).length > 0);
    expect((await seqs())[0]?.seq).toBeGreaterThan(0);
    await node.close();
  });
});
