import * as rules from './rules.ts';
import type { Rule } from './rules.ts';
import { identify } from './identifiers.ts';
import { objectOf, shape, type Shape } from './shape.ts';

/** The types of records that make up the file of a recall or an outbreak investigation, and its notices. */
export const CASE_TYPES = [
  'CASE',
  'CASE_LINE',
  'SUSPECT',
  'TASK',
  'CASE_DECISION',
  'NOTICE',
  'REPLY',
  'CHECK',
  'EMERGENCY',
] as const;
export type CaseType = (typeof CASE_TYPES)[number];

const LONGEST_TEXT = 4_000;

function narrowed(rule: Rule, isGood: (value: string) => boolean, message: string): Rule {
  return (value, path, scope) => {
    const checked = rule(value, path, scope);
    if (typeof checked !== 'string' || isGood(checked)) return checked;
    scope.problems.add(path, 'UNKNOWN_VALUE', message);
    return undefined;
  };
}

const text = narrowed(
  rules.text,
  (value) => value.trim() !== '' && value.length <= LONGEST_TEXT,
  `give a text of 1 to ${LONGEST_TEXT} characters`,
);
const whole = narrowed(rules.amount, (value) => /^\d{1,9}$/.test(value), 'give a whole number');
const uuid = narrowed(
  rules.uri,
  (value) => /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  'give a urn:uuid in lower case',
);
const organisation = narrowed(
  rules.text,
  (value) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(value) && value.length <= 253,
  'name an organisation: packer.example',
);

const reference: Rule = (value, path, scope) => {
  const checked = rules.identifier(value, path, scope);
  return typeof checked === 'string' ? identify(checked).canonical : checked;
};

/** An amount never stands without its unit. */
const quantity = { 'quantity!': rules.amount, 'uom!': rules.unit };
const amount = objectOf(shape(quantity, false));
const amountOfLot = objectOf(shape({ 'lot!': reference, ...quantity }, false));

/** The classes of 21 CFR 7.3(m). */
export const HAZARD_CLASSES = ['CLASS_I', 'CLASS_II', 'CLASS_III'] as const;
/** What becomes of what was found. */
export const FOUND_DISPOSITIONS = [
  'QUARANTINED',
  'RETURNED',
  'DESTROYED',
  'REWORKED',
  'DIVERTED',
  'SOLD',
] as const;
const disposition = rules.oneOf(...FOUND_DISPOSITIONS);
const contact = objectOf(shape({ 'name!': text, phone: text, email: text }, false));

const CASE = shape(
  {
    'title!': text,
    'state!': rules.oneOf('OPEN', 'CLOSED'),
    /** When the 24 hours of 21 CFR 1.1455(c) began. */
    'clockStart!': rules.dateTime,
    'drill!': rules.boolean,
    class: rules.oneOf(...HAZARD_CLASSES),
    hazard: text,
    product: reference,
    'openedBy!': text,
    /** The book of the notice that it was opened for. */
    upstream: text,
    /** When the consignees were first proposed. */
    tracedAt: rules.dateTime,
    closedAt: rules.dateTime,
    closedBy: text,
    summary: text,
  },
  false,
);

const CASE_LINE = shape(
  {
    'case!': uuid,
    'type!': rules.oneOf('ILLNESS', 'COMPLAINT', 'SAMPLE', 'EXPOSURE'),
    /** Of the onset, the complaint or the sampling. */
    at: rules.dateTime,
    from: rules.dateTime,
    until: rules.dateTime,
    place: reference,
    product: reference,
    lot: reference,
    count: whole,
    amount,
    analyte: text,
    method: text,
    result: rules.oneOf('PENDING', 'POSITIVE', 'NEGATIVE', 'INCONCLUSIVE'),
    reporter: text,
    text,
  },
  false,
);

const SUSPECT = shape(
  {
    'case!': uuid,
    'type!': rules.oneOf('LOT', 'PRODUCT', 'PLACE', 'PARTY'),
    'subject!': reference,
    'why!': text,
    'state!': rules.oneOf('SUSPECTED', 'CONFIRMED', 'CLEARED'),
    by: text,
  },
  false,
);

const TASK = shape(
  {
    'case!': uuid,
    'title!': text,
    'assignee!': text,
    'due!': rules.dateTime,
    'state!': rules.oneOf('OPEN', 'DONE', 'DROPPED'),
    text,
    doneAt: rules.dateTime,
  },
  false,
);

const CASE_DECISION = shape(
  { 'case!': uuid, 'decision!': text, 'why!': text, 'by!': text, 'at!': rules.dateTime },
  false,
);

