import { LotbookError } from '../errors.ts';
import type { Fields } from '../events/fields.ts';
import { ownerOf } from '../identity/request-token.ts';
import { parseDisclosure } from '../ledger/disclosure.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';
import { BoundedCache } from '../ledger/bounded-cache.ts';
import type { RecordKind } from '../ledger/change.ts';
import type { MasterData, OpenEnd, SelectedEvent, Selection } from '../recall/selection.ts';
import type { Direction } from '../recall/trace.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Reading } from './reading.ts';
import type { RecordView } from './records.ts';
import { MAX_PAGE } from './page.ts';
import { wantedIdentifiers } from './record-search.ts';
import type { Tracing } from './tracing.ts';

/** Which events somebody wants in a file. */
export interface EventQuery {
  caller: Caller;
  /** With whose eyes; null is as the caller. */
  viewAs: string | null;
  /** Null is all of which the caller may see something. */
  books: readonly string[] | null;
  /** Lots and other things in any notation: the events that name them; or with a direction, all that a trace from them finds. */
  lots: readonly string[] | null;
  direction: Direction | 'BOTH' | null;
  /** The book of a case: the trace begins at its suspects, and at the lots of its notices. */
  caseBook: string | null;
  /** Event time. */
  from: Date | null;
  until: Date | null;
}

interface Rooms {
  reading: Pick<Reading, 'books' | 'search' | 'record'>;
  tracing: Pick<Tracing, 'trace'>;
  organisation: string;
}

const MASTER_KINDS: readonly RecordKind[] = ['LOT', 'PRODUCT', 'LOCATION', 'PARTY'];
const MOST_LOTS = 100;
const MOST_TRACED = 1_000_000;
const DEPTH = 100;
const REMEMBERED = 10_000;
const NOTHING: Fields = {};

/**
 * The events of a query as the caller may see them, read a part at a time: memory does not grow with a book; of a trace it keeps
 * the names of what it found.
 *
 * @throws LotbookError BAD_INPUT; NOT_FOUND for a book or a case that the caller cannot see
 */
export async function selectEvents(rooms: Rooms, query: EventQuery): Promise<Selection> {
  const { caller, viewAs, lots, from, until, caseBook } = query;
  if (lots && (lots.length === 0 || lots.length > MOST_LOTS))
    throw new LotbookError('BAD_INPUT', `Name 1 to ${MOST_LOTS} lots, or none for all.`, {
      place: 'input.lots',
    });
  if (from && until && from >= until)
    throw new LotbookError('BAD_INPUT', 'The end is not after the beginning.', { place: 'input.until' });
  if (query.direction !== null && !lots && caseBook === null)
    throw new LotbookError('BAD_INPUT', 'Name the lots from which to trace, or a case.', {
      place: 'input.lots',
    });
  const books = await booksOf(rooms, query);
  const starts = caseBook === null ? lots : await thingsOf(rooms, caller, caseBook);
  const direction = caseBook === null ? query.direction : (query.direction ?? 'BOTH');
  if (starts?.length === 0)
    throw new LotbookError('BAD_INPUT', 'The case names no lot yet: add a suspect, or draft a notice.', {
      place: 'input.case',
    });
  const ends = new Map<string, OpenEnd>();
  const traced = (): AsyncGenerator<SelectedEvent[], void> =>
    tracedEvents(rooms, { ...query, books, direction: direction ?? 'BOTH' }, starts ?? [], ends);
  return {
    about: aboutOf({ ...query, books, direction }, starts),
    books,
    events: direction === null ? () => foundEvents(rooms, { ...query, books }) : traced,
    masterData: masterDataOf(rooms, { caller, viewAs, books }),
    openEnds: () => [...ends.values()],
  };
}

async function booksOf(
  { reading, organisation }: Rooms,
  { caller, viewAs, books }: EventQuery,
): Promise<string[]> {
  const seen = await reading.books(caller);
  const own = viewAs === null ? seen : seen.filter(({ owner }) => owner === organisation);
  const ids = own.map(({ id }) => id);
  const unseen = books?.find((book) => !ids.includes(book));
  if (unseen !== undefined)
    throw new LotbookError('NOT_FOUND', `There is no book ${unseen}, or none that you may see.`, {
      place: 'input.books',
    });
  return books ? [...new Set(books)] : ids;
}

/** Lots that are suspected in a case, or named in its notices. */
async function thingsOf({ reading }: Rooms, caller: Caller, book: string): Promise<string[]> {
  const things = new Set<string>();
  let isCase = false;
  for await (const { kind, fields } of recordsOf(reading, { caller, viewAs: null }, book, {
    kinds: ['CASE', 'SUSPECT', 'NOTICE'],
  })) {
    if (kind === 'CASE') isCase = true;
    const isLot = kind === 'SUSPECT' && fields['type'] === 'LOT' && fields['state'] !== 'CLEARED';
    if (isLot && typeof fields['subject'] === 'string') things.add(fields['subject']);
    const lots = fields['lots[].lot'];
    if (kind === 'NOTICE' && Array.isArray(lots))
      for (const lot of lots) if (typeof lot === 'string') things.add(lot);
  }
  if (!isCase)
    throw new LotbookError('NOT_FOUND', 'There is no such case, or none that you may see.', {
      place: 'input.case',
    });
  return [...things].slice(0, MOST_LOTS);
}

