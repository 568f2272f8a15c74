import { gln } from './keys.ts';
import type { Organisation, OrganisationSlug } from './types.ts';

type Row = [
  OrganisationSlug,
  string,
  Organisation['role'],
  prefix: string,
  style: Organisation['style'],
  string,
];

/** 952 is the GS1 prefix for demonstrations: no real company owns these keys. */
const ROWS: Row[] = [
  ['greenvalley', 'Green Valley Farms', 'grower', '9521101', 'urn', ''],
  ['sunriver', 'Sun River Produce', 'grower', '9521102', 'urn', ''],
  ['freshpack', 'Freshpack Salads', 'packer', '9521103', 'digital-link', 'https://id.freshpack.example'],
  ['coldchain', 'Coldchain Logistics', 'distributor', '9521104', 'urn', ''],
  ['marketfresh', 'Marketfresh Stores', 'retailer', '9521105', 'digital-link', 'https://id.gs1.org'],
  ['foodsafety', 'State Food Safety Agency', 'health agency', '9521106', 'urn', ''],
];

export const ORGANISATIONS = Object.fromEntries(
  ROWS.map(([slug, name, role, prefix, style, resolver]) => [
    slug,
    { slug, id: `${slug}.example`, name, role, prefix, style, resolver, gln: gln(prefix, 0) },
  ]),
) as Record<OrganisationSlug, Organisation>;

/** Books by the organisation whose node keeps them. */
export const BOOKS: Record<Exclude<OrganisationSlug, 'sunriver'>, { slug: string; title: string }[]> = {
  greenvalley: [{ slug: 'harvest', title: 'Salinas harvest' }],
  freshpack: [
    { slug: 'plant', title: 'Salinas salad plant' },
    { slug: 'supplier-sunriver', title: 'Supplier documents of Sun River Produce' },
  ],
  coldchain: [{ slug: 'warehouse', title: 'Tracy cold store' }],
  marketfresh: [{ slug: 'stores', title: 'Store deliveries and sales' }],
  foodsafety: [{ slug: 'investigations', title: 'Outbreak investigations' }],
};
