import { kilograms, write, type Season } from './journal.ts';
import { keptBy } from './master-data.ts';
import { NAMESPACE } from './namespace.ts';
import { BOOKS, ORGANISATIONS } from './organisations.ts';
import { PLACES } from './places.ts';
import { PRODUCTS } from './products.ts';
import type { JsonObject, Lot, OrganisationSlug, Place, Product, SeasonRecord } from './types.ts';

/** Cost of a kilogram by organisation, US cents: confidential. */
const COST_CENTS: Record<OrganisationSlug, number> = {
  greenvalley: 118,
  sunriver: 131,
  freshpack: 342,
  coldchain: 415,
  marketfresh: 0,
  foodsafety: 0,
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
  const { gln, name, role } = ORGANISATIONS[slug];
  return {
    book,
    type: 'PARTY',
    id: write(slug).party(gln),
    fields: { name, gln, role, address: { country: 'US' } },
  };
}

function locationRecord(book: string, place: Place): SeasonRecord {
  const { gln, name, street, city, state, postalCode, latitude, longitude } = place;
  return {
    book,
    type: 'LOCATION',
    id: write(place.organisation).place(place),
    fields: {
      name,
      gln,
      address: { street, city, state, postalCode, country: 'US' },
      geo: { latitude: String(latitude), longitude: String(longitude) },
      party: write(place.organisation).party(ORGANISATIONS[place.organisation].gln),
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
      gtin,
      commodity,
      variety,
      netContent: String(caseKilograms),
      uom: 'KGM',
      ...ownFields({ shelfLifeDays }),
    },
  };
}

function lotRecord(season: Season, book: string, lot: Lot): SeasonRecord {
  const { product, owner, day } = lot;
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
      tlcSource: write(owner).place(lot.source),
      ...ownFields({
        ...(lot.fieldName === undefined ? {} : { fieldName: lot.fieldName }),
        costPerKilogram: (COST_CENTS[owner] / 100).toFixed(2),
      }),
    },
  };
}

function contractRecord([number, supplier, text]: (typeof CONTRACTS)[number]): SeasonRecord {
  return {
    book: 'plant',
    type: 'NOTE',
    id: `urn:lotbook:note:contract-${number}`,
    fields: {
      title: `Supplier contract ${number}`,
      text,
      ...ownFields({ supplier: write('freshpack').party(ORGANISATIONS[supplier].gln) }),
    },
  };
}

function ownFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`{${NAMESPACE}}${name}`, value]));
}
