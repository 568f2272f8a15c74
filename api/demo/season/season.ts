import { calendar } from './calendar.ts';
import { correct } from './corrections.ts';
import { distribute } from './distribution.ts';
import { documentsOf } from './documents.ts';
import { harvestLot } from './farm.ts';
import { grantsOf } from './grants.ts';
import { HARVESTS } from './harvest-plan.ts';
import type { Season } from './journal.ts';
import { BOOKS, ORGANISATIONS } from './organisations.ts';
import { place } from './places.ts';
import { palletise, run, unpack } from './plant.ts';
import { random } from './random.ts';
import { RECIPES } from './recipes.ts';
import { recordsOf } from './records.ts';
import { consign, price, receive, ship } from './shipment.ts';
import { Stock } from './stock.ts';
import { storyOf, type Story } from './story.ts';
import type { Entry, Pallet, Portion, SeasonOrganisation } from './types.ts';

export const WEEKS = 6;

/** A Monday so chosen that the season runs over the end of daylight saving time. */
export const DEFAULT_START = '2025-10-06';

export interface SeasonData {
  organisations: SeasonOrganisation[];
  story: Story;
  /** every captured event in the order of its time, corrections after what they correct */
  entries: Entry[];
}

/**
 * Six weeks of leafy greens, from two growers over a salad plant and a cold store to six shops: the same data for the
 * same seed and start (a Monday, `YYYY-MM-DD`). Masses are KGM; each organisation writes keys in its own notation.
 * @throws RangeError for a start that is no Monday
 */
export function season(seed: number, start: string = DEFAULT_START): SeasonData {
  const state: Season = {
    seed,
    random: random(seed),
    calendar: calendar(start),
    entries: [],
    lots: [],
    pallets: [],
    counters: new Map(),
  };
  const stock = new Stock();
  for (let week = 0; week < WEEKS; week += 1) runWeek(state, week, stock);
  correct(state);
  state.entries.sort((one, other) => one.instant - other.instant);
  const slugs = Object.keys(BOOKS) as (keyof typeof BOOKS)[];
  return {
    organisations: slugs.map((slug) => {
      const { id, name, role, gln } = ORGANISATIONS[slug];
      return {
        id,
        name,
        role,
        gln,
        books: BOOKS[slug],
        documents: documentsOf(state, slug),
        records: recordsOf(state, slug),
        grants: grantsOf(slug),
      };
    }),
    story: storyOf(state),
    entries: state.entries,
  };
}

function runWeek(state: Season, week: number, stock: Stock): void {
  const monday = week * 7;
  for (const plan of HARVESTS) {
    const { pallet } = harvestLot(state, plan, week);
    toPlant(state, monday + plan.weekday, pallet, stock);
  }
  const made = RECIPES.map((recipe) => {
    const lot = run(state, recipe, week, stock);
    if (recipe.output === 'fp-cut') return null;
    const when = { day: monday + recipe.weekday, minute: recipe.minute + 95 };
    return palletise(state, place('fp-plant'), when, stock.take(recipe.output, lot.made));
  }).filter((pallet) => pallet !== null);
  toWarehouse(state, monday + 2, made.slice(0, 2));
  toWarehouse(state, monday + 3, made.slice(2));
  distribute(state, week, made);
}

function toPlant(state: Season, day: number, pallet: Pallet, stock: Stock): void {
  const [portion] = pallet.content as [Portion];
  const plant = place('fp-plant');
  const shipment = consign(state, portion.lot.source, plant, pallet.content, [pallet]);
  const far = portion.lot.source.state === 'AZ';
  const contract = portion.lot.owner === 'greenvalley' ? 'GV-2025-11' : 'SR-2025-04';
  const confidential = { pricePerCase: price(state, 1190, 1760), supplierContract: contract };
  ship(state, shipment, { day, minute: 840 }, confidential);
  const arrival = far ? { day: day + 1, minute: 75 } : { day, minute: 960 };
  receive(state, shipment, arrival, { supplierContract: contract });
  unpack(state, plant, { day: day + 1, minute: 330 }, pallet);
  for (const { lot, tenths } of pallet.content) stock.add(lot, tenths);
}

function toWarehouse(state: Season, day: number, pallets: Pallet[]): void {
  const content = pallets.flatMap((pallet) => pallet.content);
  const shipment = consign(state, place('fp-plant'), place('cc-store'), content, pallets);
  ship(state, shipment, { day, minute: 1080 }, { pricePerCase: price(state, 1680, 2190) });
  receive(state, shipment, { day, minute: 1260 });
}
