import type { FindingKind } from './findings.ts';
import type { Reconciliation } from './reconcile.ts';
import { type TraceEvent, keyOf } from './trace-event.ts';

/** What is wrong with records: what reconciling finds, amounts that no unit converts, and key data elements that are not set. */
export type FlawKind = FindingKind | 'UNIT_CONFLICT' | 'MISSING_KDE';

/** One event at which something is wrong. */
export interface Flaw {
  kind: FlawKind;
  event: TraceEvent;
  /** The lot, or the names of fields that are not set. */
  about: string;
}

/** How good the records of one organisation are. */
export interface PartnerQuality {
  organisation: string;
  /** `2026-06`, by the time of the events in UTC; the earliest first. */
  months: { month: string; events: number; flaws: number }[];
  /** The most frequent first; of each some of the latest. */
  flaws: { kind: FlawKind; count: number; examples: Flaw[] }[];
}

const MOST_EXAMPLES = 5;

/**
 * What is wrong at these events, counted by the organisation that recorded them.
 * @param reconciliation of the lots of these events, with all that is known of them
 */
export function qualityOf(events: readonly TraceEvent[], reconciliation: Reconciliation): PartnerQuality[] {
  const looked = new Set(events.map(keyOf));
  const flaws = [...events.flatMap(missingKdes), ...found(reconciliation)].filter(({ event }) =>
    looked.has(keyOf(event)),
  );
  const organisations = [...new Set(events.map(({ organisation }) => organisation))].toSorted();
  return organisations.map((organisation) => {
    const own = flaws.filter(({ event }) => event.organisation === organisation);
    return {
      organisation,
      months: monthsOf(
        events.filter((event) => event.organisation === organisation),
        own,
      ),
      flaws: countsOf(own),
    };
  });
}

function found({ findings, lots }: Reconciliation): Flaw[] {
  const told = findings.flatMap(({ kind, lot, events }) =>
    events.map((event): Flaw => ({ kind, event, about: lot })),
  );
  const conflicts = lots.flatMap(({ lot, apart }) =>
    apart.map(({ event }): Flaw => ({ kind: 'UNIT_CONFLICT', event, about: lot })),
  );
  return [...told, ...conflicts];
}

/**
 * The key data elements that an event of its kind has (21 CFR 1.1325 to 1.1350), as far as they are fields of EPCIS, and that this
 * one does not set. What its reader may not see counts as set: it may be.
 */
function missingKdes(event: TraceEvent): Flaw[] {
  const { time, bizStep, things, others, declaredWrong, isOpen } = event;
  if (declaredWrong) return [];
  const sees = (...names: string[]): boolean => names.every((name) => isOpen === null || isOpen(name));
  const has = (role: string): boolean => others.some((link) => link.role === role);
  const missing: string[] = [];
  if (time === null && sees('eventTime')) missing.push('eventTime');
  if (bizStep === null && sees('bizStep')) missing.push('bizStep');
  if (!has('place') && sees('readPoint.id', 'bizLocation.id')) missing.push('bizLocation');
  if (isStep(bizStep, 'shipping') && !has('destination') && sees('destinationList[].destination'))
    missing.push('destinationList');
  if (isStep(bizStep, 'receiving') && !has('source') && sees('sourceList[].source'))
    missing.push('sourceList');
  const untold = things.filter(
    ({ field, quantity }) => field.endsWith('[].epcClass') && quantity === undefined,
  );
  for (const name of new Set(untold.map(({ field }) => field.replace('epcClass', 'quantity'))))
    if (sees(name)) missing.push(name);
  return missing.length > 0 ? [{ kind: 'MISSING_KDE', event, about: missing.join(', ') }] : [];
}

/** A step in any of its notations: bare, as a URI of CBV, or as a URN. */
function isStep(bizStep: string | null, step: string): boolean {
  return bizStep !== null && bizStep.split(/[:/-]/).at(-1) === step;
}

function countsOf(flaws: readonly Flaw[]): PartnerQuality['flaws'] {
  const kinds = [...new Set(flaws.map(({ kind }) => kind))];
  return kinds
    .map((kind) => {
      const all = flaws.filter((flaw) => flaw.kind === kind);
      const latest = all.toSorted((a, b) => (b.event.time ?? 0) - (a.event.time ?? 0));
      return { kind, count: all.length, examples: latest.slice(0, MOST_EXAMPLES) };
    })
    .toSorted((a, b) => b.count - a.count || (a.kind < b.kind ? -1 : 1));
}

function monthsOf(events: readonly TraceEvent[], flaws: readonly Flaw[]): PartnerQuality['months'] {
  const months = new Map<string, { month: string; events: number; flaws: number }>();
  const at = ({ time, approvedAt }: TraceEvent) => {
    const month = new Date(time ?? approvedAt).toISOString().slice(0, 7);
    const known = months.get(month) ?? { month, events: 0, flaws: 0 };
    months.set(month, known);
    return known;
  };
  for (const event of events) at(event).events += 1;
  for (const { event } of flaws) at(event).flaws += 1;
  return [...months.values()].toSorted((a, b) => (a.month < b.month ? -1 : 1));
}
