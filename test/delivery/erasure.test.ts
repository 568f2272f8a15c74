import { describe, expect, it } from 'vitest';
import { openedNames } from '../../api/delivery/copies.ts';
import { isShared } from '../../api/delivery/feed.ts';
import { handOut } from '../../api/delivery/hand-out.ts';
import { openTail } from '../../api/delivery/tail.ts';
import { START } from '../../api/delivery/cursor.ts';
import { erasedState } from '../../api/ledger/erasure.ts';
import { ORDINARY_PURPOSE } from '../../api/sharing/grant.ts';
import { Log, PARTNER } from './support/log.ts';
import { readAll, Subscriber } from './support/reader.ts';

const question = (log: Log) => ({ audience: PARTNER, purpose: ORDINARY_PURPOSE, now: log.now });
const erase = (log: Log, record: string, shown: string[]) =>
  log.change('NOTE', record, erasedState({ reason: 'asked', shown }));

describe('an erased version', () => {
  it('is taken in by whoever could see the record, in whole or in part', async () => {
    for (const fields of [['*'], ['text', 'colour']]) {
      const log = new Log();
      const grant = await log.grant('some', { fields });
      await log.change('NOTE', 'urn:x:1', { text: 'a', price: '7' });
      const { entry } = await erase(log, 'urn:x:1', [grant.id]);
      const subscriber = readAll(log, new Subscriber());
      expect(subscriber.faults).toEqual([]);
      expect(subscriber.at(entry.seq)?.fields).toEqual({ '@erased': { reason: 'asked' } });
    }
  });

  it('opens why, and neither whom else it is for nor how many fields it has', async () => {
    const log = new Log();
    const grant = await log.grant('all');
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const { entry, key } = await erase(log, 'urn:x:1', [grant.id, 'urn:lotbook:grant:others']);
    const given = handOut(entry, key, log.grants, question(log));
    const { disclosures = [] } = given ?? {};
    expect(openedNames({ kind: 'CHANGE', token: '', disclosures, grants: [] })).toEqual(['@erased']);
    expect(given?.fields).toEqual({});
    expect([...(given?.permitted ?? [])]).toEqual([['@erased', [grant.id]]]);
  });

  it('does not exist for whoever could not see the record', async () => {
    const log = new Log();
    await log.grant('later');
    const { entry, key } = await erase(log, 'urn:x:1', ['urn:lotbook:grant:others']);
    expect(handOut(entry, key, log.grants, question(log))).toBeNull();
    expect(readAll(log, new Subscriber()).holds).toEqual(new Set(['1']));
  });

  it('is told also by a grant that has ended, as long as there is a feed', async () => {
    const log = new Log();
    const ended = await log.grant('ended');
    await log.grant('other', { fields: ['colour'] });
    await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const subscriber = readAll(log, new Subscriber());
    await log.endGrant(ended);
    const { entry } = await erase(log, 'urn:x:1', [ended.id]);
    readAll(log, subscriber);
    expect(subscriber.faults).toEqual([]);
    expect(subscriber.at(entry.seq)?.fields).toEqual({ '@erased': { reason: 'asked' } });
  });

  it('is not in a batch that several readers share: what they could see before may differ', async () => {
    const log = new Log();
    const change = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    const erased = await erase(log, 'urn:x:1', []);
    expect(isShared(START, { entries: [change], complete: true })).toBe(true);
    expect(isShared(START, { entries: [change, erased], complete: true })).toBe(false);
  });

  it('takes what the record held out of the memory of feeds', async () => {
    const log = new Log();
    const rows = [
      await log.change('NOTE', 'urn:x:1', { text: 'a' }),
      await log.change('NOTE', 'urn:x:2', { text: 'b' }),
    ];
    const tail = openTail(0, () => Promise.resolve([]));
    tail.append(rows);
    tail.append([await erase(log, 'urn:x:1', [])]);
    const { entries } = await tail.window(START);
    expect(entries.map(({ entry, key }) => [entry.state, key === null])).toEqual([
      [null, true],
      [{ text: 'b' }, false],
      [expect.objectContaining({ '@erased': { reason: 'asked' } }), false],
    ]);
  });
});