type Sight = Pick<EventQuery, 'caller' | 'viewAs'>;
type Search = Parameters<Reading['search']>[0]['search'];

async function* recordsOf(
  reading: Rooms['reading'],
  { caller, viewAs }: Sight,
  book: string,
  search: Search,
): AsyncGenerator<RecordView, void> {
  for (let after: string | null = null; ;) {
    const query = { caller, book, viewAs, search, after, first: MAX_PAGE } as const;
    const page = await reading.search({ ...query, order: 'FIRST', descending: false });
    for (const { node } of page.items) if (node.erased === null) yield node;
    if (!page.hasNextPage || page.endCursor === null) return;
    after = page.endCursor;
  }
}

async function* foundEvents(
  { reading }: Rooms,
  query: EventQuery & { books: readonly string[] },
): AsyncGenerator<SelectedEvent[], void> {
  const { books, lots, from, until } = query;
  const search: Search = {
    kinds: ['EVENT'],
    identifiers: lots ? [wantedIdentifiers(lots)] : undefined,
    from: from?.getTime(),
    until: until?.getTime(),
  };
  for (const book of books) {
    let part: SelectedEvent[] = [];
    for await (const view of recordsOf(reading, query, book, search)) {
      part.push(selected(view));
      if (part.length < MAX_PAGE) continue;
      yield part;
      part = [];
    }
    if (part.length > 0) yield part;
  }
}

async function* tracedEvents(
  { reading, tracing }: Rooms,
  query: EventQuery & { books: readonly string[]; direction: Direction | 'BOTH' },
  starts: readonly string[],
  ends: Map<string, OpenEnd>,
): AsyncGenerator<SelectedEvent[], void> {
  const { caller, viewAs, books, direction, from, until } = query;
  ends.clear();
  const asked = {
    caller,
    viewAs,
    books,
    direction,
    from,
    until,
    depth: DEPTH,
    most: MOST_TRACED,
    inOrder: false,
  };
  for await (const found of tracing.trace({ ...asked, starts: starts.map((thing) => ({ thing })) })) {
    const wanted = new Map<string, string[]>();
    for (const each of found) {
      if (each.kind === 'EVENT') {
        const { book, record } = each.event;
        wanted.set(book, [...(wanted.get(book) ?? []), record]);
      } else if (each.kind === 'END') {
        const { reason, organisation } = each.end;
        const key = `${reason} ${organisation}`;
        ends.set(key, { reason, organisation, things: (ends.get(key)?.things ?? 0) + 1 });
      }
    }
    for (const [book, records] of wanted) {
      for (let at = 0; at < records.length; at += MAX_PAGE) {
        const ids = records.slice(at, at + MAX_PAGE);
        const part: SelectedEvent[] = [];
        for await (const view of recordsOf(reading, query, book, { kinds: ['EVENT'], ids }))
          part.push(selected(view));
        yield part;
      }
    }
  }
}

function selected({ book, id, version, fields, disclosures }: RecordView): SelectedEvent {
  const opened = new Set(disclosures.flatMap((each) => parseDisclosure(each)?.name ?? []));
  const isAll = opened.has(NAMES_FIELD);
  return {
    book,
    record: id,
    version,
    organisation: ownerOf(book),
    fields,
    isOpen: (name) => isAll || opened.has(name),
  };
}

/** Of several books that describe a thing the first counts. */
function masterDataOf(
  { reading }: Rooms,
  { books, ...sight }: Sight & { books: readonly string[] },
): MasterData {
  const known = new BoundedCache<Fields>(REMEMBERED);
  return async (ids) => {
    const found = new Map<string, Fields>();
    const unknown = ids.filter((id) => {
      const before = known.get(id);
      if (before && before !== NOTHING) found.set(id, before);
      return before === undefined;
    });
    for (let at = 0; at < unknown.length; at += MAX_PAGE) {
      const asked = unknown.slice(at, at + MAX_PAGE);
      for (const book of books) {
        for await (const { id, fields } of recordsOf(reading, sight, book, {
          kinds: MASTER_KINDS,
          ids: asked,
        })) {
          if (!found.has(id)) found.set(id, fields);
        }
      }
      for (const id of asked) known.set(id, found.get(id) ?? NOTHING);
    }
    return found;
  };
}

function aboutOf(
  { viewAs, books, direction, caseBook, from, until }: EventQuery,
  starts: readonly string[] | null,
): [string, string][] {
  return [
    ...(caseBook === null ? [] : [['Case', caseBook] as [string, string]]),
    ['Books', books?.join('; ') ?? ''],
    ['With whose eyes', viewAs ?? 'those of who asked for it'],
    ['Lots', starts?.join('; ') ?? 'all'],
    ['Traced', direction?.toLowerCase() ?? 'no: the events that name the lots'],
    ['Event time from', from?.toISOString() ?? 'the first'],
    ['Event time before', until?.toISOString() ?? 'no end'],
  ];
}
