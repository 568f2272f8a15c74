import type { Fields } from './fields.ts';
import { identify, type IdentifierKind } from './identifiers.ts';
import type { JsonValue } from './value.ts';

export type { IdentifierKind } from './identifiers.ts';

/**
 * The part that a thing plays in an event: `in` and `out` of a transformation, `out` of an ADD and `in` of a DELETE
 * object event, `parent` and `child` of an aggregation or association, else `observed`.
 */
export type ThingRole = 'in' | 'out' | 'parent' | 'child' | 'observed';

/**
 * Of what is no thing: `place` where it happened, `source` and `destination` as EPCIS has them (places and parties),
 * `process` for the id that several events of one transformation share.
 */
export type LinkRole = ThingRole | 'place' | 'source' | 'destination' | 'process';

/** A link to a lot, item, product class or logistic unit. */
export type ThingLink = Link & { role: ThingRole };

/** One lot, item, product class or logistic unit that an event links; or a place, a party or a process. */
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
  role: ThingRole | 'action';
}

/** The fields that tell where and between whom, and which transformation it is a part of. */
const OTHERS: readonly { name: string; role: LinkRole }[] = [
  { name: 'readPoint.id', role: 'place' },
  { name: 'bizLocation.id', role: 'place' },
  { name: 'sourceList[].source', role: 'source' },
  { name: 'destinationList[].destination', role: 'destination' },
  { name: 'transformationID', role: 'process' },
];

const LISTS: readonly Source[] = [
  { name: 'epcList', role: 'action' },
  { name: 'inputEPCList', role: 'in' },
  { name: 'outputEPCList', role: 'out' },
  { name: 'childEPCs', role: 'child' },
];

/** Names as they stand in events, whole: each is looked up in every event, and names that are put together are found slowly. */
const QUANTITY_LISTS: readonly (Source & { quantity: string; uom: string })[] = [
  {
    name: 'quantityList[].epcClass',
    quantity: 'quantityList[].quantity',
    uom: 'quantityList[].uom',
    role: 'action',
  },
  {
    name: 'inputQuantityList[].epcClass',
    quantity: 'inputQuantityList[].quantity',
    uom: 'inputQuantityList[].uom',
    role: 'in',
  },
  {
    name: 'outputQuantityList[].epcClass',
    quantity: 'outputQuantityList[].quantity',
    uom: 'outputQuantityList[].uom',
    role: 'out',
  },
  {
    name: 'childQuantityList[].epcClass',
    quantity: 'childQuantityList[].quantity',
    uom: 'childQuantityList[].uom',
    role: 'child',
  },
];

/**
 * What the fields of an event link, things first, in the order of the fields above and of their elements; works on any
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
  for (const { name, quantity: quantityName, uom: uomName, role } of QUANTITY_LISTS) {
    const classes = array(fields[name]);
    if (classes.length === 0) continue;
    const quantities = array(fields[quantityName]);
    const units = array(fields[uomName]);
    classes.forEach((epcClass, index) => {
      if (typeof epcClass !== 'string') return;
      const one = link(role === 'action' ? byAction : role, epcClass, name);
      const quantity = quantities[index];
      const uom = units[index];
      if (typeof quantity === 'string') one.quantity = quantity;
      if (typeof uom === 'string') one.uom = uom;
      links.push(one);
    });
  }
  for (const { name, role } of OTHERS) {
    const value = fields[name];
    if (typeof value === 'string') links.push(link(role, value, name));
    for (const id of array(value)) if (typeof id === 'string') links.push(link(role, id, name));
  }
  return links;
}

export const THING_ROLES: readonly ThingRole[] = ['in', 'out', 'parent', 'child', 'observed'];

const OTHER_ROLES: ReadonlySet<LinkRole> = new Set(['place', 'source', 'destination', 'process']);

/** Whether a link is to what can be traced: a lot, an item, a product class or a logistic unit. */
export function isThing(link: Link): link is ThingLink {
  return !OTHER_ROLES.has(link.role);
}

function roleByAction(type: JsonValue | undefined, action: JsonValue | undefined): ThingRole {
  if (type !== 'ObjectEvent') return 'observed';
  if (action === 'ADD') return 'out';
  return action === 'DELETE' ? 'in' : 'observed';
}

const NONE: readonly JsonValue[] = [];

function array(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : NONE;
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
  for (const { identifier, kind, product } of deriveLinks(fields).filter(isThing)) {
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
