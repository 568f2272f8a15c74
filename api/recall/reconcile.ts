import type { ThingLink } from '../events/links.ts';
import { balanceOf, type LotBalance } from './balance.ts';
import { Exact } from './exact.ts';
import { findingsOf, type Finding } from './findings.ts';
import { postingsOf } from './postings.ts';
import { inputsOf, keyOf, outputsOf, processOf, type TraceEvent } from './trace-event.ts';
import { amountOf } from './stays.ts';
import { toBase, type GivenFactor } from './units.ts';

/** The mass balance of lots, of the transformations between them, and of them all. */
export interface Reconciliation {
  lots: readonly LotBalance[];
  transformations: readonly Yield[];
  /** One for each unit: what cannot be converted is never summed. */
  totals: readonly ChainTotal[];
  findings: readonly Finding[];
}

/** What went into a transformation and came out of it. */
export interface Yield {
  /** Several where one process is told by several events. */
  events: readonly TraceEvent[];
  unit: string;
  input: Exact;
  output: Exact;
  /** Output less input: a loss is below 0. */
  difference: Exact;
}

/** Sums over the lots that are accounted in this unit: in = used + shipped + waste + sold + returned + left. */
export interface ChainTotal {
  unit: string;
  lots: number;
  /** Made and received. */
  in: Exact;
  used: Exact;
  shipped: Exact;
  waste: Exact;
  sold: Exact;
  returned: Exact;
  left: Exact;
  unexplained: Exact;
  /** Share of `in` that is explained, 0 to 1; null where nothing came in. */
  reconciled: number | null;
}

/**
 * Balances lots. `events` are all events of the lots and of what they were in: one event told in several books with one
 * id and the same things counts once.
 */
export function reconcile(
  lots: readonly string[],
  events: readonly TraceEvent[],
  given: readonly GivenFactor[],
): Reconciliation {
  const distinct = once(events);
  const accounts = [...postingsOf(new Set(lots), distinct)]
    .filter(([, postings]) => postings.length > 0)
    .map(([lot, postings]) => balanceOf(lot, postings, given));
  const balances = accounts.map(({ balance }) => balance);
  return {
    lots: balances,
    transformations: yields(distinct, given),
    totals: totalsOf(balances),
    findings: accounts.flatMap(findingsOf),
  };
}

function once(events: readonly TraceEvent[]): TraceEvent[] {
  const keyOfContent = ({ record, time, things }: TraceEvent) =>
    `${record} ${time} ${things
      .map(({ role, identifier }) => `${role} ${identifier}`)
      .sort()
      .join(' ')}`;
  return [...new Map(events.map((event) => [keyOfContent(event), event])).values()];
}

function yields(events: readonly TraceEvent[], given: readonly GivenFactor[]): Yield[] {
  const processes = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.declaredWrong || inputsOf(event).length + outputsOf(event).length === 0) continue;
    const process = processOf(event);
    const key = process === null ? keyOf(event) : `process ${process}`;
    processes.set(key, [...(processes.get(key) ?? []), event]);
  }
  return [...processes.values()].flatMap((of): Yield[] => {
    const input = sumOf(of.flatMap(inputsOf), given);
    const output = sumOf(of.flatMap(outputsOf), given);
    // Only where both sides are told whole, and in one unit.
    if (!input || !output || input.unit !== output.unit) return [];
    const difference = output.quantity.minus(input.quantity);
    return [{ events: of, unit: input.unit, input: input.quantity, output: output.quantity, difference }];
  });
}

function sumOf(
  links: readonly ThingLink[],
  given: readonly GivenFactor[],
): { quantity: Exact; unit: string } | null {
  let sum: { quantity: Exact; unit: string } | null = null;
  for (const link of links) {
    const amount = amountOf(link);
    if (!amount) return null;
    const { quantity, unit } = toBase(amount.quantity, amount.uom, link.product, given);
    if (sum && sum.unit !== unit) return null;
    sum = { unit, quantity: sum ? sum.quantity.plus(quantity) : quantity };
  }
  return sum;
}

function totalsOf(balances: readonly LotBalance[]): ChainTotal[] {
  const units = [...new Set(balances.map(({ unit }) => unit))];
  return units.map((unit) => {
    const within = balances.filter((balance) => balance.unit === unit);
    const sum = (of: (balance: LotBalance) => Exact) =>
      within.reduce((all, one) => all.plus(of(one)), new Exact(0));
    const came = sum(({ made, received }) => made.plus(received));
    const unexplained = sum((one) => one.unexplained.abs());
    return {
      unit,
      lots: within.length,
      in: came,
      used: sum(({ used }) => used),
      shipped: sum(({ shipped }) => shipped),
      waste: sum(({ waste }) => waste),
      sold: sum(({ sold }) => sold),
      returned: sum(({ returned }) => returned),
      left: sum(({ left }) => left),
      unexplained,
      reconciled: came.isZero() ? null : Math.max(0, 1 - unexplained.div(came).toNumber()),
    };
  });
}
