/** What becomes of a recall notice. */
export const NOTICE_STATES = ['DRAFT', 'PROPOSED', 'APPROVED', 'ISSUED', 'CLOSED', 'CANCELLED'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

export const NOTICE_STEPS = [
  'EDIT',
  'PROPOSE',
  'APPROVE',
  'SEND_BACK',
  'ISSUE',
  'WITHDRAW_LOTS',
  'REMIND',
  'CLOSE',
  'CANCEL',
] as const;
export type NoticeStep = (typeof NOTICE_STEPS)[number];

const NONE = {
  EDIT: null,
  PROPOSE: null,
  APPROVE: null,
  SEND_BACK: null,
  ISSUE: null,
  WITHDRAW_LOTS: null,
  REMIND: null,
  CLOSE: null,
  CANCEL: null,
};

/**
 * In which state a step leads from which; null: it cannot be taken there. An edit always leads back to the draft, so that what
 * was approved is what is issued.
 */
const NEXT: Readonly<Record<NoticeState, Readonly<Record<NoticeStep, NoticeState | null>>>> = {
  DRAFT: { ...NONE, EDIT: 'DRAFT', PROPOSE: 'PROPOSED', CANCEL: 'CANCELLED' },
  PROPOSED: {
    ...NONE,
    EDIT: 'DRAFT',
    APPROVE: 'APPROVED',
    SEND_BACK: 'DRAFT',
    CANCEL: 'CANCELLED',
  },
  APPROVED: { ...NONE, EDIT: 'DRAFT', SEND_BACK: 'DRAFT', ISSUE: 'ISSUED', CANCEL: 'CANCELLED' },
  ISSUED: { ...NONE, WITHDRAW_LOTS: 'ISSUED', REMIND: 'ISSUED', CLOSE: 'CLOSED' },
  CLOSED: NONE,
  CANCELLED: NONE,
};

export function afterStep(state: NoticeState, step: NoticeStep): NoticeState | null {
  return NEXT[state][step];
}

/** What becomes of the reply of one recipient: it goes on, and never back. */
export const REPLY_STATES = ['AWAITED', 'ACKNOWLEDGED', 'ANSWERED', 'CONFIRMED'] as const;
export type ReplyState = (typeof REPLY_STATES)[number];

/** Who answers has received, and an answer may be corrected: but what has come is not taken back. */
export function canReplyGo(from: ReplyState, to: ReplyState): boolean {
  return REPLY_STATES.indexOf(from) <= REPLY_STATES.indexOf(to);
}
