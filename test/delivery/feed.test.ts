import { describe, expect, it } from 'vitest';
import { START } from '../../api/delivery/cursor.ts';
import { viewOf } from '../../api/delivery/view.ts';
import { AUTHORITY, BOOK, Log, ownerJwk, PARTNER } from './support/log.ts';
import { BACKUP, memberOf, TestMandates } from './support/authority.ts';
import { pull, readAll, Subscriber } from './support/reader.ts';

const ONE = { limit: 100, window: 100 };

describe('the walk of a feed', () => {
  it('hands out what was recorded after a grant, and the grant before it', async () => {
    const log = new Log();
    await log.change('NOTE', 'urn:x:before', { text: 'old' });
    await log.grant('notes', { fields: ['text'] });
    await log.change('NOTE', 'urn:x:after', { text: 'new', price: '7' });
    const subscriber = readAll(log, new Subscriber());
    expect(subscriber.faults).toEqual([]);
    expect(subscriber.holds).toEqual(new Set(['2', '3 text']));
  });

  it('hands out so much at once as a subscriber takes, and all of it in the end', async () => {
    const log = new Log();
    await log.grant('notes', { fields: ['text'] });
    for (let at = 0; at < 8; at += 1) {
      await log.change('NOTE', `urn:x:${at}`, { text: 'x'.repeat(400_000) });
    }
    const sizes = [];
    let position = START;
    for (let caughtUp = false; !caughtUp;) {
      const batch = pull(log, position, ONE);
      sizes.push(batch.items.length);
      ({ position, caughtUp } = batch);
    }
    expect(sizes).toEqual([1, 2, 2, 2, 2]);
  });

  it('goes back right after a grant that reaches back', async () => {
    const log = new Log();
    await log.change('NOTE', 'urn:x:before', { text: 'old' });
    await log.grant('notes', { fields: ['text'], backfill: true });
    const kinds = [];
    let position = START;
    for (let caughtUp = false; !caughtUp;) {
      const batch = pull(log, position, ONE);
      kinds.push(...batch.items.map(({ kind }) => kind));
      ({ position, caughtUp } = batch);
    }
    expect(kinds).toEqual(['GRANT', 'CHANGE']);
  });

  it('tells a partner of the end of its grant, and nothing that was recorded later', async () => {
    const log = new Log();
    const grant = await log.grant('notes', { backfill: true });
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const subscriber = readAll(log, new Subscriber());
    await log.endGrant(grant);
    await log.change('NOTE', 'urn:x:2', { text: 'b' });
    readAll(log, subscriber);
    expect(subscriber.holds).toEqual(new Set(['1', '2 text', '3']));
    expect(viewOf(log.grants, PARTNER, log.now).remains).toBe(false);
  });

  it('replays nothing under a grant that has ended since', async () => {
    const log = new Log();
    const grant = await log.grant('notes', { backfill: true });
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    await log.endGrant(grant);
    expect(readAll(log, new Subscriber()).holds).toEqual(new Set(['1', '3']));
  });

  it('shows nothing to whom no grant addresses', async () => {
    const log = new Log();
    await log.grant('others', {
      audience: { organisations: ['x.example'], groups: [], roles: [], public: false },
    });
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    expect(readAll(log, new Subscriber()).holds).toEqual(new Set());
  });

  it('gives the own people every entry once, in order, and opens all of it', async () => {
    const log = new Log();
    await log.change('NOTE', 'urn:x:1', { text: 'a', price: '1' });
    await log.grant('notes', { backfill: true });
    await log.change('NOTE', 'urn:x:1', { text: 'b' });
    const tokens = [];
    let position = START;
    for (let caughtUp = false; !caughtUp;) {
      const batch = pull(log, position, { ...ONE, reader: 'OWN' });
      tokens.push(...batch.items.map(({ token }) => token));
      ({ position, caughtUp } = batch);
    }
    expect(tokens).toEqual(log.entries.map(({ entry }) => entry.token));
  });

  it('gives whom a grant addresses every mandate and term, where it stands in the log, and no decision', async () => {
    const log = new Log();
    const mandates = new TestMandates(BOOK, memberOf(AUTHORITY, ownerJwk));
    const mandate = await mandates.mandate();
    const term = await mandates.term(2);
    log.add('MANDATE', mandate);
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    log.add('DECISION', 'a refusal');
    log.add('TERM', term);
    log.authority = { issuer: BACKUP, signer: mandates.backup.signer, term: 2 };
    await log.grant('notes', { backfill: true });
    await log.change('NOTE', 'urn:x:1', { text: 'b' });
    for (const how of [ONE, { limit: 100, window: 100 }]) {
      const subscriber = readAll(log, new Subscriber(), how);
      expect(subscriber.faults).toEqual([]);
      expect(subscriber.signers.taken.map(({ token }) => token)).toEqual([mandate, term]);
      expect([...subscriber.holds]).toEqual(expect.arrayContaining(['2 text', '5', '6 text']));
    }
    const { items } = pull(log, START, { limit: 100, window: 100 });
    expect(items.slice(0, 2).map(({ kind, disclosures }) => ({ kind, disclosures }))).toEqual([
      { kind: 'MANDATE', disclosures: [] },
      { kind: 'TERM', disclosures: [] },
    ]);
  });

  it('begins a new epoch when the reader joins a group, for the grants that it then has passed', () => {
    const joined = { ...PARTNER, groups: ['growers'] };
    expect(viewOf([], PARTNER, 0).epoch).not.toBe(viewOf([], joined, 0).epoch);
  });
});
