import { durationText } from '../../components/when.tsx';
import type {
  CasePartsFragment,
  CaseState,
  FoundDisposition,
  HazardClass,
  Impact,
  NoticeAction,
  NoticeDepth,
  NoticeReason,
  NoticeState,
  ReplyState,
} from '../../operations/generated/documents.ts';

type Words<K extends string> = Readonly<Record<K, string>>;

export const CLASSES: Words<HazardClass> = {
  CLASS_I: 'class I: serious harm is likely',
  CLASS_II: 'class II: harm that passes',
  CLASS_III: 'class III: harm is not likely',
};

export const NOTICES: Words<NoticeState> = {
  DRAFT: 'draft',
  PROPOSED: 'waits for a second person',
  APPROVED: 'approved, not sent yet',
  ISSUED: 'sent',
  CLOSED: 'closed out',
  CANCELLED: 'dropped',
};

export const REPLIES: Words<ReplyState> = {
  AWAITED: 'nothing came yet',
  ACKNOWLEDGED: 'received it',
  ANSWERED: 'has answered',
  CONFIRMED: 'all of it is removed',
};

export const ACTIONS: Words<NoticeAction> = {
  RECALL: 'recall',
  WITHDRAWAL: 'withdrawal from the market',
  HOLD: 'hold',
};

export const DEPTHS: Words<NoticeDepth> = {
  DISTRIBUTION: 'distribution: warehouses and wholesale',
  RETAIL: 'retail: shops and kitchens too',
  CONSUMER: 'consumers: it is public',
};

export const REASONS: Words<NoticeReason> = {
  MICROBIOLOGICAL: 'microbiological',
  CHEMICAL: 'chemical',
  ALLERGEN: 'allergen',
  FOREIGN_BODY: 'foreign body',
  LABELLING: 'labelling',
  PACKAGING: 'packaging',
  QUALITY: 'quality',
  TAMPERING: 'tampering',
  OTHER: 'other',
};

export const DISPOSITIONS: Words<FoundDisposition> = {
  QUARANTINED: 'quarantined',
  RETURNED: 'returned',
  DESTROYED: 'destroyed',
  REWORKED: 'reworked',
  DIVERTED: 'put to another use',
  SOLD: 'sold already',
};

export const IMPACTS: Words<Impact> = {
  NONE: 'none of it is or was here',
  AFFECTED: 'some of it is or was here',
  INVESTIGATING: 'still looking',
};

/** For lists to choose from. */
export function choices(words: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

/** How the 24 hours stand, in which records have to be shown (21 CFR 1.1455(c)). */
export function clockText({ state, clockEnd }: { state: CaseState; clockEnd: string }, now: number): string {
  if (state === 'CLOSED') return 'closed';
  const leftMs = Date.parse(clockEnd) - now;
  return leftMs >= 0
    ? `${durationText(leftMs)} left of 24 hours`
    : `24 hours are over since ${durationText(-leftMs)}`;
}

/** How many recipients have not done in time what a notice of the case asks for. */
export function overdueOf({ notices }: Pick<CasePartsFragment, 'notices'>): number {
  return notices.reduce((sum, { board }) => sum + (board?.overdue.length ?? 0), 0);
}

export function shareText(share: number | null): string | null {
  return share === null ? null : `${(share * 100).toFixed(1)} %`;
}

export function caseLink(book: string, view?: string): string {
  return `/case?${new URLSearchParams({ book, ...(view && { view }) }).toString()}`;
}

/** Without an id: a new one. */
export function noticeLink(book: string, id?: string): string {
  return `/notice?${new URLSearchParams({ book, ...(id && { id }) }).toString()}`;
}
