import { businessDocument } from './keys.ts';
import {
  capture,
  cases,
  dollars,
  nextNumber,
  own,
  quantities,
  write,
  type Season,
  type When,
} from './journal.ts';
import { ORGANISATIONS } from './organisations.ts';
import type { Entry, JsonObject, OrganisationSlug, Pallet, Place, Portion } from './types.ts';

export interface Shipment {
  from: Place;
  to: Place;
  pallets: Pallet[];
  content: Portion[];
  /** tell apart a sale from goods that go back */
  back: boolean;
  documents: JsonObject[];
}

/** Orders and announces a shipment: its documents are the same on both sides. */
export function consign(
  season: Season,
  from: Place,
  to: Place,
  content: Portion[],
  pallets: Pallet[] = [],
): Shipment {
  const order = document(season, to.organisation, 'po', 'PO');
  const notice = document(season, from.organisation, 'desadv', 'ASN');
  return { from, to, pallets, content, back: false, documents: [order, notice] };
}

/** Goods that go back under a return authorisation of the party that takes them. */
export function consignBack(season: Season, from: Place, to: Place, content: Portion[]): Shipment {
  const authorisation = document(season, to.organisation, 'rma', 'RMA');
  const notice = document(season, from.organisation, 'desadv', 'ASN');
  return { from, to, pallets: [], content, back: true, documents: [authorisation, notice] };
}

function document(season: Season, issuer: OrganisationSlug, type: string, letters: string): JsonObject {
  const number = String(nextNumber(season, `${issuer}/${letters}`)).padStart(5, '0');
  return { type, bizTransaction: businessDocument(ORGANISATIONS[issuer].gln, `${letters}-${number}`) };
}

/** Shipping, 21 CFR 1.1340. */
export function ship(season: Season, shipment: Shipment, when: When, confidential: JsonObject = {}): Entry {
  const by = shipment.from.organisation;
  return capture(season, shipment.back ? 'return shipping' : 'shipping', shipment.from, when, 'ObjectEvent', {
    action: 'OBSERVE',
    bizStep: 'shipping',
    disposition: shipment.back ? 'returned' : 'in_transit',
    ...goods(by, shipment),
    ...own(by, {
      cte: 'shipping',
      ...source(by, shipment),
      caseCount: cases(shipment.content),
      ...confidential,
    }),
  });
}

/** Receiving, 21 CFR 1.1345(a). */
export function receive(
  season: Season,
  shipment: Shipment,
  when: When,
  confidential: JsonObject = {},
): Entry {
  const by = shipment.to.organisation;
  return capture(season, shipment.back ? 'return receiving' : 'receiving', shipment.to, when, 'ObjectEvent', {
    action: 'OBSERVE',
    bizStep: 'receiving',
    disposition: shipment.back ? 'returned' : 'in_progress',
    ...goods(by, shipment),
    ...sensor(season, shipment, when),
    ...own(by, {
      cte: 'receiving',
      ...source(by, shipment),
      caseCount: cases(shipment.content),
      ...confidential,
    }),
  });
}

function goods(by: OrganisationSlug, { pallets, content, from, to, documents }: Shipment): JsonObject {
  const { pallet, party, place } = write(by);
  return {
    ...(pallets.length === 0 ? {} : { epcList: pallets.map(({ sscc }) => pallet(sscc)) }),
    quantityList: quantities(by, content),
    bizTransactionList: documents,
    sourceList: [
      { type: 'owning_party', source: party(ORGANISATIONS[from.organisation].gln) },
      { type: 'location', source: place(from) },
    ],
    destinationList: [
      { type: 'owning_party', destination: party(ORGANISATIONS[to.organisation].gln) },
      { type: 'location', destination: place(to) },
    ],
  };
}

/** The traceability lot code source; a shipment holds lots of one source only. */
function source(by: OrganisationSlug, { content }: Shipment): JsonObject {
  const sources = new Set(content.map(({ lot }) => lot.source));
  if (sources.size !== 1) throw new Error('a shipment of the demo holds lots of one source');
  const [only] = sources;
  return { tlcSource: write(by).place(only as Place) };
}

function sensor(season: Season, { to }: Shipment, when: When): JsonObject {
  const celsius = season.random.between(14, 42) / 10;
  const { time } = season.calendar.at(when.day, when.minute, to.zone);
  return temperature(`urn:epc:id:giai:${to.gln.slice(0, 7)}.DOCK${to.gln.slice(10, 12)}`, time, celsius);
}

/** One temperature reading in degrees Celsius. */
export function temperature(deviceID: string, time: string, value: number): JsonObject {
  return {
    sensorElementList: [
      { sensorMetadata: { time, deviceID }, sensorReport: [{ type: 'Temperature', value, uom: 'CEL' }] },
    ],
  };
}

/** The agreed price of a case, in whole cents within the range. */
export function price(season: Season, lowCents: number, highCents: number): string {
  return dollars(season.random.between(lowCents, highCents));
}
