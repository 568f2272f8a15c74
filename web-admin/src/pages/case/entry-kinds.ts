import type { RecordKind } from '../../operations/generated/documents.ts';

export type EntryKind = Extract<RecordKind, 'CASE_LINE' | 'SUSPECT' | 'TASK' | 'CASE_DECISION' | 'CHECK'>;

/** How one field of an entry is asked for. A THING is a lot, product or place in any notation; YES is a yes or no. */
export interface Asked {
  name: string;
  label: string;
  as: 'TEXT' | 'LONG' | 'CHOICE' | 'MOMENT' | 'THING' | 'COUNT' | 'YES';
  isNeeded?: boolean;
  choices?: Readonly<Record<string, string>>;
}

export const LINES = {
  ILLNESS: 'illness',
  COMPLAINT: 'complaint',
  SAMPLE: 'sample',
  EXPOSURE: 'exposure',
} as const;
export const RESULTS = {
  PENDING: 'pending',
  POSITIVE: 'positive',
  NEGATIVE: 'negative',
  INCONCLUSIVE: 'inconclusive',
} as const;
export const SUSPICIONS = { SUSPECTED: 'suspected', CONFIRMED: 'confirmed', CLEARED: 'cleared' } as const;
export const SUBJECTS = { LOT: 'lot', PRODUCT: 'product', PLACE: 'place', PARTY: 'party' } as const;
export const TASKS = { OPEN: 'open', DONE: 'done', DROPPED: 'dropped' } as const;
export const METHODS = {
  PHONE: 'by telephone',
  VISIT: 'a visit',
  LETTER: 'by letter',
  ELECTRONIC: 'electronically',
} as const;

/** The fields of schema/PROTOCOL.md, section 14, in the order in which people tell them; the case is filled in by the node. */
export const FIELDS: Readonly<Record<EntryKind, readonly Asked[]>> = {
  CASE_LINE: [
    { name: 'type', label: 'What', as: 'CHOICE', isNeeded: true, choices: LINES },
    { name: 'at', label: 'Onset, complaint or sampling', as: 'MOMENT' },
    { name: 'from', label: 'Exposed from', as: 'MOMENT' },
    { name: 'until', label: 'Exposed until', as: 'MOMENT' },
    { name: 'count', label: 'How many', as: 'COUNT' },
    { name: 'lot', label: 'Lot', as: 'THING' },
    { name: 'product', label: 'Product', as: 'THING' },
    { name: 'place', label: 'Place', as: 'THING' },
    { name: 'analyte', label: 'Of a sample: what was looked for', as: 'TEXT' },
    { name: 'method', label: 'Of a sample: method', as: 'TEXT' },
    { name: 'result', label: 'Of a sample: result', as: 'CHOICE', choices: RESULTS },
    { name: 'reporter', label: 'Who reported it', as: 'TEXT' },
    { name: 'text', label: 'More', as: 'LONG' },
  ],
  SUSPECT: [
    { name: 'type', label: 'What', as: 'CHOICE', isNeeded: true, choices: SUBJECTS },
    { name: 'subject', label: 'Which', as: 'THING', isNeeded: true },
    { name: 'why', label: 'Why', as: 'LONG', isNeeded: true },
    { name: 'state', label: 'How it stands', as: 'CHOICE', isNeeded: true, choices: SUSPICIONS },
  ],
  TASK: [
    { name: 'title', label: 'What is to be done', as: 'TEXT', isNeeded: true },
    { name: 'assignee', label: 'Who does it', as: 'TEXT', isNeeded: true },
    { name: 'due', label: 'Until when', as: 'MOMENT', isNeeded: true },
    { name: 'state', label: 'How it stands', as: 'CHOICE', isNeeded: true, choices: TASKS },
    { name: 'text', label: 'More', as: 'LONG' },
  ],
  CASE_DECISION: [
    { name: 'decision', label: 'What was decided', as: 'LONG', isNeeded: true },
    { name: 'why', label: 'Why', as: 'LONG', isNeeded: true },
  ],
  CHECK: [
    { name: 'recipient', label: 'Which recipient', as: 'CHOICE', isNeeded: true },
    { name: 'method', label: 'How it was asked', as: 'CHOICE', isNeeded: true, choices: METHODS },
    { name: 'informed', label: 'It knew of the notice', as: 'YES' },
    { name: 'acted', label: 'It had done what the notice asks for', as: 'YES' },
    { name: 'remark', label: 'More', as: 'LONG' },
  ],
};

/** What a new entry says already. */
export const AT_FIRST: Readonly<Record<EntryKind, Readonly<Record<string, unknown>>>> = {
  CASE_LINE: { type: 'ILLNESS' },
  SUSPECT: { type: 'LOT', state: 'SUSPECTED' },
  TASK: { state: 'OPEN' },
  CASE_DECISION: {},
  CHECK: { method: 'PHONE', informed: false, acted: false },
};
