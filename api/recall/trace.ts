import type { TraceEvent } from './trace-event.ts';
import type { Stay } from './stays.ts';
import type { Window } from './window.ts';

/** Upstream, to where it came from; downstream, to where it went. */
export type Direction = 'BACK' | 'FORWARD';

/** Where a trace starts. Identifiers are canonical; of a place, what happened there in a window. */
export type TraceStart = { thing: string } | PlaceStart | { event: string };

export interface PlaceStart {
  place: string;
  window: Window;
}

export interface TraceQuestion {
  starts: readonly TraceStart[];
  directions: readonly Direction[];
  /** So many transformations away at most. */
  depth: number;
  /** Event time in ms: from <= time < until; what lies outside is not followed. */
  from: number | null;
  until: number | null;
  /** Leave out what dates contradict: a use before the making, a making after the use. Else it is followed, and said. */
  inOrder: boolean;
  /** So many events at most. */
  most: number;
}

/**
 * What the walk wants to know next: the events that link any of these, or the events of these records. `ahead`: what it will most
 * likely ask for after that.
 */
export type Ask = { links: readonly string[]; ahead?: readonly string[] } | { records: readonly string[] };

/** Either a question, to which the next step needs the answer, or what was found. */
export type Step = { ask: Ask } | { found: Found[] };

export type Found =
  | { kind: 'THING'; thing: FoundThing }
  | { kind: 'EVENT'; event: TraceEvent; depth: number }
  | { kind: 'STAY'; stay: Stay }
  | { kind: 'END'; end: TraceEnd };

export interface FoundThing {
  identifier: string;
  direction: Direction;
  /** Transformations away from the start. */
  depth: number;
  /** START; MADE of, or into, one before; CONTENT of one; or what one travelled in as CARRIER: then not traced itself. */
  as: 'START' | 'MADE' | 'CONTENT' | 'CARRIER';
}

/** Where a trace ends, or goes on doubtful ground, and why. */
export interface TraceEnd {
  thing: string | null;
  direction: Direction;
  depth: number;
  reason: EndReason;
  /** WITHHELD, UNREACHABLE, NOT_FORWARDED: the organisation that could tell more; NO_RECORD: who has none, where it was asked. */
  organisation: string | null;
  /** WITHHELD: fields that its reader may not see, whether they are set or not. */
  fields: readonly string[];
  /** NO_RECEIPT: to whom and where it went; NO_RECORD: from whom and where it came: who may know more. */
  ask: readonly string[];
  /** The event at which it shows. */
  event: TraceEvent | null;
  /** UNREACHABLE: since when its node does not answer, ms. */
  since: number | null;
}

/**
 * ORIGIN: it was made here, of nothing. ENDED: used up, destroyed, sold to its consumer. IN_STOCK: nothing says that it
 * left. NO_RECORD: nobody says where it came from. NO_RECEIPT: it was shipped, and nobody says that it came. WITHHELD:
 * fields that could lead on are not open to the reader. NO_LOT: only the product is named. DEPTH, DATES, LIMIT: more was
 * not asked for. OUT_OF_ORDER: a use before the making. Across organisations: UNREACHABLE: a node that could tell more does
 * not answer. NOT_FORWARDED: an organisation knows whom to ask next, and its rules do not hand inquiries on to it.
 */
export type EndReason =
  | 'ORIGIN'
  | 'ENDED'
  | 'IN_STOCK'
  | 'NO_RECORD'
  | 'NO_RECEIPT'
  | 'WITHHELD'
  | 'NO_LOT'
  | 'DEPTH'
  | 'DATES'
  | 'LIMIT'
  | 'OUT_OF_ORDER'
  | 'UNREACHABLE'
  | 'NOT_FORWARDED';
