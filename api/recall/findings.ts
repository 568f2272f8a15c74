import { inOrder, lostShipments, total, type Account, type Booked } from './balance.ts';
import { Exact } from './exact.ts';
import { inTime } from './movements.ts';
import type { PostingKind } from './postings.ts';
import type { TraceEvent } from './trace-event.ts';

/**
 * OVERDRAWN: more left, or was used, than there was. USED_BEFORE_RECEIPT: it was enough in all, but not yet there.
 * NOT_RECEIVED: shipped, and no receipt is on record. NOT_SHIPPED: received from nobody who is known to have shipped it,
 * though it was made elsewhere. IMPOSSIBLE_DATE: something happened to it before it was made, or after it was put on record.
 */
export type FindingKind =
  'OVERDRAWN' | 'USED_BEFORE_RECEIPT' | 'NOT_RECEIVED' | 'NOT_SHIPPED' | 'IMPOSSIBLE_DATE';

/** What in the records of a lot cannot be, or is missing. */
export interface Finding {
  kind: FindingKind;
  lot: string;
  /** Null for the lot as a whole. */
  site: string | null;
  /** By how much, in `unit`; null where it is no matter of quantity. */
  quantity: Exact | null;
  unit: string;
  /** The events at which it shows. */
  events: readonly TraceEvent[];
}

const ARRIVALS: readonly PostingKind[] = ['MADE', 'RECEIVED'];
const DEPARTURES: ReadonlySet<PostingKind> = new Set(['USED', 'SHIPPED', 'WASTE', 'SOLD', 'RETURNED']);

export function findingsOf({ balance, booked }: Account): Finding[] {
  const { lot, unit, left, made, shipped } = balance;
  const found = (
    kind: FindingKind,
    events: readonly TraceEvent[],
    quantity: Exact | null = null,
    site: string | null = null,
  ) => ({ kind, lot, unit, site, quantity, events });
  const findings: Finding[] = [];
  const isDrawn = left.lt(0);
  if (isDrawn) findings.push(found('OVERDRAWN', eventsOf(booked, DEPARTURES), left.neg()));
  for (const [site, there] of bySite(booked)) {
    const arrived = total(there.filter(({ kind }) => ARRIVALS.includes(kind)));
    if (arrived.isZero()) continue;
    const gone = total(there.filter(({ kind }) => DEPARTURES.has(kind)));
    if (gone.lte(arrived)) {
      const early = tooEarly(there);
      if (early.length > 0)
        findings.push(
          found(
            'USED_BEFORE_RECEIPT',
            early.map(({ event }) => event),
            total(early),
            site,
          ),
        );
    } else if (!isDrawn) {
      findings.push(found('OVERDRAWN', eventsOf(there, DEPARTURES), gone.minus(arrived), site));
    }
  }
  if (shipped.gt(0)) findings.push(found('NOT_RECEIVED', lostShipments(booked), shipped));
  const unshipped = made.isZero() ? [] : receivedFromNobody(booked);
  if (unshipped.length > 0)
    findings.push(
      found(
        'NOT_SHIPPED',
        unshipped.map(({ event }) => event),
        total(unshipped),
      ),
    );
  const impossible = impossibleDates(booked);
  if (impossible.length > 0) findings.push(found('IMPOSSIBLE_DATE', impossible));
  return findings;
}

/** Departures for which not enough had arrived yet. */
function tooEarly(there: readonly Booked[]): Booked[] {
  let stock = new Exact(0);
  const early: Booked[] = [];
  for (const posting of inOrder(there, ARRIVALS)) {
    if (ARRIVALS.includes(posting.kind)) stock = stock.plus(posting.quantity);
    if (!DEPARTURES.has(posting.kind)) continue;
    stock = stock.minus(posting.quantity);
    if (stock.lt(0) && posting.event.time !== null) early.push(posting);
  }
  return early;
}

function receivedFromNobody(booked: readonly Booked[]): Booked[] {
  let onTheWay = new Exact(0);
  const without: Booked[] = [];
  for (const posting of inOrder(booked, ['SHIPPED'])) {
    if (posting.kind === 'SHIPPED') onTheWay = onTheWay.plus(posting.quantity);
    if (posting.kind !== 'RECEIVED') continue;
    const answered = Exact.min(onTheWay, posting.quantity);
    onTheWay = onTheWay.minus(answered);
    const quantity = posting.quantity.minus(answered);
    if (quantity.gt(0)) without.push({ ...posting, quantity });
  }
  return without;
}

function impossibleDates(booked: readonly Booked[]): TraceEvent[] {
  const makings = booked.filter(({ kind }) => kind === 'MADE').map(({ event }) => event.time ?? -Infinity);
  const madeAt = makings.length > 0 ? Math.min(...makings) : -Infinity;
  const isImpossible = ({ time, approvedAt }: TraceEvent) =>
    time !== null && (time < madeAt || time > approvedAt);
  return inTime([...new Set(booked.map(({ event }) => event))].filter(isImpossible));
}

function eventsOf(booked: readonly Booked[], kinds: ReadonlySet<PostingKind>): TraceEvent[] {
  return inTime([...new Set(booked.filter(({ kind }) => kinds.has(kind)).map(({ event }) => event))]);
}

function bySite(booked: readonly Booked[]): Map<string, Booked[]> {
  const sites = new Map<string, Booked[]>();
  for (const posting of booked) {
    if (posting.site === null) continue;
    const known = sites.get(posting.site);
    if (known) known.push(posting);
    else sites.set(posting.site, [posting]);
  }
  return sites;
}
