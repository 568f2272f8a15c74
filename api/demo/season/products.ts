import { gtin } from './keys.ts';
import { ORGANISATIONS } from './organisations.ts';
import type { OrganisationSlug, Product } from './types.ts';

type Row = [
  key: string,
  OrganisationSlug,
  item: number,
  name: string,
  commodity: string,
  variety: string,
  caseKilograms: number,
  shelfLifeDays: number,
];

const ROWS: Row[] = [
  ['gv-romaine', 'greenvalley', 101, 'Romaine, trimmed heads, bin 10 kg', 'Lettuce', 'Romaine', 10, 14],
  ['gv-leaf', 'greenvalley', 102, 'Green leaf lettuce, bin 10 kg', 'Lettuce', 'Green leaf', 10, 12],
  ['gv-spinach', 'greenvalley', 103, 'Spinach, flat leaf, tote 8 kg', 'Spinach', 'Flat leaf', 8, 12],
  ['sr-spinach', 'sunriver', 201, 'Baby spinach, tote 8 kg', 'Spinach', 'Baby', 8, 12],
  ['sr-baby', 'sunriver', 202, 'Baby leaf mix, tote 6 kg', 'Spring mix', 'Baby leaf', 6, 10],
  ['fp-cut', 'freshpack', 301, 'Romaine, washed and cut, bulk', 'Lettuce', 'Romaine', 12, 10],
  [
    'fp-crunch',
    'freshpack',
    302,
    'Romaine Crunch salad, 12 x 300 g',
    'Salad mix',
    'Romaine and green leaf',
    3.6,
    12,
  ],
  [
    'fp-garden',
    'freshpack',
    303,
    'Garden Mix salad, 12 x 300 g',
    'Salad mix',
    'Lettuce and baby leaf',
    3.6,
    12,
  ],
  [
    'fp-spring',
    'freshpack',
    304,
    'Spring Spinach Mix, 12 x 250 g',
    'Salad mix',
    'Spinach and baby leaf',
    3,
    12,
  ],
  ['fp-power', 'freshpack', 305, 'Power Greens, 12 x 250 g', 'Salad mix', 'Spinach and romaine', 3, 12],
  [
    'cc-family',
    'coldchain',
    401,
    'Family Salad Box, two mixes, 6 x 1 kg',
    'Salad mix',
    'Spinach, baby leaf, romaine',
    6,
    9,
  ],
];

export const PRODUCTS: Product[] = ROWS.map(
  ([key, organisation, item, name, commodity, variety, caseKilograms, shelfLifeDays]) => ({
    key,
    organisation,
    gtin: gtin(ORGANISATIONS[organisation].prefix, 1, item),
    name,
    commodity,
    variety,
    caseKilograms,
    shelfLifeDays,
  }),
);

const BY_KEY = new Map(PRODUCTS.map((product) => [product.key, product]));

/** @throws Error for a key that is not in the table */
export function product(key: string): Product {
  const found = BY_KEY.get(key);
  if (found === undefined) throw new Error(`the table of products has no ${key}`);
  return found;
}
