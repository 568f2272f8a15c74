import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedBatch } from '../../api/delivery/feed.ts';
import { publicPart } from '../../api/identity/jwk.ts';
import { pinKey, revokeClient } from '../../api/store/clients.ts';
import { putOrganisation } from '../../api/store/partners.ts';
import { ownCaller, partnerCaller } from '../support/approval.ts';
import { generateKey } from '../support/key.ts';
import { addGrant, addNotes, endGrant, HARVEST, openBook, OWNER, type TestBook } from './support/book.ts';
import {
  catchUp,
  nextItems,
  openFeedServer,
  subscribe,
  type Asked,
  type FeedServer,
} from './support/feed-server.ts';
import { openedNames } from '../../api/delivery/copies.ts';

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

/** A partner with a grant of its own that reaches back. */
async function newPartner(given: object = { fields: ['text'], backfill: true }) {
  const organisation = `partner-${(names += 1)}.example`;
  const audience = { organisations: [organisation], groups: [], roles: [], public: false };
  const grant = await addGrant(authority, `to-${names}`, { audience, ...given });
  const caller = partnerCaller(organisation);
  const asked: Asked = { caller, book: HARVEST };
  return {
    organisation,
    caller,
    asked,
    grant,
    end: () => endGrant(authority, grant, { audience, ...given }),
  };
}

const opened = ({ items }: FeedBatch) =>
  items.map(({ disclosures }) => openedNames({ kind: '', token: '', grants: [], disclosures }));

