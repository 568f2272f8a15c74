import { describe, expect, test } from 'vitest';
import { qualityOf } from '../../api/recall/quality.ts';
import { reconcile } from '../../api/recall/reconcile.ts';
import type { TraceEvent } from '../../api/recall/trace-event.ts';
import { day, event, lot, made, place, seen } from './support/events.ts';

const HERE = { bizLocation: { id: place(1) }, bizStep: 'commissioning' };
const judge = (events: TraceEvent[], lots: string[]) => qualityOf(events, reconcile(lots, events, []));
const flawsOf = (events: TraceEvent[], ...lots: string[]) =>
  judge(events, lots).flatMap(({ flaws }) =>
    flaws.flatMap(({ kind, examples }) => examples.map(({ about }) => `${kind} ${about}`)),
  );

describe('the quality of records', () => {
  test('is without a flaw where every key data element is set and every lot adds up', () => {
    expect(flawsOf([made(1, {}, { [lot('a')]: '10 KGM' }, HERE)], lot('a'))).toEqual([]);
  });

  test('names the fields that are not set, by the step that wants them', () => {
    const bare = seen(2, 'shipping', { [lot('a')]: null });
    expect(flawsOf([bare])).toEqual(['MISSING_KDE bizLocation, destinationList, quantityList[].quantity']);
    const received = seen(2, 'urn:epcglobal:cbv:bizstep:receiving', { [lot('a')]: '1 KGM' });
    expect(flawsOf([received])).toEqual(['MISSING_KDE bizLocation, sourceList']);
  });

  test('takes what its reader may not see as set, and leaves out what was declared wrong', () => {
    const hidden = ['bizLocation.id', 'destinationList[].destination', 'quantityList[].quantity'];
    expect(flawsOf([seen(2, 'shipping', { [lot('a')]: '3 KGM' }, {}, hidden)])).toEqual([]);
    const wrong = { errorDeclaration: { declarationTime: '2026-06-03T00:00:00Z', reason: 'r' } };
    expect(flawsOf([seen(2, 'shipping', { [lot('a')]: null }, wrong)])).toEqual([]);
  });

  test('counts what reconciling finds, and units that cannot be converted', () => {
    const events = [
      made(1, {}, { [lot('a')]: '10 KGM' }, HERE),
      made(2, { [lot('a')]: '12 KGM' }, { [lot('b')]: '12 KGM' }, HERE),
      made(3, { [lot('b')]: '4 CS' }, { [lot('c')]: '1 KGM' }, HERE),
    ];
    expect(flawsOf(events, lot('a'), lot('b'), lot('c'))).toEqual(
      expect.arrayContaining([`OVERDRAWN ${lot('a')}`, `UNIT_CONFLICT ${lot('b')}`]),
    );
  });

  test('is told of each organisation and of each month, of the events that were asked for alone', () => {
    const theirs = { ...event({ type: 'ObjectEvent', eventTime: new Date(day(40)).toISOString() }) };
    const events = [made(1, {}, { [lot('a')]: '10 KGM' }, HERE), { ...theirs, organisation: 'shop.example' }];
    const told = judge(events, []);
    expect(told.map(({ organisation }) => organisation)).toEqual(['farm.example', 'shop.example']);
    expect(told.map(({ months }) => months)).toEqual([
      [{ month: '2026-06', events: 1, flaws: 0 }],
      [{ month: '2026-07', events: 1, flaws: 1 }],
    ]);
    const drawn = made(2, { [lot('a')]: '12 KGM' }, {}, HERE);
    const first = events.slice(0, 1);
    expect(qualityOf(first, reconcile([lot('a')], [...first, drawn], []))[0]?.flaws).toEqual([]);
  });
});
