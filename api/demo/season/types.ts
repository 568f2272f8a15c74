/** JSON as the documents hold it. */
export type Json = string | number | boolean | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

export type OrganisationSlug =
  'greenvalley' | 'sunriver' | 'freshpack' | 'coldchain' | 'marketfresh' | 'foodsafety';

/** The trading parties of the season; `sunriver` has no node, its supplier documents come in by the packer. */
export interface Organisation {
  slug: OrganisationSlug;
  id: string;
  name: string;
  role: 'grower' | 'packer' | 'distributor' | 'retailer' | 'health agency';
  gln: string;
  /** GS1 company prefix, 7 digits of the range that GS1 keeps for demonstrations (952) */
  prefix: string;
  /** how this organisation writes its identifiers */
  style: 'urn' | 'digital-link';
  /** resolver of its Digital Links */
  resolver: string;
}

export type Zone = 'America/Los_Angeles' | 'America/Phoenix';

export interface Place {
  key: string;
  organisation: OrganisationSlug;
  gln: string;
  name: string;
  /** farm, cooler, packing shed, plant, line, cold store, shop or office */
  kind: string;
  street: string;
  city: string;
  state: string;
  postalCode: string;
  latitude: number;
  longitude: number;
  zone: Zone;
}

export interface Product {
  key: string;
  organisation: OrganisationSlug;
  gtin: string;
  name: string;
  commodity: string;
  variety: string;
  caseKilograms: number;
  shelfLifeDays: number;
}

/** Masses are whole tenths of a kilogram, so that sums are exact. */
export type Tenths = number;

export interface Lot {
  product: Product;
  code: string;
  owner: OrganisationSlug;
  made: Tenths;
  /** day of the season, 0 is its first Monday */
  day: number;
  /** the place that assigned the traceability lot code */
  source: Place;
  fieldName?: string;
}

export interface Portion {
  lot: Lot;
  tenths: Tenths;
}

export interface Pallet {
  sscc: string;
  content: Portion[];
}

/** One event as an organisation captured it; `kind` is the CTE or the step between CTEs. */
export interface Entry {
  organisation: OrganisationSlug;
  book: string;
  kind: EventKind;
  day: number;
  instant: number;
  event: JsonObject;
}

export type EventKind =
  | 'harvesting'
  | 'cooling'
  | 'initial packing'
  | 'shipping'
  | 'receiving'
  | 'unpacking'
  | 'transformation'
  | 'packing'
  | 'storing'
  | 'repacking'
  | 'return shipping'
  | 'return receiving'
  | 'destroying'
  | 'retail selling'
  | 'correction'
  | 'error declaration';

export interface SeasonRecord {
  book: string;
  type: 'LOT' | 'PRODUCT' | 'LOCATION' | 'PARTY' | 'NOTE';
  id: string;
  fields: JsonObject;
}

/** A sharing rule as the demo creates it; `title` is its reading in words. */
export interface SeasonGrant {
  id: string;
  book: string;
  title: string;
  right: 'READ' | 'REQUEST' | 'CHANGE';
  audience: { organisations: string[]; groups: string[]; public: boolean };
  selector: { kinds?: string[]; products?: string[]; lots?: string[]; from?: string; until?: string };
  /** exact flattened field names, or `['*']` */
  fields: string[];
  purpose: string;
  backfill: boolean;
}

export interface SeasonDocument {
  book: string;
  title: string;
  json: JsonObject;
}

export interface SeasonOrganisation {
  /** the organisation's domain */
  id: string;
  name: string;
  role: Organisation['role'];
  gln: string;
  books: { slug: string; title: string }[];
  documents: SeasonDocument[];
  records: SeasonRecord[];
  grants: SeasonGrant[];
}
