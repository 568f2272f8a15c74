import {
  capture,
  cases,
  dollars,
  newPallet,
  own,
  quantities,
  workOrder,
  write,
  type Season,
} from './journal.ts';
import { CREWS, type HarvestPlan } from './harvest-plan.ts';
import { place } from './places.ts';
import { product } from './products.ts';
import { temperature } from './shipment.ts';
import { ORGANISATIONS } from './organisations.ts';
import type { JsonObject, Lot, Pallet, Place } from './types.ts';

/** Harvest, cooling and initial packing of one lot. */
export function harvestLot(season: Season, plan: HarvestPlan, week: number): { lot: Lot; pallet: Pallet } {
  const goods = product(plan.product);
  const by = goods.organisation;
  const letters = by === 'greenvalley' ? 'gv' : 'sr';
  const day = week * 7 + plan.weekday;
  const fieldName = plan.fields[week % plan.fields.length] as string;
  const lot: Lot = {
    product: goods,
    code: lotCode(season, letters, day, fieldName),
    owner: by,
    made: season.random.between(plan.mass[0] * 10, plan.mass[1] * 10),
    day,
    source: place(`${letters}-shed`),
    fieldName,
  };
  season.lots.push(lot);
  harvest(season, plan, lot, place(`${letters}-farm`), place(`${letters}-cooler`));
  cool(season, plan, lot, place(`${letters}-farm`), place(`${letters}-cooler`));
  return { lot, pallet: pack(season, plan, lot, letters) };
}

/** Grower, month and day, block: `GV1006-K`. */
function lotCode(season: Season, letters: string, day: number, fieldName: string): string {
  const [, month, date] = season.calendar.date(day).split('-');
  return `${letters.toUpperCase()}${month}${date}-${fieldName.split(' ').at(-1)}`;
}

/** Harvesting, 21 CFR 1.1325(a). */
function harvest(season: Season, plan: HarvestPlan, lot: Lot, farm: Place, cooler: Place): void {
  const by = lot.owner;
  const date = season.calendar.date(lot.day);
  const crew = CREWS[by] as { name: string; phone: string };
  capture(season, 'harvesting', farm, { day: lot.day, minute: plan.minute }, 'ObjectEvent', {
    action: 'ADD',
    bizStep: 'commissioning',
    disposition: 'active',
    quantityList: quantities(by, [{ lot, tenths: lot.made }]),
    bizTransactionList: workOrder(season, by, 'HT'),
    destinationList: [{ type: 'location', destination: write(by).place(cooler) }],
    ilmd: {
      'cbvmda:lotNumber': lot.code,
      'cbvmda:harvestStartDate': date,
      'cbvmda:harvestEndDate': date,
      'cbvmda:countryOfOrigin': 'US',
      ...own(by, {
        commodity: lot.product.commodity,
        variety: lot.product.variety,
        fieldName: lot.fieldName as string,
        harvestDate: date,
        irrigationWaterSource: plan.water,
        harvesterName: crew.name,
        crewPhone: crew.phone,
      }),
    },
    ...own(by, { cte: 'harvesting', crewCost: dollars(season.random.between(42_000, 61_000)) }),
  });
}

/** Cooling before initial packing, 21 CFR 1.1325(b). CBV has no step for it: `storing`, told apart by `cte`. */
function cool(season: Season, plan: HarvestPlan, lot: Lot, farm: Place, cooler: Place): void {
  const by = lot.owner;
  const minute = plan.minute + 150;
  const { time } = season.calendar.at(lot.day, minute, cooler.zone);
  const device = `urn:epc:id:giai:${ORGANISATIONS[by].prefix}.COOL01`;
  capture(season, 'cooling', cooler, { day: lot.day, minute }, 'ObjectEvent', {
    action: 'OBSERVE',
    bizStep: 'storing',
    disposition: 'in_progress',
    quantityList: quantities(by, [{ lot, tenths: lot.made }]),
    bizTransactionList: workOrder(season, by, 'CT'),
    destinationList: [{ type: 'location', destination: write(by).place(lot.source) }],
    ...temperature(device, time, season.random.between(8, 31) / 10),
    ...own(by, {
      cte: 'cooling',
      coolingDate: season.calendar.date(lot.day),
      coolingMethod: by === 'greenvalley' ? 'vacuum' : 'hydro',
      farmLocation: write(by).place(farm),
      commodity: lot.product.commodity,
      variety: lot.product.variety,
    }),
  });
}

/** Initial packing, 21 CFR 1.1330(a): the lot code becomes the traceability lot code. */
function pack(season: Season, plan: HarvestPlan, lot: Lot, letters: string): Pallet {
  const by = lot.owner;
  const content = [{ lot, tenths: lot.made }];
  const pallet = newPallet(season, by, content);
  capture(
    season,
    'initial packing',
    lot.source,
    { day: lot.day, minute: plan.minute + 270 },
    'AggregationEvent',
    {
      action: 'ADD',
      bizStep: 'packing',
      disposition: 'in_progress',
      parentID: write(by).pallet(pallet.sscc),
      childQuantityList: quantities(by, content),
      bizTransactionList: workOrder(season, by, 'PK'),
      ...own(by, packingElements(season, lot, letters)),
      ...own(by, { caseCount: cases(content) }),
    },
  );
  return pallet;
}

function packingElements(season: Season, lot: Lot, letters: string): JsonObject {
  const by = lot.owner;
  const crew = CREWS[by] as { name: string; phone: string };
  const date = season.calendar.date(lot.day);
  return {
    cte: 'initial_packing',
    traceabilityLotCode: write(by).lot(lot),
    tlcSource: write(by).place(lot.source),
    commodity: lot.product.commodity,
    variety: lot.product.variety,
    productDescription: lot.product.name,
    farmLocation: write(by).place(place(`${letters}-farm`)),
    fieldName: lot.fieldName as string,
    harvesterName: crew.name,
    crewPhone: crew.phone,
    harvestDate: date,
    coolingLocation: write(by).place(place(`${letters}-cooler`)),
    coolingDate: date,
    packingDate: date,
  };
}