describe('a feed', () => {
  it('brings what there is, and then every change as it is approved', async () => {
    await addNotes(authority, ['before']);
    const { asked } = await newPartner();
    const feed = await subscribe(server, asked);
    const kinds = (await catchUp(feed)).flatMap(({ items }) => items.map(({ kind }) => kind));
    expect(kinds).toEqual(['GRANT', ...kinds.slice(1).map(() => 'CHANGE')]);
    await addNotes(authority, ['after']);
    expect(opened(await nextItems(feed))).toEqual([['text']]);
    await feed.return();
  });

  it('goes on from any of its cursors without a gap', async () => {
    await addNotes(authority, ['one', 'two', 'three']);
    const { asked } = await newPartner();
    const whole = await catchUp(await subscribe(server, { ...asked, batch: 1 }));
    const tokens = whole.map(({ items }) => items.map(({ token }) => token));
    for (const [at, { cursor }] of whole.entries()) {
      const rest = await catchUp(await subscribe(server, { ...asked, after: cursor }));
      expect(rest.flatMap(({ items }) => items.map(({ token }) => token))).toEqual(
        tokens.slice(at + 1).flat(),
      );
    }
  });

  it('does not exist for whom no grant addresses, in the way of a book that does not exist', async () => {
    const { asked } = await newPartner();
    const stranger = partnerCaller('stranger.example');
    await expect(subscribe(server, { ...asked, caller: stranger })).rejects.toThrow('NOT_FOUND');
    await expect(subscribe(server, { ...asked, book: 'green.example/none' })).rejects.toThrow('NOT_FOUND');
  });

  it('refuses cursors that are not of this log', async () => {
    const { asked } = await newPartner();
    const [first] = await catchUp(await subscribe(server, asked));
    const [, epoch] = Buffer.from(first?.cursor ?? '', 'base64url')
      .toString()
      .split('.');
    const future = Buffer.from(`1.${epoch}.999999`).toString('base64url');
    await expect(subscribe(server, { ...asked, after: future })).rejects.toThrow('FUTURE_CURSOR');
    await expect(subscribe(server, { ...asked, after: 'nonsense' })).rejects.toThrow('CURSOR_EXPIRED');
    const joined = { ...asked, caller: { ...asked.caller, groups: ['growers'] } };
    await expect(subscribe(server, { ...joined, after: first?.cursor ?? '' })).rejects.toThrow(
      'CURSOR_EXPIRED',
    );
  });

  it('says that the grant has ended, and ends', async () => {
    const { asked, end } = await newPartner();
    const feed = await subscribe(server, asked);
    await catchUp(feed);
    await end();
    await addNotes(authority, ['too late']);
    const rest: FeedBatch[] = [];
    for await (const batch of feed) rest.push(batch);
    expect(rest.flatMap(({ items }) => items.map(({ kind }) => kind))).toEqual(['GRANT']);
    expect(rest.at(-1)?.end).toBe('GRANT_CHANGED');
  });

  it('ends for a partner that is suspended', async () => {
    const { asked, organisation } = await newPartner();
    const feed = await subscribe(server, asked);
    await catchUp(feed);
    await putOrganisation(authority.db.prisma, { id: organisation, status: 'SUSPENDED', now: new Date() });
    authority.bell.ring('partners');
    expect((await feed.next()).value).toMatchObject({ end: 'GRANT_CHANGED' });
    expect((await feed.next()).done).toBe(true);
  });

  it('ends for a partner that is no longer in the group that it was let in by', async () => {
    const { asked, organisation } = await newPartner();
    const now = new Date();
    await putOrganisation(authority.db.prisma, {
      id: organisation,
      status: 'ACTIVE',
      groups: ['buyers'],
      now,
    });
    const feed = await subscribe(server, { ...asked, caller: partnerCaller(organisation, 'buyers') });
    await catchUp(feed);
    await putOrganisation(authority.db.prisma, { id: organisation, groups: [], now });
    authority.bell.ring('partners');
    expect((await feed.next()).value).toMatchObject({ end: 'GRANT_CHANGED' });
    expect((await feed.next()).done).toBe(true);
  });

  it('ends for a program whose key is taken out of use', async () => {
    const { prisma } = authority.db;
    const caller = ownCaller(OWNER, 'VIEWER');
    const { clientId } = caller;
    const now = new Date();
    const jwk = publicPart(generateKey());
    await pinKey(prisma, { organisation: OWNER, clientId, node: false, roles: ['VIEWER'], jwk, now });
    const feed = await subscribe(server, { caller, book: HARVEST });
    await catchUp(feed);
    await revokeClient(prisma, clientId, now);
    authority.bell.ring('partners');
    expect((await feed.next()).value).toMatchObject({ end: 'GRANT_CHANGED' });
    expect((await feed.next()).done).toBe(true);
  });

  it('ends with its token', async () => {
    const { asked, caller } = await newPartner();
    const feed = await subscribe(server, {
      ...asked,
      caller: { ...caller, expiresAt: authority.clock.now + 1_000 },
    });
    await catchUp(feed);
    authority.clock.now += 1_000;
    expect((await feed.next()).value).toMatchObject({ end: 'TOKEN_EXPIRED' });
    expect((await feed.next()).done).toBe(true);
  });

  it('shows the own people every entry with all of its fields', async () => {
    const feed = await subscribe(server, { caller: ownCaller(OWNER, 'VIEWER'), book: HARVEST });
    const items = (await catchUp(feed)).flatMap((batch) => batch.items);
    const { rows } = await authority.db.pool.query<{ token: string }>(
      'SELECT token FROM entry WHERE book = $1 ORDER BY seq',
      [HARVEST],
    );
    expect(items.map(({ token }) => token)).toEqual(rows.map(({ token }) => token));
    await feed.return();
  });
});

