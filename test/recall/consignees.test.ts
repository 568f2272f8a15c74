import { expect, it } from 'vitest';
import { consigneesOf } from '../../api/recall/consignees.ts';
import { lot, packed, pallet, seen, traced } from './support/events.ts';

const [A, P] = [lot('a'), pallet(1)];
const PARTY = 'https://id.gs1.org/417/9521321000018';
const TO = { destinationList: [{ type: 'owning_party', destination: PARTY }] };

const consigned = (events: Parameters<typeof traced>[0]) =>
  consigneesOf(traced(events, { starts: [{ thing: A }] }).found, () => true).consignees;

it('a consignee got what the shipment names, or else what was on its pallets', () => {
  const packing = [packed(2, 'ADD', P, { [A]: '60 KGM' })];
  const sixty = [{ party: PARTY, consigned: [{ lot: A, quantity: '60', uom: 'KGM' }] }];
  expect(consigned([...packing, seen(3, 'shipping', {}, { epcList: [P], ...TO })])).toEqual(sixty);
  // The pallet and what is on it are the same goods.
  expect(consigned([...packing, seen(3, 'shipping', { [A]: '60 KGM' }, { epcList: [P], ...TO })])).toEqual(
    sixty,
  );
});
