import { expect, test } from 'vitest';
import { readDocument } from '../../../api/http/epcis/read-document.ts';

const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
const EVENT = {
  type: 'ObjectEvent',
  eventTime: '2026-07-01T08:00:00Z',
  eventTimeZoneOffset: '+00:00',
  action: 'OBSERVE',
};

function event(nr: number): string {
  return JSON.stringify({ ...EVENT, epcList: [`urn:epc:id:sgtin:0614141.107346.${nr}`] });
}

function document(events: readonly string[]): string {
  const head = { '@context': [CONTEXT], type: 'EPCISDocument', schemaVersion: '2.0' };
  const whole = { ...head, creationDate: EVENT.eventTime, epcisBody: { eventList: [] } };
  return JSON.stringify(whole).replace('"eventList":[]', `"eventList":[${events.join()}]`);
}

/** Of every three events the second has a fault in what it says, and the third one in its text. */
function mixed(count: number): string[] {
  return Array.from({ length: count }, (_, nr) => {
    if (nr % 3 === 1) return event(nr).replace('"OBSERVE"', '"WATCH"');
    return nr % 3 === 2 ? event(nr).replace('{', '{"action":"OBSERVE",') : event(nr);
  });
}

test('of a thousand faulty events each is told, and none of them is taken', () => {
  const count = 1_500;
  const { events, problems } = readDocument(document(mixed(count)), { proceed: true });
  const faulty = problems.map(({ event: index }) => index ?? -1).sort((a, b) => a - b);
  expect(faulty).toEqual(Array.from({ length: count }, (_, nr) => nr).filter((nr) => nr % 3 !== 0));
  expect(events.map(({ index }) => index)).toEqual(
    Array.from({ length: count / 3 }, (_, third) => third * 3),
  );
});

test('without proceed a document tells no more than a hundred faults', () => {
  const { events, problems } = readDocument(document(mixed(1_500)), { proceed: false });
  expect({ events, count: problems.length }).toEqual({ events: [], count: 100 });
});
