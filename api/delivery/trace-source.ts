import type { JsonValue } from '../events/value.ts';
import { parseDisclosure } from '../ledger/disclosure.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';
import { keyOf, LEADING_FIELDS, traceEvent, type TraceEvent } from '../recall/trace-event.ts';
import type { Ask } from '../recall/trace.ts';
import type { Grant } from '../sharing/grant.ts';
import { isInForce, permittedFields, type Question } from '../sharing/permitted.ts';
import { attributesOf } from '../sharing/subject.ts';
import {
  readChangedSince,
  readEvents,
  readLinkingEvents,
  type EventRow,
  type LinkReading,
} from '../store/trace.ts';
import type { Scope, ScopeServices } from './scope.ts';

/** Answers what a trace asks, from the books and local copies of this node. */
export type EventSource = (ask: Ask) => Promise<TraceEvent[]>;

/**
 * The events that a caller may see, each as far as it may: a link in a field that is not permitted is not there, and an
 * event that shows none of its fields is not there either. Permission is decided anew for every question.
 */
export function openEventSource(
  services: ScopeServices,
  scopes: readonly Scope[],
  knownAt: Date | null,
): EventSource {
  const own = scopes.filter(({ question }) => question === 'OWN').map(({ book }) => book.id);
  const shared = scopes.filter(({ question }) => question !== 'OWN');
  const past = knownAt ? openPast(services, scopes, knownAt) : null;

  // An event is asked for once for each thing of it, and read once.
  const made = new Known();
  const readOwn = async (ask: Ask): Promise<TraceEvent[]> => {
    if (own.length === 0) return [];
    const known = 'links' in ask ? made.linking(ask.links) : [];
    const rows = await read(services, { books: own, knownAt, fields: null, known }, ask);
    return [...known, ...rows.map((row) => made.add(ownEvent(row, services.organisation)))];
  };
  const readShared = async (scope: Scope, ask: Ask): Promise<TraceEvent[]> => {
    const { grants, question } = await renew(services, scope);
    const fields = searchedFields(grants, question);
    if (fields?.length === 0) return [];
    const rows = await read(services, { books: [scope.book.id], knownAt, fields, known: [] }, ask);
    return rows.flatMap((row) => partnersEvent(row, grants, question) ?? []);
  };
  return async (ask) => {
    const parts = [await readOwn(ask), ...(await inTurn(shared, (scope) => readShared(scope, ask)))];
    if (past && 'links' in ask) parts.push(await past(ask.links));
    return once(parts.flat());
  };
}

function read(
  { db }: ScopeServices,
  reading: Pick<LinkReading, 'books' | 'knownAt' | 'fields' | 'known'>,
  ask: Ask,
): Promise<EventRow[]> {
  if ('records' in ask) return readEvents(db.pool, { ...reading, records: ask.records });
  return readLinkingEvents(db.pool, { ...reading, identifiers: ask.links });
}

/** The events that were read, by what they link. */
class Known {
  private readonly events = new Map<string, TraceEvent>();
  private readonly byThing = new Map<string, TraceEvent[]>();

  linking(identifiers: readonly string[]): TraceEvent[] {
    return [...new Set(identifiers.flatMap((id) => this.byThing.get(id) ?? []))];
  }

  /** Answers the one that was there before, where there is one. */
  add(event: TraceEvent): TraceEvent {
    const key = keyOf(event);
    const before = this.events.get(key);
    if (before) return before;
    this.events.set(key, event);
    for (const { identifier } of event.things) this.note(identifier, event);
    return event;
  }

  private note(identifier: string, event: TraceEvent): void {
    const known = this.byThing.get(identifier);
    if (!known) this.byThing.set(identifier, [event]);
    else if (known.at(-1) !== event) known.push(event);
  }
}

