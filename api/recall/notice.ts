import { unflatten, type Fields } from '../events/fields.ts';
import type { NoticeState, ReplyState } from './notice-state.ts';

export interface LotAmount {
  lot: string;
  /** Canonical decimal. */
  quantity: string;
  /** UN/ECE Recommendation 20. */
  uom: string;
}

export interface Recipient {
  name: string;
  /** With a node; otherwise it answers by a link. */
  organisation?: string;
  email?: string;
  party?: string;
  consigned?: readonly LotAmount[];
}

export interface NoticeLot {
  lot: string;
  state: 'AFFECTED' | 'WITHDRAWN';
  product?: string;
  marking?: string;
}

interface NoticeContact {
  name: string;
  phone?: string;
  email?: string;
}

/** A recall notice as its record holds it (events/case-shapes.ts); whoever gets it sees no recipients. */
export interface NoticeContent {
  case: string;
  type: 'INITIAL' | 'UPDATE';
  updates?: string;
  action: 'RECALL' | 'WITHDRAWAL' | 'HOLD';
  drill: boolean;
  state: NoticeState;
  title: string;
  class?: 'CLASS_I' | 'CLASS_II' | 'CLASS_III';
  depth?: 'DISTRIBUTION' | 'RETAIL' | 'CONSUMER';
  reason?: string;
  hazard?: string;
  instructions?: string;
  contact?: NoticeContact;
  afterHoursContact?: NoticeContact;
  lots?: readonly NoticeLot[];
  recipients?: readonly Recipient[];
  acknowledgeBy?: string;
  respondBy?: string;
  draftedBy?: string;
  approvedBy?: string;
  approvedAt?: string;
  issuedAt?: string;
  closedAt?: string;
  closedBy?: string;
  remark?: string;
  upstream?: { book: string; notice: string };
}

export interface Found extends LotAmount {
  disposition: string;
}

export type FoundSum = Omit<Found, 'lot'>;

/** Decimal texts of whole numbers, as records hold them. */
export interface TierTexts {
  notified: string;
  acknowledged: string;
  answered: string;
  confirmed: string;
}

export interface ReplyContent {
  case: string;
  notice: string;
  recipient: string;
  state: ReplyState;
  consigned?: readonly LotAmount[];
  acknowledgeBy?: string;
  respondBy?: string;
  reminders?: string;
  remindedAt?: string;
  escalatedAt?: string;
  escalatedTo?: string;
  by?: string;
  acknowledgedAt?: string;
  answeredAt?: string;
  confirmedAt?: string;
  impact?: 'NONE' | 'AFFECTED' | 'INVESTIGATING';
  found?: readonly Found[];
  remark?: string;
  upward?: 'TOTALS' | 'COUNT';
  below?: TierTexts;
  foundBelow?: readonly FoundSum[];
}

export function noticeOf(fields: Readonly<Fields>): NoticeContent {
  return unflatten(fields) as unknown as NoticeContent;
}

export function replyOf(fields: Readonly<Fields>): ReplyContent {
  return unflatten(fields) as unknown as ReplyContent;
}

/** What a notice must say before a second person looks at it, each with what to do. In the order of the notice. */
export function missingIn(notice: NoticeContent, now: number): { field: string; message: string }[] {
  const missing: { field: string; message: string }[] = [];
  const need = (field: keyof NoticeContent, message: string): void => {
    const value = notice[field];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) missing.push({ field, message });
  };
  need('class', 'Say how likely harm to health is.');
  need('depth', 'Say how far down the chain it goes.');
  need('reason', 'Say why.');
  need('hazard', 'Say what the hazard is, in words for everybody.');
  need('instructions', 'Say what a recipient has to do with the lots.');
  need('contact', 'Name somebody who answers questions.');
  need('afterHoursContact', 'Name somebody who answers at night and at weekends.');
  need('lots', 'Name at least one lot.');
  need('recipients', 'Name at least one recipient: `consignees` proposes them.');
  need('acknowledgeBy', 'Say until when receipt is to be acknowledged.');
  need('respondBy', 'Say until when it is to be answered.');
  for (const field of ['contact', 'afterHoursContact'] as const) {
    const contact = notice[field];
    if (contact && !contact.phone && !contact.email)
      missing.push({ field, message: 'Give a telephone number or an e-mail address.' });
  }
  for (const field of ['acknowledgeBy', 'respondBy'] as const) {
    if (Date.parse(notice[field] ?? '') <= now)
      missing.push({ field, message: 'This time is over: give a later one.' });
  }
  if (notice.type === 'UPDATE' && notice.updates === undefined)
    missing.push({ field: 'updates', message: 'Name the notice that it goes on from.' });
  return missing;
}
