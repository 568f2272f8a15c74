import type { FindingKind, ReconcileQuery } from '../../operations/generated/documents.ts';
import { type Account, UNEXPLAINED } from './flows.ts';

type Reconciliation = ReconcileQuery['reconcile'];
export type Balance = Reconciliation['lots'][number];
export type Total = Reconciliation['totals'][number];
export type Finding = Reconciliation['findings'][number];

/** What is wrong, and what to ask. */
export const FINDINGS: Readonly<Record<FindingKind, string>> = {
  OVERDRAWN: 'More was taken than there was',
  USED_BEFORE_RECEIPT: 'Used before it had come',
  NOT_RECEIVED: 'Shipped, and no receipt is on record',
  NOT_SHIPPED: 'Received, though its maker is not known to have shipped it',
  IMPOSSIBLE_DATE: 'Before it was made, or after it was put on record',
};

const outOf = (of: Balance | Total): (readonly [string, string])[] => [
  ['used', of.used],
  ['shipped', of.shipped],
  ['sold', of.sold],
  ['waste', of.waste],
  ['returned', of.returned],
];

export function accountOfLot(lot: Balance): Account {
  const there: (readonly [string, string])[] =
    lot.stock === null || lot.stock === undefined
      ? [['left', positive(lot.left)]]
      : [['counted in stock', lot.stock]];
  return {
    unit: lot.unit,
    in: [
      ['made', lot.made],
      ['received', lot.received],
    ],
    out: [...outOf(lot), ...there, [UNEXPLAINED, lot.unexplained]],
  };
}

export function accountOfChain(total: Total): Account {
  return {
    unit: total.unit,
    in: [['made and received', total.in]],
    out: [...outOf(total), ['left', positive(total.left)], [UNEXPLAINED, total.unexplained]],
  };
}

function positive(quantity: string): string {
  return quantity.startsWith('-') ? '0' : quantity;
}

/** Of what came in; null where nothing did. */
export function shareText(unexplained: string, came: string): string {
  const all = Number(came);
  return all > 0 ? `${((Math.abs(Number(unexplained)) / all) * 100).toFixed(1)} %` : '';
}