/** The events that were changed since a past moment, as they were then, by what they linked then. */
function openPast(
  services: ScopeServices,
  scopes: readonly Scope[],
  moment: Date,
): (identifiers: readonly string[]) => Promise<TraceEvent[]> {
  let rows: Promise<Map<string, EventRow[]>> | undefined;
  const load = async (): Promise<Map<string, EventRow[]>> => {
    const books = scopes.map(({ book }) => book.id);
    const linking = new Map<string, EventRow[]>();
    for (const row of await readChangedSince(services.db.pool, books, moment)) {
      const { things, others } = ownEvent(row, services.organisation);
      for (const id of new Set([...things, ...others].map(({ identifier }) => identifier))) {
        const known = linking.get(id);
        if (known) known.push(row);
        else linking.set(id, [row]);
      }
    }
    return linking;
  };
  return async (identifiers) => {
    rows ??= load();
    const linking = await rows;
    const found = identifiers.flatMap((id) => linking.get(id) ?? []);
    return inTurn(scopes, async (scope) => {
      const inBook = found.filter(({ book }) => book === scope.book.id);
      if (scope.question === 'OWN') return inBook.map((row) => ownEvent(row, services.organisation));
      const { grants, question } = await renew(services, scope);
      return inBook.flatMap((row) => {
        const event = partnersEvent(row, grants, question);
        return event && linksAny(event, identifiers) ? [event] : [];
      });
    }).then((parts) => parts.flat());
  };
}

/** What one of the node's own people sees: of a local copy what was disclosed, unset fields too. */
function ownEvent(row: EventRow, organisation: string): TraceEvent {
  const { disclosures, authority } = row;
  const state = fieldsOf(row);
  if (authority === organisation || disclosures === null) return traceEvent(sourceOf(row), state ?? {}, null);
  const opened = new Set((JSON.parse(disclosures) as string[]).map((each) => parseDisclosure(each)?.name));
  const isAll = opened.has(NAMES_FIELD);
  return traceEvent(sourceOf(row), state ?? {}, (name) => isAll || opened.has(name));
}

/** Null where the event does not exist for this audience. */
function partnersEvent(row: EventRow, grants: readonly Grant[], question: Question): TraceEvent | null {
  const { disclosures, record: id, seq, at } = row;
  const state = fieldsOf(row);
  // Another organisation's content is not ours to share.
  if (state === null || disclosures !== null) return null;
  const subject = { seq, at: at.getTime(), ...attributesOf('EVENT', id, state) };
  const names = [...new Set([...Object.keys(state), ...LEADING_FIELDS])];
  const permitted = permittedFields(grants, subject, names, question);
  const fields: Record<string, JsonValue> = {};
  for (const name of permitted.keys()) {
    if (Object.hasOwn(state, name)) fields[name] = state[name] as JsonValue;
  }
  if (Object.keys(fields).length === 0) return null;
  return traceEvent(sourceOf(row), fields, (name) => permitted.has(name));
}

function fieldsOf({ state }: EventRow): Record<string, JsonValue> | null {
  return state === null ? null : (JSON.parse(state) as Record<string, JsonValue>);
}

function sourceOf({ book, record, version, authority, at }: EventRow) {
  return { book, record, version, organisation: authority, approvedAt: at.getTime() };
}

/** By which fields links may be looked up at all: those of any READ grant in force; null for all. */
function searchedFields(grants: readonly Grant[], question: Question): string[] | null {
  const inForce = grants.filter((grant) => grant.right === 'READ' && isInForce(grant, question));
  const names = inForce.flatMap(({ fields }) => fields);
  return names.includes('*') ? null : [...new Set(names)];
}

async function renew(
  { grants, clock }: ScopeServices,
  { book, question }: Scope,
): Promise<{ grants: readonly Grant[]; question: Question }> {
  if (question === 'OWN') throw new Error('the own people need no grant');
  return { grants: await grants.of(book.id), question: { ...question, now: clock() } };
}

function linksAny({ things, others }: TraceEvent, identifiers: readonly string[]): boolean {
  const wanted = new Set(identifiers);
  return [...things, ...others].some(({ identifier }) => wanted.has(identifier));
}

/** Each event once. */
export function once(events: readonly TraceEvent[]): TraceEvent[] {
  return [...new Map(events.map((event) => [keyOf(event), event])).values()];
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