describe('a hub', () => {
  it('makes and renders one batch for all subscribers of one class', async () => {
    const own = await openFeedServer({ url: authority.url, organisation: OWNER, clock: Date.now });
    const { asked } = await newPartner();
    const feeds = await Promise.all(Array.from({ length: 50 }, () => subscribe(own, asked)));
    await Promise.all(feeds.map(catchUp));
    const before = own.renders();
    await addNotes(authority, ['for all']);
    const batches = await Promise.all(feeds.map(nextItems));
    expect(new Set(batches.map(({ items }) => items[0]?.token)).size).toBe(1);
    expect(own.renders() - before).toBe(1);
    expect(own.hub.stats().streams).toBe(50);
    await Promise.all(feeds.map((feed) => feed.return()));
    await own.close();
  });

  it('cuts a reader off that does not read, keeps nothing for it, and serves the others', async () => {
    const { asked } = await newPartner();
    const hasty = await openFeedServer({
      url: authority.url,
      organisation: OWNER,
      clock: Date.now,
      config: { heartbeatMs: 60_000, slowReaderMs: 300 },
    });
    const padding = 3_000_000;
    const socket = connect(Number(new URL(hasty.url).port), '127.0.0.1');
    const path = encodeURIComponent(JSON.stringify({ ...asked, padding }));
    socket.pause();
    socket.write(`GET /${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    while (hasty.hub.stats().streams === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const reader = await subscribe(hasty, { ...asked, padding });
    await catchUp(reader);
    const [slow] = hasty.responses;
    const kept: number[] = [];
    while (hasty.hub.stats().streams > 1) {
      await addNotes(authority, ['one more']);
      await nextItems(reader);
      kept.push(slow?.writableLength ?? 0);
    }
    expect(slow?.destroyed).toBe(true);
    // One batch that it did not take, and the last words.
    expect(Math.max(...kept)).toBeLessThan(3 * padding);
    await addNotes(authority, ['after the cut']);
    expect((await nextItems(reader)).items).toHaveLength(1);
    expect(hasty.hub.stats().streams).toBe(1);
    socket.destroy();
    await reader.return();
    await hasty.close();
  });

  it('is woken by what another process commits', async () => {
    const other = await openFeedServer({
      url: authority.url,
      organisation: OWNER,
      clock: () => authority.clock.now,
    });
    const { asked } = await newPartner();
    const feeds = [await subscribe(server, asked), await subscribe(other, asked)];
    await Promise.all(feeds.map(catchUp));
    await addNotes(authority, ['heard everywhere']);
    const [here, there] = await Promise.all(feeds.map(nextItems));
    expect(there?.items).toEqual(here?.items);
    await Promise.all(feeds.map((feed) => feed.return()));
    await other.close();
  });

  it('shows a sign of life, which is a place to go on from', async () => {
    const lively = await openFeedServer({
      url: authority.url,
      organisation: OWNER,
      clock: Date.now,
      config: { heartbeatMs: 40, slowReaderMs: 60_000 },
    });
    const { asked } = await newPartner();
    const feed = await subscribe(lively, asked);
    await catchUp(feed);
    const { value } = await feed.next();
    expect(value).toMatchObject({ items: [], caughtUp: true, end: null });
    const again = await subscribe(lively, { ...asked, after: (value as FeedBatch).cursor });
    expect((await catchUp(again)).flatMap(({ items }) => items)).toEqual([]);
    await Promise.all([feed.return(), again.return()]);
    await lively.close();
  });

  it('serves each organisation so many streams, and says when there are too many', async () => {
    const narrow = await openFeedServer({
      url: authority.url,
      organisation: OWNER,
      clock: Date.now,
      maxStreamsPerOrganisation: 1,
    });
    const [one, other] = [await newPartner(), await newPartner()];
    const controller = new AbortController();
    const feed = await subscribe(narrow, one.asked, controller.signal);
    await catchUp(feed);
    await expect(subscribe(narrow, one.asked)).rejects.toThrow('TOO_BUSY');
    await (await subscribe(narrow, other.asked)).return();
    const gone = once(narrow.responses[0] as NonNullable<(typeof narrow.responses)[0]>, 'close');
    controller.abort();
    await gone;
    await (await subscribe(narrow, one.asked)).return();
    await narrow.close();
  });

  it('tells every subscriber when it stops', async () => {
    const ending = await openFeedServer({ url: authority.url, organisation: OWNER, clock: Date.now });
    const { asked } = await newPartner();
    const feed = await subscribe(ending, asked);
    await catchUp(feed);
    const closed = ending.hub.close();
    expect((await feed.next()).value).toMatchObject({ end: 'SHUTDOWN' });
    expect((await feed.next()).done).toBe(true);
    await expect(subscribe(ending, asked)).rejects.toThrow('SHUTTING_DOWN');
    await closed;
    await ending.close();
  });
});
