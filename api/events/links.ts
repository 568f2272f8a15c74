import type { Fields } from './fields.ts';

/** What an identifier names; `shipment` is a logistic unit or a consignment. */
export type IdentifierKind = 'instance' | 'lot' | 'product' | 'shipment' | 'location' | 'party' | 'other';

/**
 * The part that an identifier plays in an event: `in` and `out` of a transformation, `out` of an ADD and `in` of a DELETE
 * object event, `parent` and `child` of an aggregation or association, else `observed`.
 */
export type LinkRole = 'in' | 'out' | 'parent' | 'child' | 'observed';

/** One lot or item that an event links. */
export interface Link {
  role: LinkRole;
  /** canonical, see canonicalIdentifier */
  identifier: string;
  /** the field it came from, such as `inputQuantityList[].epcClass` */
  field: string;
  kind: IdentifierKind;
  /** canonical decimal */
  quantity?: string;
  /** UN/ECE Rec 20 code */
  uom?: string;
  /** the canonical GTIN Digital Link of the lot or item */
  product?: string;
}

/** The lots and items that the fields of an event link; works on any part of the fields. */
export function deriveLinks(_fields: Readonly<Fields>): Link[] {
  return [];
}

/** What sharing rules select by: the canonical ids of the products and the lots that a record is about. */
export function productsAndLots(_fields: Readonly<Fields>): { products: string[]; lots: string[] } {
  return { products: [], lots: [] };
}