/** The content of a recall notification of GS1: initial or update, then its close-out. */
const NOTICE = shape(
  {
    'case!': uuid,
    'type!': rules.oneOf('INITIAL', 'UPDATE'),
    /** With UPDATE: the notice that it goes on from. */
    updates: uuid,
    'action!': rules.oneOf('RECALL', 'WITHDRAWAL', 'HOLD'),
    'drill!': rules.boolean,
    'state!': rules.oneOf('DRAFT', 'PROPOSED', 'APPROVED', 'ISSUED', 'CLOSED', 'CANCELLED'),
    'title!': text,
    class: rules.oneOf(...HAZARD_CLASSES),
    /** How far down the chain it goes. */
    depth: rules.oneOf('DISTRIBUTION', 'RETAIL', 'CONSUMER'),
    reason: rules.oneOf(
      'MICROBIOLOGICAL',
      'CHEMICAL',
      'ALLERGEN',
      'FOREIGN_BODY',
      'LABELLING',
      'PACKAGING',
      'QUALITY',
      'TAMPERING',
      'OTHER',
    ),
    hazard: text,
    instructions: text,
    contact,
    afterHoursContact: contact,
    lots: rules.listOf(
      objectOf(
        shape(
          { 'lot!': reference, 'state!': rules.oneOf('AFFECTED', 'WITHDRAWN'), product: text, marking: text },
          false,
        ),
      ),
      1,
    ),
    /** Who is to get it: not told to those who do. */
    recipients: rules.listOf(
      objectOf(
        shape(
          {
            'name!': text,
            /** With a node; otherwise they answer by a link. */
            organisation,
            email: text,
            party: reference,
            consigned: rules.listOf(amountOfLot),
          },
          false,
        ),
      ),
      1,
    ),
    acknowledgeBy: rules.dateTime,
    respondBy: rules.dateTime,
    'draftedBy!': text,
    approvedBy: text,
    approvedAt: rules.dateTime,
    issuedAt: rules.dateTime,
    closedAt: rules.dateTime,
    closedBy: text,
    /** Why it was sent back, cancelled or closed, or lots were withdrawn. */
    remark: text,
    /** The notice of another organisation that it passes on: book and record. */
    upstream: objectOf(shape({ 'book!': text, 'notice!': uuid }, false)),
  },
  false,
);

/** What one recipient was sent and what it says: receipt, impact, removal. */
const REPLY = shape(
  {
    'case!': uuid,
    'notice!': uuid,
    'recipient!': text,
    'state!': rules.oneOf('AWAITED', 'ACKNOWLEDGED', 'ANSWERED', 'CONFIRMED'),
    consigned: rules.listOf(amountOfLot, 1),
    acknowledgeBy: rules.dateTime,
    respondBy: rules.dateTime,
    reminders: whole,
    remindedAt: rules.dateTime,
    escalatedAt: rules.dateTime,
    escalatedTo: text,
    by: text,
    acknowledgedAt: rules.dateTime,
    answeredAt: rules.dateTime,
    confirmedAt: rules.dateTime,
    impact: rules.oneOf('NONE', 'AFFECTED', 'INVESTIGATING'),
    found: rules.listOf(
      objectOf(shape({ 'lot!': reference, ...quantity, 'disposition!': disposition }, false)),
      1,
    ),
    remark: text,
    /** What may be said of it to those from whom the notice came: sums, or only that it answered. */
    upward: rules.oneOf('TOTALS', 'COUNT'),
    /** The next tiers, in sums. */
    below: objectOf(
      shape({ 'notified!': whole, 'acknowledged!': whole, 'answered!': whole, 'confirmed!': whole }, false),
    ),
    foundBelow: rules.listOf(objectOf(shape({ ...quantity, 'disposition!': disposition }, false)), 1),
  },
  false,
);

/** An effectiveness check: whether a consignee knows of the notice and has acted on it. */
const CHECK = shape(
  {
    'case!': uuid,
    'notice!': uuid,
    'recipient!': text,
    'method!': rules.oneOf('PHONE', 'VISIT', 'LETTER', 'ELECTRONIC'),
    'at!': rules.dateTime,
    'by!': text,
    'informed!': rules.boolean,
    'acted!': rules.boolean,
    remark: text,
  },
  false,
);

/** A recall that is declared, or is to be: what is prepared for it is opened to these parties, for this case, until then. */
const EMERGENCY = shape(
  {
    'case!': text,
    'state!': rules.oneOf('PROPOSED', 'DECLARED', 'ENDED'),
    class: rules.oneOf(...HAZARD_CLASSES),
    'reason!': text,
    /** Ids of grants that are prepared for emergencies. */
    'rules!': rules.listOf(text, 1),
    'parties!': rules.listOf(organisation, 1),
    'until!': rules.dateTime,
    'proposedBy!': text,
    approvedBy: text,
    declaredAt: rules.dateTime,
    endedBy: text,
    endedAt: rules.dateTime,
    /** Why it was ended. */
    remark: text,
  },
  false,
);

export const CASE_SHAPES: Record<CaseType, Shape> = {
  CASE,
  CASE_LINE,
  SUSPECT,
  TASK,
  CASE_DECISION,
  NOTICE,
  REPLY,
  CHECK,
  EMERGENCY,
};
