import {
  capture,
  cases,
  dollars,
  kilograms,
  newPallet,
  own,
  quantities,
  workOrder,
  write,
} from './journal.ts';
import type { Season, When } from './journal.ts';
import { place } from './places.ts';
import { product } from './products.ts';
import type { Recipe } from './recipes.ts';
import type { EventKind, Lot, Pallet, Place, Portion } from './types.ts';
import type { Stock } from './stock.ts';

/** Runs a recipe of a week; the new lot is in the stock afterwards. */
export function run(season: Season, recipe: Recipe, week: number, stock: Stock): Lot {
  const inputs = recipe.inputs.flatMap(([key, mass]) => stock.take(key, mass === 'all' ? 'all' : mass * 10));
  const day = week * 7 + recipe.weekday;
  const [, month, date] = season.calendar.date(day).split('-');
  const lot = transform(season, 'transformation', place('fp-line'), { day, minute: recipe.minute }, inputs, {
    output: recipe.output,
    code: `${recipe.letters}${month}${date}`,
    source: place('fp-plant'),
    wastePerMille: season.random.between(...recipe.wastePerMille),
  });
  stock.add(lot, lot.made);
  return lot;
}

export interface Making {
  output: string;
  code: string;
  source: Place;
  wastePerMille: number;
}

/** Transformation, 21 CFR 1.1350(a): inputs = output + waste, to the tenth of a kilogram. */
export function transform(
  season: Season,
  kind: EventKind,
  at: Place,
  when: When,
  inputs: Portion[],
  making: Making,
): Lot {
  const by = at.organisation;
  const used = inputs.reduce((sum, { tenths }) => sum + tenths, 0);
  const waste = Math.round((used * making.wastePerMille) / 1000);
  const goods = product(making.output);
  const lot: Lot = {
    product: goods,
    code: making.code,
    owner: by,
    made: used - waste,
    day: when.day,
    source: making.source,
  };
  season.lots.push(lot);
  capture(season, kind, at, when, 'TransformationEvent', {
    bizStep: kind === 'repacking' ? 'repackaging' : 'commissioning',
    disposition: 'active',
    inputQuantityList: quantities(by, inputs),
    outputQuantityList: quantities(by, [{ lot, tenths: lot.made }]),
    bizTransactionList: workOrder(season, by, 'WO'),
    ilmd: {
      'cbvmda:lotNumber': lot.code,
      'cbvmda:productionDate': season.calendar.date(when.day),
      'cbvmda:bestBeforeDate': season.calendar.date(when.day + goods.shelfLifeDays),
    },
    ...own(by, {
      cte: 'transformation',
      traceabilityLotCode: write(by).lot(lot),
      tlcSource: write(by).place(making.source),
      productDescription: goods.name,
      completionDate: season.calendar.date(when.day),
      wasteQuantity: kilograms(waste),
      wasteUom: 'KGM',
      batchCost: dollars(season.random.between(48_000, 92_000)),
    }),
  });
  return lot;
}

/** Puts a portion of a lot on a new pallet. */
export function palletise(season: Season, at: Place, when: When, content: Portion[]): Pallet {
  const by = at.organisation;
  const pallet = newPallet(season, by, content);
  capture(season, 'packing', at, when, 'AggregationEvent', {
    action: 'ADD',
    bizStep: 'packing',
    disposition: 'in_progress',
    parentID: write(by).pallet(pallet.sscc),
    childQuantityList: quantities(by, content),
    bizTransactionList: workOrder(season, by, 'PK'),
    ...own(by, { caseCount: cases(content) }),
  });
  return pallet;
}

/** Takes a pallet apart. */
export function unpack(season: Season, at: Place, when: When, pallet: Pallet): void {
  const by = at.organisation;
  capture(season, 'unpacking', at, when, 'AggregationEvent', {
    action: 'DELETE',
    bizStep: 'unpacking',
    disposition: 'in_progress',
    parentID: write(by).pallet(pallet.sscc),
    childQuantityList: quantities(by, pallet.content),
    bizTransactionList: workOrder(season, by, 'UP'),
  });
}
