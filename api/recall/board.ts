import { Exact } from './exact.ts';
import type { FoundSum, ReplyContent, TierTexts } from './notice.ts';
import { toBase } from './units.ts';

export interface TierCounts {
  notified: number;
  acknowledged: number;
  answered: number;
  confirmed: number;
}

/** Where an issued notice stands. */
export interface Board {
  direct: TierCounts;
  below: TierCounts;
  /** Names of recipients. */
  overdue: string[];
  /** In the base unit of each kind; what cannot be converted is never summed. */
  totals: BoardTotal[];
}

/** What was consigned to the direct recipients, and what was found: a tier's goods are those that the one above passed on. */
export interface BoardTotal {
  unit: string;
  consigned: Exact;
  /** By the direct recipients. */
  found: Exact;
  /** By those below them, of what these had passed on. */
  foundBelow: Exact;
}

const RANK = { AWAITED: 0, ACKNOWLEDGED: 1, ANSWERED: 2, CONFIRMED: 3 } as const;

/** Whether something was due before now and has not come. */
export function isOverdue({ state, acknowledgeBy, respondBy }: ReplyContent, now: number): boolean {
  const isOver = (time: string | undefined): boolean => time !== undefined && Date.parse(time) < now;
  return (RANK[state] < 1 && isOver(acknowledgeBy)) || (RANK[state] < 2 && isOver(respondBy));
}

export function boardOf(replies: readonly ReplyContent[], now: number): Board {
  const totals = new Map<string, BoardTotal>();
  const nothing = { consigned: new Exact(0), found: new Exact(0), foundBelow: new Exact(0) };
  const add = (what: keyof typeof nothing, { quantity, uom }: { quantity: string; uom: string }): void => {
    const { quantity: amount, unit } = toBase(new Exact(quantity), uom, undefined, []);
    const total = totals.get(unit) ?? { unit, ...nothing };
    totals.set(unit, { ...total, [what]: total[what].plus(amount) });
  };
  for (const { consigned = [], found = [], foundBelow = [] } of replies) {
    for (const amount of consigned) add('consigned', amount);
    for (const amount of found) add('found', amount);
    for (const amount of foundBelow) add('foundBelow', amount);
  }
  return {
    direct: countsOf(replies),
    below: replies.map(({ below }) => (below ? numbers(below) : NO_COUNTS)).reduce(sum, NO_COUNTS),
    overdue: replies.filter((reply) => isOverdue(reply, now)).map(({ recipient }) => recipient),
    totals: [...totals.values()].toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
  };
}

/** The share of what was consigned that its recipients found themselves, 0 to 1; null where nothing is known to have been consigned. */
export function reconciled({ totals }: Pick<Board, 'totals'>): number | null {
  const shares = totals.flatMap(({ consigned, found }) =>
    consigned.isZero() ? [] : [Exact.min(1, found.div(consigned)).toNumber()],
  );
  return shares.length === 0 ? null : shares.reduce((a, b) => a + b, 0) / shares.length;
}

/** What a recipient tells those from whom a notice came, of those to whom it passed it on. */
export interface Upward {
  below: TierTexts;
  /** By unit and disposition, of those who let their quantities be told. */
  foundBelow: FoundSum[];
}

/** Sums alone: neither who answered nor which of their lots. A tier that tells only that it answered is counted. */
export function upwardOf(replies: readonly ReplyContent[]): Upward {
  const { direct, below } = boardOf(replies, 0);
  const counts = sum(direct, below);
  const sums = new Map<string, { quantity: Exact; uom: string; disposition: string }>();
  for (const { upward, found = [], foundBelow = [] } of replies) {
    if (upward === 'COUNT') continue;
    for (const { quantity, uom, disposition } of [...found, ...foundBelow]) {
      const { quantity: amount, unit } = toBase(new Exact(quantity), uom, undefined, []);
      const key = `${unit} ${disposition}`;
      const before = sums.get(key)?.quantity ?? new Exact(0);
      sums.set(key, { quantity: before.plus(amount), uom: unit, disposition });
    }
  }
  return {
    below: {
      notified: String(counts.notified),
      acknowledged: String(counts.acknowledged),
      answered: String(counts.answered),
      confirmed: String(counts.confirmed),
    },
    foundBelow: [...sums.keys()].toSorted().map((key) => {
      const { quantity, uom, disposition } = sums.get(key) as {
        quantity: Exact;
        uom: string;
        disposition: string;
      };
      return { quantity: quantity.toFixed(), uom, disposition };
    }),
  };
}

const NO_COUNTS: TierCounts = { notified: 0, acknowledged: 0, answered: 0, confirmed: 0 };

function countsOf(replies: readonly ReplyContent[]): TierCounts {
  const least = (rank: number): number => replies.filter(({ state }) => RANK[state] >= rank).length;
  return { notified: replies.length, acknowledged: least(1), answered: least(2), confirmed: least(3) };
}

function numbers({ notified, acknowledged, answered, confirmed }: TierTexts): TierCounts {
  return {
    notified: Number(notified),
    acknowledged: Number(acknowledged),
    answered: Number(answered),
    confirmed: Number(confirmed),
  };
}

function sum(a: TierCounts, b: TierCounts): TierCounts {
  return {
    notified: a.notified + b.notified,
    acknowledged: a.acknowledged + b.acknowledged,
    answered: a.answered + b.answered,
    confirmed: a.confirmed + b.confirmed,
  };
}
