import { write } from './journal.ts';
import { ORGANISATIONS } from './organisations.ts';
import { PLACES } from './places.ts';
import { PRODUCTS } from './products.ts';
import type { JsonObject, OrganisationSlug, Place, Product } from './types.ts';

const VOCABULARY = 'urn:epcglobal:epcis:vtype:';
const ATTRIBUTE = 'urn:epcglobal:cbv:mda#';

/** Whose master data an organisation keeps: its own, and those of a supplier for whom it keeps the documents. */
export function keptBy(slug: OrganisationSlug): OrganisationSlug[] {
  return slug === 'freshpack' ? ['freshpack', 'sunriver'] : [slug];
}

/** The vocabulary lists of an EPCIS header: products, places, parties (EPCIS 2.0, section 7.1.4; CBV 2.0, section 9). */
export function masterData(slug: OrganisationSlug): JsonObject[] {
  const kept = keptBy(slug);
  return [
    {
      type: `${VOCABULARY}EPCClass`,
      vocabularyElementList: PRODUCTS.filter(({ organisation }) => kept.includes(organisation)).map(
        productElement,
      ),
    },
    {
      type: `${VOCABULARY}BusinessLocation`,
      vocabularyElementList: PLACES.filter(({ organisation }) => kept.includes(organisation)).map(
        placeElement,
      ),
    },
    { type: `${VOCABULARY}Party`, vocabularyElementList: kept.map(partyElement) },
  ];
}

function productElement({
  organisation,
  gtin,
  name,
  commodity,
  variety,
  caseKilograms,
}: Product): JsonObject {
  return element(write(organisation).product(gtin), {
    descriptionShort: name,
    functionalName: `${commodity}, ${variety}`,
    netWeight: `${caseKilograms} KGM`,
    informationProvider: write(organisation).party(ORGANISATIONS[organisation].gln),
  });
}

function placeElement(place: Place): JsonObject {
  return element(write(place.organisation).place(place), {
    name: place.name,
    streetAddressOne: place.street,
    city: place.city,
    state: place.state,
    postalCode: place.postalCode,
    countryCode: 'US',
    latitude: String(place.latitude),
    longitude: String(place.longitude),
  });
}

function partyElement(slug: OrganisationSlug): JsonObject {
  const { gln, name } = ORGANISATIONS[slug];
  return element(write(slug).party(gln), { name, countryCode: 'US' });
}

function element(id: string, attributes: Record<string, string>): JsonObject {
  return {
    id,
    attributes: Object.entries(attributes).map(([name, value]) => ({
      id: ATTRIBUTE + name,
      attribute: value,
    })),
  };
}
