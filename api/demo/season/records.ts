import { dollars, kilograms, write, type Season } from './journal.ts';
import { keptBy } from './master-data.ts';
import { NAMESPACE } from './namespace.ts';
import { BOOKS, ORGANISATIONS } from './organisations.ts';
import { PLACES } from './places.ts';
import { PRODUCTS } from './products.ts';
import { namedUuid } from './random.ts';
import type { JsonObject, Lot, OrganisationSlug, Place, Product, SeasonRecord } from './types.ts';

/** Cost of a kilogram by organisation, US cents: confidential. A supplier does not tell its cost. */
const COST_CENTS: Partial<Record<OrganisationSlug, number>> = {
  greenvalley: 118,
  freshpack: 342,
  coldchain: 415,
};

const PHONES: Record<OrganisationSlug, string> = {
  greenvalley: '+1-831-555-0140',
  sunriver: '+1-928-555-0110',
  freshpack: '+1-831-555-0161',
  coldchain: '+1-209-555-0172',
  marketfresh: '+1-415-555-0183',
  foodsafety: '+1-916-555-0194',
};

/** Supplier contracts of the packer: notes that nobody else sees. */
const CONTRACTS: [number: string, supplier: OrganisationSlug, text: string][] = [
  [
    'GV-2025-11',
    'greenvalley',
    'Green Valley: 1,350 kg a week, price by week, rebate of 2.5 % over 8,000 kg.',
  ],
  [
    'SR-2025-04',
    'sunriver',
    'Sun River: 560 kg a week from October, freight paid by the supplier, 21 days net.',
  ],
];

/** The records that an organisation keeps beside its events; own fields are in Clark notation. */
export function recordsOf(season: Season, slug: keyof typeof BOOKS): SeasonRecord[] {
  return keptBy(slug).flatMap((kept) => {
    const book = kept === slug ? (BOOKS[slug][0] as { slug: string }).slug : `supplier-${kept}`;
    const of = <T extends { organisation: OrganisationSlug }>(items: T[]) =>
      items.filter(({ organisation }) => organisation === kept);
    return [
      partyRecord(book, kept),
      ...of(PLACES).map((place) => locationRecord(book, place)),
      ...of(PRODUCTS).map((product) => productRecord(book, product)),
      ...season.lots.filter(({ owner }) => owner === kept).map((lot) => lotRecord(season, book, lot)),
      ...(kept === 'freshpack' ? CONTRACTS.map(contractRecord) : []),
    ];
  });
}

function partyRecord(book: string, slug: OrganisationSlug): SeasonRecord {
  const { id, gln, name, role } = ORGANISATIONS[slug];
  return {
    book,
    type: 'PARTY',
    id: write(slug).party(gln),
    // Who keeps a node is sent notices there.
    fields: {
      name,
      role,
      phone: PHONES[slug],
      email: `traceability@${id}`,
      address: { country: 'US' },
      ...(slug in BOOKS && { organisation: id }),
    },
  };
}

function locationRecord(book: string, place: Place): SeasonRecord {
  const { name, kind, street, city, state, postalCode, latitude, longitude } = place;
  return {
    book,
    type: 'LOCATION',
    id: write(place.organisation).place(place),
    fields: {
      name,
      kind,
      address: { street, city, state, postalCode, country: 'US' },
      geo: { latitude: String(latitude), longitude: String(longitude) },
      operator: party(place.organisation),
    },
  };
}

function productRecord(book: string, product: Product): SeasonRecord {
  const { organisation, gtin, name, commodity, variety, caseKilograms, shelfLifeDays } = product;
  return {
    book,
    type: 'PRODUCT',
    id: write(organisation).product(gtin),
    fields: {
      name,
      category: 'Leafy greens',
      commodity,
      variety,
      onFoodTraceabilityList: true,
      netWeight: String(caseKilograms),
      uom: 'KGM',
      countryOfOrigin: 'US',
      manufacturer: party(organisation),
      ...ownFields({ shelfLifeDays }),
    },
  };
}

function lotRecord(season: Season, book: string, lot: Lot): SeasonRecord {
  const { product, owner, day } = lot;
  const cents = COST_CENTS[owner];
  return {
    book,
    type: 'LOT',
    id: write(owner).lot(lot),
    fields: {
      product: write(owner).product(product.gtin),
      lotNumber: lot.code,
      description: product.name,
      quantity: String(kilograms(lot.made)),
      uom: 'KGM',
      productionDate: season.calendar.date(day),
      bestBeforeDate: season.calendar.date(day + product.shelfLifeDays),
      countryOfOrigin: 'US',
      producer: party(owner),
      source: write(owner).place(lot.source),
      ...origin(season, lot),
      ...(cents === undefined ? {} : ownFields({ costPerKilogram: dollars(cents) })),
    },
  };
}

/** What initial packing knows of a harvested lot; harvest, cooling and packing are on one day. */
function origin(season: Season, { product, fieldName, day }: Lot): JsonObject {
  if (fieldName === undefined) return {};
  const date = season.calendar.date(day);
  const { commodity, variety } = product;
  return { commodity, variety, fieldName, harvestDate: date, coolingDate: date, packagingDate: date };
}

function contractRecord([number, supplier, text]: (typeof CONTRACTS)[number]): SeasonRecord {
  return {
    book: 'plant',
    type: 'NOTE',
    id: namedUuid(`contract ${number}`),
    fields: { title: `Supplier contract ${number}`, about: [party(supplier)], text },
  };
}

function party(slug: OrganisationSlug): string {
  return write(slug).party(ORGANISATIONS[slug].gln);
}

function ownFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`{${NAMESPACE}}${name}`, value]));
}
