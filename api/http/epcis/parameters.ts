import { isDateTime, toUtcMillis } from '../../events/date-time.ts';
import type { RecordSearch } from '../../delivery/record-search.ts';
import type { RecordOrder } from '../../store/records.ts';
import { wrong, type EventCondition } from './condition.ts';
import { conditionOf } from './conditions.ts';

/** A query for events as the URL has it. */
export interface EventQuery {
  search: RecordSearch;
  order: RecordOrder;
  descending: boolean;
  perPage: number;
  nextPageToken: string | null;
  /** Null: the only book there is. */
  book: string | null;
}

const DEFAULT_PER_PAGE = 30;
const ORDERS: Readonly<Record<string, RecordOrder>> = { eventTime: 'EVENT_TIME', recordTime: 'CURRENT' };
const TIMES = new Set(['GE_eventTime', 'LT_eventTime', 'GE_recordTime', 'LT_recordTime']);
const PAGING = new Set(['orderBy', 'orderDirection', 'perPage', 'nextPageToken', 'book']);

/**
 * Reads the query parameters of `GET /events` (EPCIS 2.0, section 8.2.7.1). Lists are separated by `|`. `book` is ours.
 * Without `orderBy`, events come in the order of their first capture.
 * @throws LotbookError BAD_INPUT naming the parameter: unknown, given twice, or of a wrong value
 */
export function parseEventQuery(parameters: URLSearchParams): EventQuery {
  const given = new Map<string, string>();
  const conditions: EventCondition[] = [];
  for (const [name, value] of parameters) {
    if (given.has(name)) throw wrong(name, 'Give it once; separate several values by |.');
    given.set(name, value);
    if (TIMES.has(name) || PAGING.has(name)) continue;
    const condition = conditionOf(name, value);
    if (!condition) throw wrong(name, 'This node does not know it.');
    conditions.push(condition);
  }
  const from = instant(given, 'GE_recordTime') ?? -Infinity;
  const until = instant(given, 'LT_recordTime') ?? Infinity;
  return {
    ...pagingOf(given),
    search: {
      kinds: ['EVENT'],
      ids: both(conditions.map(({ ids }) => ids)),
      identifiers: conditions.flatMap(({ identifiers }) => identifiers ?? []),
      from: instant(given, 'GE_eventTime'),
      until: instant(given, 'LT_eventTime'),
      matches: (event) =>
        event.at >= from && event.at < until && conditions.every(({ matches }) => matches(event)),
    },
  };
}

/** The paging parameters of any list of this interface. */
export function pagingOf(given: ReadonlyMap<string, string>): Omit<EventQuery, 'search'> {
  const orderBy = given.get('orderBy');
  const order =
    orderBy === undefined ? 'FIRST' : Object.hasOwn(ORDERS, orderBy) ? ORDERS[orderBy] : undefined;
  if (!order) throw wrong('orderBy', 'Give eventTime or recordTime.');
  const direction = given.get('orderDirection') ?? (orderBy === undefined ? 'ASC' : 'DESC');
  if (direction !== 'ASC' && direction !== 'DESC') throw wrong('orderDirection', 'Give ASC or DESC.');
  const perPage = given.get('perPage') ?? String(DEFAULT_PER_PAGE);
  if (!/^([1-9]\d?|100)$/.test(perPage)) throw wrong('perPage', 'Give a number from 1 to 100.');
  return {
    order,
    descending: direction === 'DESC',
    perPage: Number(perPage),
    nextPageToken: given.get('nextPageToken') || null,
    book: given.get('book') || null,
  };
}

function instant(given: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  // In a URL that is not encoded with care the + of a zone arrives as a space.
  const restored = text.replace(/ (\d\d:\d\d)$/, '+$1');
  if (!isDateTime(restored)) throw wrong(name, 'Give a date and time with its zone: 2026-07-22T04:45:00Z.');
  return Date.parse(toUtcMillis(restored));
}

/** Ids that are in every list. */
function both(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const [first, ...others] = lists.filter((list) => list !== undefined);
  return first?.filter((id) => others.every((list) => list.includes(id)));
}
