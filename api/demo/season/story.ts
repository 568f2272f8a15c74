import type { Season } from './journal.ts';
import { write } from './journal.ts';
import { place } from './places.ts';
import type { Entry, JsonObject, Lot } from './types.ts';

/** The week and field of the spinach that the recall demo is about. */
const CONTAMINATED = { product: 'gv-spinach', week: 2 };

/** Ids of the interesting lots, as the organisation that made them writes them. */
export interface Story {
  title: string;
  contaminatedLot: string;
  /** finished lots that hold some of it, in the order in which they were made */
  affectedLots: string[];
  /** products of the affected lots, ids */
  affectedProducts: string[];
  /** shops that received an affected lot */
  affectedStores: { id: string; name: string; lots: string[] }[];
  /** shops with illnesses, what was bought there and when they began: the legs of the trace back */
  cases: { store: string; lot: string; illnesses: number; from: string; until: string }[];
  returnedLot: string;
  repackedLots: string[];
}

/** Follows the contaminated lot forward over the transformations and deliveries of the journal. */
export function storyOf(season: Season): Story {
  const origin = season.lots.find(
    ({ product, day }) => product.key === CONTAMINATED.product && Math.floor(day / 7) === CONTAMINATED.week,
  ) as Lot;
  const affected = descendants(season, origin);
  const affectedStores = storesOf(season, affected);
  const returned = season.entries.find(({ kind }) => kind === 'destroying') as Entry;
  return {
    title: `Spinach of ${origin.fieldName}, cut in two mixed salads and packed anew once`,
    contaminatedLot: name(origin),
    affectedLots: affected.map(name),
    affectedProducts: [...new Set(affected.map((lot) => write(lot.owner).product(lot.product.gtin)))],
    affectedStores,
    cases: affectedStores.slice(0, 4).map(({ id, lots: [first = ''] }, index) => {
      const sold = lotOf(season, first).day + 3;
      return {
        store: id,
        lot: first,
        illnesses: 3 + index,
        from: season.calendar.date(sold),
        until: season.calendar.date(sold + 8),
      };
    }),
    returnedLot: name(lotOf(season, classes(returned.event, 'quantityList')[0] as string)),
    repackedLots: season.lots.filter(({ owner }) => owner === 'coldchain').map(name),
  };
}

function name(lot: Lot): string {
  return write(lot.owner).lot(lot);
}

function descendants(season: Season, origin: Lot): Lot[] {
  const found = new Set([origin]);
  for (const { event, organisation } of season.entries) {
    if (event['type'] !== 'TransformationEvent') continue;
    const writer = write(organisation);
    const inputs = classes(event, 'inputQuantityList');
    if (![...found].some((lot) => inputs.includes(writer.lot(lot)))) continue;
    for (const output of classes(event, 'outputQuantityList')) found.add(lotOf(season, output));
  }
  found.delete(origin);
  return [...found];
}

function storesOf(season: Season, affected: Lot[]): Story['affectedStores'] {
  const stores = new Map<string, string[]>();
  for (const { organisation, kind, event } of season.entries) {
    if (organisation !== 'marketfresh' || kind !== 'receiving') continue;
    const held = classes(event, 'quantityList');
    const lots = affected.filter((lot) => held.includes(write(organisation).lot(lot))).map(name);
    const id = (event['readPoint'] as JsonObject)['id'] as string;
    if (lots.length > 0) stores.set(id, [...new Set([...(stores.get(id) ?? []), ...lots])]);
  }
  return ['mf-sf', 'mf-oak', 'mf-sj', 'mf-sac', 'mf-fre', 'mf-phx']
    .map((key) => place(key))
    .map((store) => ({ id: write('marketfresh').place(store), name: store.name }))
    .filter(({ id }) => stores.has(id))
    .map(({ id, name: title }) => ({ id, name: title, lots: stores.get(id) as string[] }));
}

function classes(event: JsonObject, list: string): string[] {
  return (event[list] as { epcClass: string }[]).map(({ epcClass }) => epcClass);
}

function lotOf(season: Season, epcClass: string): Lot {
  return season.lots.find((lot) =>
    (['greenvalley', 'freshpack', 'coldchain', 'marketfresh'] as const).some(
      (by) => write(by).lot(lot) === epcClass,
    ),
  ) as Lot;
}
