import type { Fields } from './fields.ts';
import { identify, type IdentifierKind } from './identifiers.ts';
import type { JsonValue } from './value.ts';

export type { IdentifierKind } from './identifiers.ts';

/**
 * The part that an identifier plays in an event: `in` and `out` of a transformation, `out` of an ADD and `in` of a DELETE
 * object event, `parent` and `child` of an aggregation or association, else `observed`.
 */
export type LinkRole = 'in' | 'out' | 'parent' | 'child' | 'observed';

/** One lot, item, product class or logistic unit that an event links. */
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
  /** the canonical GTIN Digital Link of the lot or item, where its identifier tells */
  product?: string;
}

interface Source {
  name: string;
  role: LinkRole | 'action';
}

const LISTS: readonly Source[] = [
  { name: 'epcList', role: 'action' },
  { name: 'inputEPCList', role: 'in' },
  { name: 'outputEPCList', role: 'out' },
  { name: 'childEPCs', role: 'child' },
];

const QUANTITY_LISTS: readonly Source[] = [
  { name: 'quantityList', role: 'action' },
  { name: 'inputQuantityList', role: 'in' },
  { name: 'outputQuantityList', role: 'out' },
  { name: 'childQuantityList', role: 'child' },
];

/**
 * The lots and items that the fields of an event link, in the order of the fields above and of their elements; works on any
 * part of the fields. Without the fields `type` and `action` an object event's things count as observed.
 */
export function deriveLinks(fields: Readonly<Fields>): Link[] {
  const links: Link[] = [];
  const byAction = roleByAction(fields['type'], fields['action']);
  const parent = fields['parentID'];
  if (typeof parent === 'string') links.push(link('parent', parent, 'parentID'));
  for (const { name, role } of LISTS) {
    for (const epc of array(fields[name])) {
      if (typeof epc === 'string') links.push(link(role === 'action' ? byAction : role, epc, name));
    }
  }
  for (const { name, role } of QUANTITY_LISTS) {
    const field = `${name}[].epcClass`;
    const quantities = array(fields[`${name}[].quantity`]);
    const units = array(fields[`${name}[].uom`]);
    array(fields[field]).forEach((epcClass, index) => {
      if (typeof epcClass !== 'string') return;
      const one = link(role === 'action' ? byAction : role, epcClass, field);
      const quantity = quantities[index];
      const uom = units[index];
      if (typeof quantity === 'string') one.quantity = quantity;
      if (typeof uom === 'string') one.uom = uom;
      links.push(one);
    });
  }
  return links;
}

function roleByAction(type: JsonValue | undefined, action: JsonValue | undefined): LinkRole {
  if (type !== 'ObjectEvent') return 'observed';
  if (action === 'ADD') return 'out';
  return action === 'DELETE' ? 'in' : 'observed';
}

function array(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function link(role: LinkRole, text: string, field: string): Link {
  const { canonical, kind, product } = identify(text);
  const one: Link = { role, identifier: canonical, field, kind };
  if (product !== undefined) one.product = product;
  return one;
}

/** Fields of records other than events that name a product or a lot. */
const ABOUT_FIELDS = ['product', 'lot', 'products', 'lots', 'about'] as const;

/**
 * What sharing rules select by: the canonical ids of the products and the lots that a record is about, each once. `id` is
 * the record's own id, which for lots and products counts too.
 */
export function productsAndLots(
  fields: Readonly<Fields>,
  id?: string,
): { products: string[]; lots: string[] } {
  const products = new Set<string>();
  const lots = new Set<string>();
  const add = (text: string): void => {
    const { canonical, kind, product } = identify(text);
    if (kind === 'product') products.add(canonical);
    if (kind === 'lot') lots.add(canonical);
    if (product !== undefined) products.add(product);
  };
  if (id !== undefined) add(id);
  for (const { identifier, kind, product } of deriveLinks(fields)) {
    if (kind === 'lot') lots.add(identifier);
    if (kind === 'product') products.add(identifier);
    if (product !== undefined) products.add(product);
  }
  for (const name of ABOUT_FIELDS) {
    const value = fields[name];
    if (typeof value === 'string') add(value);
    for (const element of array(value)) if (typeof element === 'string') add(element);
  }
  return { products: [...products], lots: [...lots] };
}
