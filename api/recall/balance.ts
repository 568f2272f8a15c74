import { Exact } from './exact.ts';
import { unreceived } from './movements.ts';
import type { Posting, PostingKind } from './postings.ts';
import type { TraceEvent } from './trace-event.ts';
import { toBase, type Conversion, type GivenFactor } from './units.ts';

/** The account of a lot in one unit: what came in is what went out, what is left, and what nobody can explain. */
export interface LotBalance {
  lot: string;
  /** UN/ECE Recommendation 20. */
  unit: string;
  made: Exact;
  /** From where no shipment is on record. */
  received: Exact;
  used: Exact;
  /** To where no receipt is on record. */
  shipped: Exact;
  waste: Exact;
  sold: Exact;
  returned: Exact;
  /** What should be there. */
  left: Exact;
  /** What was counted last; null where nobody counted. */
  stock: Exact | null;
  /** In, less all that is known to have become of it; without a count, what is left counts as known unless it is below 0. */
  unexplained: Exact;
  /** Each way of conversion that was needed, with the sums before and after. */
  conversions: readonly SummedConversion[];
  /** Events that tell no quantity. */
  untold: readonly TraceEvent[];
  /** Amounts in other units, which nothing here can convert: not in the sums. */
  apart: readonly { unit: string; kind: PostingKind; quantity: Exact; event: TraceEvent }[];
}

export interface SummedConversion extends Conversion {
  quantity: Exact;
  result: Exact;
}

/** A posting in the unit of its lot's account. */
export interface Booked extends Posting {
  quantity: Exact;
}

export interface Account {
  balance: LotBalance;
  /** In the unit of the account, those in other units left out. */
  booked: readonly Booked[];
}

const ZERO = new Exact(0);

/** Balances the account of one lot. Its unit is that of its making, else of what is known first, in the base of its kind. */
export function balanceOf(lot: string, postings: readonly Posting[], given: readonly GivenFactor[]): Account {
  const told = postings.flatMap((posting) =>
    posting.amount ? [{ posting, ...convert(posting, given) }] : [],
  );
  const unit = (told.find(({ posting }) => posting.kind === 'MADE') ?? told[0])?.unit ?? 'C62';
  const within = told.filter((each) => each.unit === unit);
  const booked = within.map(({ posting, quantity }): Booked => ({ ...posting, quantity }));
  const sum = (kind: PostingKind) => total(booked.filter((each) => each.kind === kind));
  const { received, shipped } = outside(booked);
  const made = sum('MADE');
  // What was made here was not received from outside as well: a receipt without a shipment is told as a finding.
  const came = made.isZero() ? received : ZERO;
  const [used, waste, sold, returned] = [sum('USED'), sum('WASTE'), sum('SOLD'), sum('RETURNED')];
  const left = made.plus(came).minus(used).minus(shipped).minus(waste).minus(sold).minus(returned);
  const stock = counted(booked);
  const unexplained = stock ? left.minus(stock) : Exact.min(left, ZERO);
  return {
    booked,
    balance: {
      lot,
      unit,
      made,
      received: came,
      used,
      shipped,
      waste,
      sold,
      returned,
      left,
      stock,
      unexplained,
      conversions: summed(within),
      untold: postings.filter(({ amount }) => amount === null).map(({ event }) => event),
      apart: told
        .filter((each) => each.unit !== unit)
        .map(({ unit: other, quantity, posting: { kind, event } }) => ({
          unit: other,
          kind,
          quantity,
          event,
        })),
    },
  };
}

function convert({ amount, product }: Posting, given: readonly GivenFactor[]) {
  const { quantity, uom } = amount as NonNullable<Posting['amount']>;
  return { before: quantity, ...toBase(quantity, uom, product, given) };
}

/** What came from, or went to, where the other half is not on record: a receipt answers the shipments before it. */
function outside(booked: readonly Booked[]): { received: Exact; shipped: Exact } {
  let onTheWay = ZERO;
  let received = ZERO;
  for (const { kind, quantity } of inOrder(booked, ['SHIPPED'])) {
    if (kind === 'SHIPPED') onTheWay = onTheWay.plus(quantity);
    if (kind !== 'RECEIVED') continue;
    const answered = Exact.min(quantity, onTheWay);
    onTheWay = onTheWay.minus(answered);
    received = received.plus(quantity).minus(answered);
  }
  return { received, shipped: onTheWay };
}

/** The last count at each site. */
function counted(booked: readonly Booked[]): Exact | null {
  const counts = inOrder(booked, []).filter(({ kind }) => kind === 'COUNTED');
  if (counts.length === 0) return null;
  return total([...new Map(counts.map((count) => [count.site, count])).values()]);
}

function summed(
  converted: readonly { before: Exact; quantity: Exact; conversions: Conversion[] }[],
): SummedConversion[] {
  const sums = new Map<string, SummedConversion>();
  for (const { before, conversions } of converted) {
    let quantity = before;
    for (const conversion of conversions) {
      const result = quantity.times(conversion.factor);
      const key = `${conversion.from} ${conversion.to} ${conversion.factor}`;
      const known = sums.get(key) ?? { ...conversion, quantity: ZERO, result: ZERO };
      sums.set(key, { ...known, quantity: known.quantity.plus(quantity), result: known.result.plus(result) });
      quantity = result;
    }
  }
  return [...sums.values()];
}

export function total(booked: readonly Pick<Booked, 'quantity'>[]): Exact {
  return booked.reduce((sum, { quantity }) => sum.plus(quantity), ZERO);
}

/** By event time; at one moment in the given order of kinds, the others after. */
export function inOrder(booked: readonly Booked[], kinds: readonly PostingKind[]): Booked[] {
  const rank = ({ kind }: Booked): number => (kinds.includes(kind) ? kinds.indexOf(kind) : kinds.length);
  return [...booked].sort(
    (a, b) => (a.event.time ?? Infinity) - (b.event.time ?? Infinity) || rank(a) - rank(b) || 0,
  );
}

/** The shipments of a lot without a receipt. */
export function lostShipments(booked: readonly Booked[]): TraceEvent[] {
  const of = (kind: PostingKind) => booked.filter((each) => each.kind === kind).map(({ event }) => event);
  return unreceived(of('SHIPPED'), of('RECEIVED'));
}
