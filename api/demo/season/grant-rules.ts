import {
  HARVESTED_LOT_FIELDS,
  CREW_CONTACT_FIELDS,
  GROWER_INVESTIGATION_FIELDS,
  LOT_FIELDS,
  MOVEMENT_FIELDS,
  ORIGIN_FIELDS,
  RECIPE_LINK_FIELDS,
  TRADE_INVESTIGATION_FIELDS,
} from './grant-fields.ts';
import type { BOOKS } from './organisations.ts';
import type { OrganisationSlug, SeasonGrant } from './types.ts';

export type Rule = [
  to: OrganisationSlug,
  name: string,
  title: string,
  kinds: string[],
  fields: string[],
  options?: { purpose?: string; right?: SeasonGrant['right']; productsOf?: OrganisationSlug },
];

export type Node = keyof typeof BOOKS;

/** Rules of the first book of each organisation. No rule names a price, a cost or a contract. */
export const RULES: Record<Node, Rule[]> = {
  greenvalley: [
    [
      'freshpack',
      'shipments',
      'Freshpack may see what, where, when and lot, and where it grew; no prices, no crew telephones',
      ['EVENT'],
      [...MOVEMENT_FIELDS, ...ORIGIN_FIELDS],
    ],
    ['freshpack', 'lots', 'Freshpack may see lots without their cost', ['LOT'], HARVESTED_LOT_FIELDS],
    [
      'freshpack',
      'lot-corrections',
      'Freshpack may propose corrected quantities of lots; Green Valley decides',
      ['LOT'],
      ['quantity', 'uom'],
      { right: 'REQUEST' },
    ],
    [
      'foodsafety',
      'agency',
      'The agency may see the whole history of a lot with water source and field; no prices',
      ['EVENT'],
      GROWER_INVESTIGATION_FIELDS,
    ],
    [
      'foodsafety',
      'agency-lots',
      'The agency may see lots without their cost',
      ['LOT'],
      HARVESTED_LOT_FIELDS,
    ],
    [
      'foodsafety',
      'crew-contact',
      'The agency may see crew telephone numbers when it investigates an outbreak',
      ['EVENT'],
      CREW_CONTACT_FIELDS,
      { purpose: 'outbreak-investigation' },
    ],
  ],
  freshpack: [
    [
      'greenvalley',
      'receipts',
      'Green Valley may see what became of its own products and of the lots mixed with them; no recipe masses, no costs',
      ['EVENT'],
      [...MOVEMENT_FIELDS, 'inputQuantityList[].epcClass', 'outputQuantityList[].epcClass'],
      { productsOf: 'greenvalley' },
    ],
    [
      'coldchain',
      'shipments',
      'Coldchain may see movements of salads and the lots that they were made of; no recipe masses, no prices',
      ['EVENT'],
      [...MOVEMENT_FIELDS, ...RECIPE_LINK_FIELDS],
      { productsOf: 'freshpack' },
    ],
    ['coldchain', 'lots', 'Coldchain may see lots without their cost', ['LOT'], LOT_FIELDS],
    [
      'coldchain',
      'best-before',
      'Coldchain may change the best-before date of lots that it stores',
      ['LOT'],
      ['bestBeforeDate'],
      { right: 'CHANGE' },
    ],
    [
      'marketfresh',
      'lots-of-shops',
      'Marketfresh may see lots, but not what they were made of',
      ['LOT'],
      LOT_FIELDS,
    ],
    [
      'foodsafety',
      'agency',
      'The agency may see movements and recipes with masses and waste; no prices, no contracts',
      ['EVENT'],
      TRADE_INVESTIGATION_FIELDS,
    ],
    ['foodsafety', 'agency-lots', 'The agency may see lots without their cost', ['LOT'], LOT_FIELDS],
  ],
  coldchain: [
    [
      'freshpack',
      'receipts',
      'Freshpack may see movements and re-packs of its own products; no freight costs',
      ['EVENT'],
      [...MOVEMENT_FIELDS, ...RECIPE_LINK_FIELDS],
      { productsOf: 'freshpack' },
    ],
    [
      'marketfresh',
      'shipments',
      'Marketfresh may see movements and the lots in a re-packed box; no freight costs',
      ['EVENT'],
      [...MOVEMENT_FIELDS, ...RECIPE_LINK_FIELDS],
    ],
    ['marketfresh', 'lots', 'Marketfresh may see lots without their cost', ['LOT'], LOT_FIELDS],
    [
      'foodsafety',
      'agency',
      'The agency may see movements, re-packs and temperatures; no prices',
      ['EVENT'],
      TRADE_INVESTIGATION_FIELDS,
    ],
    ['foodsafety', 'agency-lots', 'The agency may see lots without their cost', ['LOT'], LOT_FIELDS],
  ],
  marketfresh: [
    [
      'coldchain',
      'receipts',
      'Coldchain may see deliveries and sales by lot; no retail prices, no revenue',
      ['EVENT'],
      MOVEMENT_FIELDS,
    ],
    [
      'coldchain',
      'addresses',
      'Coldchain may propose corrected addresses of shops; Marketfresh decides',
      ['LOCATION'],
      ['address.street', 'address.city', 'address.postalCode'],
      { right: 'REQUEST' },
    ],
    [
      'foodsafety',
      'agency',
      'The agency may see deliveries and sales by lot; no retail prices',
      ['EVENT'],
      TRADE_INVESTIGATION_FIELDS,
    ],
  ],
  foodsafety: [],
};
