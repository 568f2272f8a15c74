import { capture, dollars, own, quantities, workOrder, type Season } from './journal.ts';
import { place, STORES } from './places.ts';
import { palletise, transform, unpack } from './plant.ts';
import { consign, consignBack, price, receive, ship, temperature } from './shipment.ts';
import type { Lot, Pallet, Place, Portion } from './types.ts';

/** The two lots of each of the four deliveries of a week, by their place in the week's runs. */
const DELIVERIES: [number, number][] = [
  [0, 2],
  [1, 3],
  [0, 1],
  [2, 3],
];

/** Weeks in which the distributor packs two mixes anew into one box, under its own traceability lot code. */
export const REPACK_WEEKS = [2, 4];

/** The store that gives goods back, by week and delivery. */
const RETURNED = { week: 3, delivery: 1 };

/** The distributor's week: pallets apart, cold store, perhaps a re-pack, deliveries to four stores and their sales. */
export function distribute(season: Season, week: number, pallets: Pallet[]): void {
  const warehouse = place('cc-store');
  const friday = week * 7 + 4;
  pallets.forEach((pallet, index) =>
    unpack(season, warehouse, { day: friday, minute: 60 + index * 20 }, pallet),
  );
  const held = pallets.map(({ content }) => ({ ...(content[0] as Portion) }));
  coldStore(season, warehouse, friday, held);
  if (REPACK_WEEKS.includes(week)) repack(season, warehouse, friday, held);
  const halves = held.map(({ lot, tenths }) => halve(lot, tenths));
  DELIVERIES.forEach((lots, index) => {
    const store = STORES[(week * DELIVERIES.length + index) % STORES.length] as Place;
    const content = lots.map((lot) => (halves[lot] as Portion[]).shift() as Portion);
    deliver(season, warehouse, store, friday, index, content, week);
  });
}

function halve(lot: Lot, tenths: number): Portion[] {
  const first = Math.floor(tenths / 2);
  return [
    { lot, tenths: first },
    { lot, tenths: tenths - first },
  ];
}

function coldStore(season: Season, at: Place, day: number, held: Portion[]): void {
  const { time } = season.calendar.at(day, 150, at.zone);
  const device = `urn:epc:id:giai:${at.gln.slice(0, 7)}.RACK07`;
  capture(season, 'storing', at, { day, minute: 150 }, 'ObjectEvent', {
    action: 'OBSERVE',
    bizStep: 'storing',
    disposition: 'sellable_not_accessible',
    quantityList: quantities(at.organisation, held),
    ...temperature(device, time, season.random.between(12, 36) / 10),
  });
}

function repack(season: Season, at: Place, day: number, held: Portion[]): void {
  const inputs = held.slice(2).map((portion) => {
    const tenths = Math.round(portion.tenths * 0.15);
    portion.tenths -= tenths;
    return { lot: portion.lot, tenths };
  });
  const [, month, date] = season.calendar.date(day).split('-');
  const lot = transform(season, 'repacking', at, { day, minute: 780 }, inputs, {
    output: 'cc-family',
    code: `FAM${month}${date}`,
    source: at,
    wastePerMille: 5,
  });
  const pallet = palletise(season, at, { day, minute: 840 }, [{ lot, tenths: lot.made }]);
  const store = STORES[(day + 3) % STORES.length] as Place;
  const shipment = consign(season, at, store, pallet.content, [pallet]);
  ship(season, shipment, { day: day + 1, minute: 240 }, confidential(season));
  receive(season, shipment, { day: day + 1, minute: 560 });
  sell(season, store, day + 1, pallet.content, 930);
}

function deliver(
  season: Season,
  from: Place,
  store: Place,
  day: number,
  index: number,
  content: Portion[],
  week: number,
): void {
  const shipment = consign(season, from, store, content);
  const far = store.state === 'AZ';
  ship(season, shipment, { day, minute: 240 + index * 35 }, confidential(season));
  receive(season, shipment, { day, minute: (far ? 1080 : 540) + index * 30 });
  const back = week === RETURNED.week && index === RETURNED.delivery ? [content[1] as Portion] : [];
  const kept = content.filter((portion) => !back.includes(portion));
  if (back.length > 0) giveBack(season, store, from, day + 1, back);
  sell(season, store, day + 1, kept, 560);
  sell(season, store, day + 2, kept, 385);
}

function confidential(season: Season): { pricePerCase: string; freightCost: string } {
  return {
    pricePerCase: price(season, 2350, 2890),
    freightCost: dollars(season.random.between(18_000, 46_000)),
  };
}

function giveBack(season: Season, store: Place, to: Place, day: number, content: Portion[]): void {
  const shipment = consignBack(season, store, to, content);
  ship(season, shipment, { day, minute: 600 });
  receive(season, shipment, { day, minute: 900 });
  capture(season, 'destroying', to, { day: day + 1, minute: 480 }, 'ObjectEvent', {
    action: 'DELETE',
    bizStep: 'destroying',
    disposition: 'destroyed',
    quantityList: quantities(to.organisation, content),
    bizTransactionList: workOrder(season, to.organisation, 'DS'),
    ...own(to.organisation, { reason: 'cold chain broken: 9.1 CEL on arrival at the store' }),
  });
}

/** Retail selling of a part of the portions, in tenths of per cent; what is not sold stays in the store. */
function sell(season: Season, store: Place, day: number, content: Portion[], perMille: number): void {
  const sold = content.map(({ lot, tenths }) => ({ lot, tenths: Math.floor((tenths * perMille) / 1000) }));
  const by = store.organisation;
  capture(season, 'retail selling', store, { day, minute: 1275 }, 'ObjectEvent', {
    action: 'OBSERVE',
    bizStep: 'retail_selling',
    disposition: 'retail_sold',
    quantityList: quantities(by, sold),
    ...own(by, {
      retailPrice: dollars(season.random.between(399, 549)),
      salesRevenue: dollars(
        sold.reduce((sum, { tenths }) => sum + tenths, 0) * season.random.between(148, 176),
      ),
    }),
  });
}
