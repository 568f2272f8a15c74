import type {
  Convergence,
  ConvergeQuery,
  Quality,
  QualityQuery,
  ReconcileQuery,
} from '../delivery/tracing.ts';
import { readIdentifier } from '../events/element-string.ts';
import type { Exact } from '../recall/exact.ts';
import type { Candidate } from '../recall/converge.ts';
import type { Reconciliation } from '../recall/reconcile.ts';
import type { TraceEvent } from '../recall/trace-event.ts';
import type { Resolvers, ResolversTypes } from './generated/resolvers.ts';
import { endView, eventView } from './trace.ts';

type View<T extends keyof ResolversTypes> = Awaited<ResolversTypes[T]>;

/** The subscription `trace` is served by subscriptions.ts. */
export const recall: Resolvers = {
  Query: {
    identify: (_, { text }) => identifiedView(text),
    converge: async (_, { input, viewAs }, { caller, tracing }) =>
      convergenceView(await tracing.converge({ ...filled<ConvergeQuery>(input), caller, viewAs })),
    dataQuality: async (_, { input }, { caller, tracing }) =>
      qualityView(await tracing.quality({ ...filled<QualityQuery>(input), caller })),
    reconcile: async (_, { input, viewAs }, { caller, tracing }) =>
      reconciliationView(await tracing.reconcile({ ...filled<ReconcileQuery>(input), caller, viewAs })),
  },
};

/** The contract's defaults are filled in before a resolver is called, which the written types do not know. */
function filled<T>(input: object): Omit<T, 'caller' | 'viewAs'> {
  return input as Omit<T, 'caller' | 'viewAs'>;
}

function identifiedView(text: string): View<'Identified'> {
  const { canonical, kind, product = null, lot, serial, fault } = readIdentifier(text);
  const printed = (encoded: string | undefined) =>
    encoded === undefined ? null : decodeURIComponent(encoded);
  return {
    identifier: canonical,
    kind,
    product,
    lot: printed(lot),
    serial: printed(serial),
    fault: fault?.message ?? null,
  };
}

function convergenceView({ legs, ...found }: Convergence): View<'Convergence'> {
  const names = (of: readonly number[]): string[] => of.map((at) => legs[at]?.name ?? '');
  const candidateView = (candidate: Candidate) => ({
    ...candidate,
    explains: names(candidate.explains),
    unexplained: names(candidate.unexplained),
  });
  return {
    candidates: found.candidates.map(candidateView),
    missing: found.missing.map((one) => ({
      ...one,
      end: endView(one.end),
      legs: names(one.legs),
      candidate: candidateView(one.candidate),
    })),
    comminglings: found.comminglings.map(({ event, inputs, outputs, legs: of }) => ({
      event: eventView(event, 0),
      inputs: [...inputs],
      outputs: [...outputs],
      legs: names(of),
    })),
    contacts: found.contacts.map(({ place, from, until, things, legs: of }) => ({
      place,
      from: new Date(from),
      until: new Date(until),
      things: [...things],
      legs: names(of),
    })),
    cut: names(found.cut),
  };
}

function reconciliationView({
  lots,
  transformations,
  totals,
  findings,
  isCut,
}: Reconciliation & { isCut: boolean }): View<'Reconciliation'> {
  return {
    isCut,
    lots: lots.map((lot) => ({
      ...texts(lot),
      stock: lot.stock && text(lot.stock),
      conversions: lot.conversions.map((one) => ({
        ...one,
        quantity: text(one.quantity),
        result: text(one.result),
      })),
      untold: records(lot.untold),
      apart: lot.apart.map((one) => ({ ...one, quantity: text(one.quantity), event: one.event.record })),
    })),
    transformations: transformations.map((one) => ({ ...texts(one), events: records(one.events) })),
    totals: totals.map(texts),
    findings: findings.map((one) => ({
      ...one,
      quantity: one.quantity && text(one.quantity),
      events: records(one.events),
    })),
  };
}

function qualityView({ partners, ...rest }: Quality): View<'DataQuality'> {
  return {
    ...rest,
    partners: partners.map(({ organisation, months, flaws }) => ({
      organisation,
      months,
      flaws: flaws.map(({ kind, count, examples }) => ({
        kind,
        count,
        examples: examples.map(({ event: { book, record, time }, about }) => ({
          book,
          record,
          about,
          time: time === null ? null : new Date(time),
        })),
      })),
    })),
  };
}

type Texts<T> = { [K in keyof T]: T[K] extends Exact ? string : T[K] };

/** The same with decimals as text; everything else stays. */
function texts<T extends object>(value: T): Texts<T> {
  const entries = Object.entries(value).map(([name, each]) => [
    name,
    isExact(each) ? text(each) : (each as unknown),
  ]);
  return Object.fromEntries(entries) as Texts<T>;
}

function isExact(value: unknown): value is Exact {
  return typeof value === 'object' && value !== null && 'toFixed' in value;
}

function text(quantity: Exact): string {
  return quantity.toFixed();
}

function records(events: readonly TraceEvent[]): string[] {
  return events.map(({ record }) => record);
}
