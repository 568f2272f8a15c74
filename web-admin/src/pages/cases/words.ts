import { durationText } from '../../components/when.tsx';
import type {
  CasePartsFragment,
  HazardClass,
  NoticeState,
  ReplyState,
} from '../../operations/generated/documents.ts';

export const CLASSES: Readonly<Record<HazardClass, string>> = {
  CLASS_I: 'class I: serious harm is likely',
  CLASS_II: 'class II: harm that passes',
  CLASS_III: 'class III: harm is not likely',
};

export const NOTICES: Readonly<Record<NoticeState, string>> = {
  DRAFT: 'draft',
  PROPOSED: 'waits for a second person',
  APPROVED: 'approved, not sent yet',
  ISSUED: 'sent',
  CLOSED: 'closed out',
  CANCELLED: 'dropped',
};

export const REPLIES: Readonly<Record<ReplyState, string>> = {
  AWAITED: 'nothing came yet',
  ACKNOWLEDGED: 'received it',
  ANSWERED: 'has answered',
  CONFIRMED: 'all of it is removed',
};

/** How the 24 hours stand, in which records have to be shown (21 CFR 1.1455(c)). */
export function clockText({ state, clockEnd }: CasePartsFragment, now: number): string {
  if (state === 'CLOSED') return 'closed';
  const leftMs = Date.parse(clockEnd) - now;
  return leftMs >= 0
    ? `${durationText(leftMs)} left of 24 hours`
    : `24 hours are over since ${durationText(-leftMs)}`;
}

/** How many recipients have not done in time what a notice of the case asks for. */
export function overdueOf({ notices }: CasePartsFragment): number {
  return notices.reduce((sum, { board }) => sum + (board?.overdue.length ?? 0), 0);
}
