import type {
  NoticeInput,
  NoticePartsFragment,
  NoticeQuery,
  RecipientInput,
} from '../../operations/generated/documents.ts';

export type NoticeFile = NoticeQuery['notice'] & object;

/** What people fill in; texts are empty where nothing is said. */
export type Draft = Required<Pick<NoticeInput, 'type' | 'action' | 'title'>> & {
  updates: string | null;
  class: NoticeInput['class'];
  depth: NoticeInput['depth'];
  reason: NoticeInput['reason'];
  hazard: string;
  instructions: string;
  contact: Person;
  afterHoursContact: Person;
  lots: Lot[];
  recipients: RecipientInput[];
  acknowledgeBy: string | null;
  respondBy: string | null;
};

export interface Person {
  name: string;
  phone: string;
  email: string;
}

interface Lot {
  lot: string;
  product: string;
  marking: string;
}

const NOBODY: Person = { name: '', phone: '', email: '' };
const HOUR_MS = 3_600_000;

/** A new draft asks for receipt within four hours, and for the answer within a day. */
export function newDraft(
  given: { title: string; hazard: string; lots: readonly string[] },
  now: number,
): Draft {
  const after = (hours: number): string => new Date(now + hours * HOUR_MS).toISOString();
  return {
    type: 'INITIAL',
    action: 'RECALL',
    title: given.title,
    updates: null,
    class: null,
    depth: null,
    reason: null,
    hazard: given.hazard,
    instructions: '',
    contact: NOBODY,
    afterHoursContact: NOBODY,
    lots: given.lots.map((lot) => ({ lot, product: '', marking: '' })),
    recipients: [],
    acknowledgeBy: after(4),
    respondBy: after(24),
  };
}

export function draftOf(notice: NoticeFile): Draft {
  const person = (of: NoticePartsFragment['contact']): Person => ({
    name: of?.name ?? '',
    phone: of?.phone ?? '',
    email: of?.email ?? '',
  });
  const { type, action, title, updates, depth, reason, hazard, instructions, acknowledgeBy, respondBy } =
    notice;
  return {
    type,
    action,
    title,
    updates: updates ?? null,
    class: notice.class,
    depth,
    reason,
    hazard: hazard ?? '',
    instructions: instructions ?? '',
    contact: person(notice.contact),
    afterHoursContact: person(notice.afterHoursContact),
    lots: notice.lots.map(({ lot, product, marking }) => ({
      lot,
      product: product ?? '',
      marking: marking ?? '',
    })),
    recipients: notice.recipients.map(recipientOf),
    acknowledgeBy: acknowledgeBy ?? null,
    respondBy: respondBy ?? null,
  };
}

/** Without what the page's own bookkeeping adds to what the node answers. */
export function recipientOf({
  name,
  organisation,
  email,
  party,
  consigned,
}: NoticeFile['recipients'][number]): RecipientInput {
  return {
    name,
    organisation,
    email,
    party,
    consigned: consigned.map(({ lot, quantity, uom }) => ({ lot, quantity, uom })),
  };
}

/** An update says again what the notice before said, and goes on from it. */
export function updateOf(notice: NoticeFile, now: number): Draft {
  const { acknowledgeBy, respondBy } = newDraft({ title: '', hazard: '', lots: [] }, now);
  return { ...draftOf(notice), type: 'UPDATE', updates: notice.id, acknowledgeBy, respondBy };
}

export function inputOf(book: string, draft: Draft): NoticeInput {
  const said = (text: string): string | null => text.trim() || null;
  const person = ({ name, phone, email }: Person) =>
    said(name) === null ? null : { name: name.trim(), phone: said(phone), email: said(email) };
  return {
    ...draft,
    book,
    hazard: said(draft.hazard),
    instructions: said(draft.instructions),
    contact: person(draft.contact),
    afterHoursContact: person(draft.afterHoursContact),
    lots: draft.lots.map(({ lot, product, marking }) => ({
      lot,
      product: said(product),
      marking: said(marking),
    })),
  };
}

/** The draft as a notice, to look at before it is saved. */
export function previewOf(book: string, draft: Draft, notice: NoticeFile | null): NoticePartsFragment {
  const { contact, afterHoursContact, lots, hazard, instructions, ...rest } = inputOf(book, draft);
  const whole = (of: typeof contact) =>
    of ? { name: of.name, phone: of.phone ?? null, email: of.email ?? null } : null;
  return {
    id: notice?.id ?? '',
    case: notice?.case ?? '',
    version: notice?.version ?? 0,
    drill: notice?.drill ?? false,
    state: notice?.state ?? 'DRAFT',
    draftedBy: null,
    approvedBy: null,
    issuedAt: null,
    closedAt: null,
    remark: null,
    ...rest,
    type: draft.type,
    action: draft.action,
    hazard: hazard ?? null,
    instructions: instructions ?? null,
    contact: whole(contact),
    afterHoursContact: whole(afterHoursContact),
    lots: (lots ?? []).map(({ lot, product, marking }) => ({
      lot,
      state: 'AFFECTED',
      product: product ?? null,
      marking: marking ?? null,
    })),
  } as NoticePartsFragment;
}
