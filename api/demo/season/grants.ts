import { RULES, type Node, type Rule } from './grant-rules.ts';
import { BOOKS, ORGANISATIONS } from './organisations.ts';
import { PRODUCTS } from './products.ts';
import type { SeasonGrant } from './types.ts';

const TRACEABILITY = 'traceability';
const MASTER_KINDS = ['PRODUCT', 'LOCATION', 'PARTY'];

/** The sharing rules of an organisation, over all of its books. A supplier's documents are a grower's to the agency. */
export function grantsOf(slug: Node): SeasonGrant[] {
  const [first, ...others] = BOOKS[slug];
  if (first === undefined) return [];
  const rules = RULES[slug].map((row) => grant(first.slug, row));
  const agency = RULES.greenvalley.filter(([to]) => to === 'foodsafety');
  const supplied = others.flatMap((book) => agency.map((row) => grant(book.slug, row)));
  return [...rules, ...supplied, ...BOOKS[slug].map((book) => openMasterData(book.slug, slug))];
}

function grant(book: string, [to, name, title, kinds, fields, options = {}]: Rule): SeasonGrant {
  const { right = 'READ', purpose = TRACEABILITY, productsOf } = options;
  const products = PRODUCTS.filter(({ organisation }) => organisation === productsOf);
  return {
    id: `${book}-${to}-${name}`,
    book,
    title,
    right,
    audience: { organisations: [ORGANISATIONS[to].id], groups: [], public: false },
    selector: {
      kinds,
      ...(productsOf === undefined
        ? {}
        : { products: products.map(({ gtin }) => `https://id.gs1.org/01/${gtin}`) }),
    },
    fields: [...new Set(fields)],
    purpose,
    backfill: true,
  };
}

/** Names and addresses are what every partner needs to read an event. */
function openMasterData(book: string, owner: Node): SeasonGrant {
  return {
    id: `${book}-master-data`,
    book,
    title: 'Every partner may see products, locations and parties',
    right: 'READ',
    audience: {
      organisations: (Object.keys(BOOKS) as Node[])
        .filter((slug) => slug !== owner)
        .map((slug) => ORGANISATIONS[slug].id),
      groups: [],
      public: false,
    },
    selector: { kinds: MASTER_KINDS },
    fields: ['*'],
    purpose: TRACEABILITY,
    backfill: true,
  };
}
