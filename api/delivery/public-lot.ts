import type { Fields } from '../events/fields.ts';
import type { JsonValue } from '../events/value.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Reading } from './reading.ts';

/** What the owner made public of a lot or a product, through grants whose audience is public. */
export interface PublicLot {
  lot: Fields | null;
  product: Fields | null;
  /** Oldest first. */
  events: Fields[];
  /** Notices that name the lot as affected; of a product, all that name a lot of it. The newest first. */
  notices: Fields[];
}

/** Anybody: no organisation, no group, no role. What it may read is decided where that of everybody else is. */
const ANYBODY: Caller = {
  organisation: '',
  clientId: '',
  own: false,
  roles: [],
  groups: [],
  expiresAt: Infinity,
};
const MOST = 100;

/**
 * Reads what is public in the books of this organisation.
 *
 * @param id canonical: of a lot, or of a product
 * @param product canonical: of the lot's, or the same
 */
export async function readPublicLot(
  reading: Pick<Reading, 'books' | 'search'>,
  organisation: string,
  id: string,
  product: string,
): Promise<PublicLot> {
  const found: PublicLot = { lot: null, product: null, events: [], notices: [] };
  for (const { id: book, owner } of await reading.books(ANYBODY)) {
    if (owner !== organisation) continue;
    const search = async (given: Parameters<Reading['search']>[0]['search']): Promise<Fields[]> => {
      const query = { caller: ANYBODY, book, search: given, first: MOST };
      const page = await reading.search({ ...query, order: 'FIRST', descending: false });
      return page.items.map(({ node }) => node.fields);
    };
    const [lot] = await search({ kinds: ['LOT'], ids: [id] });
    const [own] = await search({ kinds: ['PRODUCT'], ids: [product] });
    found.lot ??= lot ?? null;
    found.product ??= own ?? null;
    if (id !== product) {
      const identifiers = [{ exact: [id], products: [] }];
      found.events.push(...(await search({ kinds: ['EVENT'], identifiers })));
    }
    for await (const notice of allNotices(reading, book))
      if (names(notice, id, product)) found.notices.push(notice);
  }
  const time = (name: string) => (fields: Fields) => String(fields[name] ?? '');
  found.events.sort((a, b) => (time('eventTime')(a) < time('eventTime')(b) ? -1 : 1));
  found.notices.sort((a, b) => (time('issuedAt')(a) < time('issuedAt')(b) ? 1 : -1));
  return found;
}

/** However many there are: a recalled lot that is shown as not recalled would be worse than a slow page. */
async function* allNotices(reading: Pick<Reading, 'search'>, book: string): AsyncGenerator<Fields> {
  const query = { caller: ANYBODY, book, search: { kinds: ['NOTICE'] as const }, first: MOST };
  for (let after: string | undefined, more = true; more;) {
    const page = await reading.search({ ...query, after, order: 'FIRST', descending: false });
    for (const { node } of page.items) yield node.fields;
    after = page.endCursor ?? undefined;
    more = page.hasNextPage && after !== undefined;
  }
}

/** Whether a notice in force names the lot as affected. What was over-marked and taken out again is not. */
function names(notice: Fields, id: string, product: string): boolean {
  const { state } = notice;
  if (state !== 'ISSUED' && state !== 'CLOSED') return false;
  const states = list(notice['lots[].state']);
  return list(notice['lots[].lot']).some(
    (lot, at) =>
      states[at] === 'AFFECTED' && (lot === id || (id === product && String(lot).startsWith(`${product}/`))),
  );
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
