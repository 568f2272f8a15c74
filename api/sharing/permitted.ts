import {
  isAddressed,
  ORDINARY_PURPOSE,
  purposeOfCase,
  visibleGrantFields,
  type Audience,
  type Grant,
  type GrantRight,
} from './grant.ts';
import { showsOfLock } from '../ledger/entry-lock.ts';
import { showsOfNote } from './record-note.ts';
import type { SubjectAttributes } from './subject.ts';

/** What a decision needs to know of one version of a record: names and attributes, no values. */
export interface Subject extends SubjectAttributes {
  /** Place of this version in the book's log. */
  seq: number;
  /** Approval time of this version, ms. */
  at: number;
}

export interface Question {
  audience: Audience;
  /** Through whose hands the answer goes to the audience: it holds what each of them may have too, and nothing else. */
  carriers?: readonly Audience[];
  purpose: string;
  /** Of an inquiry: the case that it is for. What is open for the ordinary purpose, or for that case, is open to it as well. */
  case?: string;
  /** ms */
  now: number;
}

/** Permitted field names, each with the record ids of the grants that permit it. */
export type Permitted = ReadonlyMap<string, readonly string[]>;

/**
 * The one answer to "which of these fields may this audience have now, and why": used by queries, feeds, traces,
 * exports and the admin alike. No grant, no field. `names` are those that the version commits to.
 */
export function permittedFields(
  grants: readonly Grant[],
  subject: Subject,
  names: readonly string[],
  question: Question,
): Permitted {
  if (subject.kind === 'GRANT') return permittedOfGrant(grants, subject, names, question.audience);
  const { carriers = [], ...own } = question;
  const permitted = permittedTo(grants, subject, names, own);
  for (const audience of carriers) {
    const carried = permittedTo(grants, subject, names, { ...own, audience });
    for (const name of permitted.keys()) if (!carried.has(name)) permitted.delete(name);
  }
  return permitted;
}

function permittedTo(
  grants: readonly Grant[],
  subject: Subject,
  names: readonly string[],
  question: Question,
): Map<string, string[]> {
  const permitted = new Map<string, string[]>();
  for (const grant of grants) {
    if (grant.right !== 'READ' || !isInForce(grant, question) || !covers(grant, subject)) continue;
    const granted = grantedBy(grant, subject, names, question.audience);
    for (const name of granted) {
      const reasons = permitted.get(name);
      if (reasons) reasons.push(grant.id);
      else permitted.set(name, [grant.id]);
    }
  }
  return permitted;
}

/** Who may see something of a record sees that it is locked, and its notes, but not which person of another organisation it was. */
function grantedBy(
  { fields }: Grant,
  { kind, locked }: Subject,
  names: readonly string[],
  { organisation }: Audience,
): readonly string[] {
  if (fields.includes('*')) return names;
  if (kind === 'LOCK') return names.filter((name) => showsOfLock(fields, name, organisation));
  if (locked !== undefined) return names.filter((name) => showsOfNote(fields, name));
  return names.filter((name) => fields.includes(name));
}

/** A grant concerns those whom it addresses, also when it has ended: they must learn of its end. */
function permittedOfGrant(
  grants: readonly Grant[],
  subject: Subject,
  names: readonly string[],
  audience: Audience,
): Permitted {
  const grant = grants.find(({ id }) => id === subject.id);
  if (!grant || !isAddressed(grant, audience)) return new Map();
  return new Map(visibleGrantFields(names, audience).map((name) => [name, [grant.id]]));
}

/** Does the grant hold for this audience and purpose at this moment? */
export function isInForce(grant: Grant, question: Question): boolean {
  const { audience, now } = question;
  return (
    isFor(grant, question) &&
    (grant.from === null || grant.from <= now) &&
    (grant.until === null || now < grant.until) &&
    isAddressed(grant, audience)
  );
}

function isFor({ purpose }: Grant, { purpose: stated, case: id }: Question): boolean {
  if (purpose === stated) return true;
  return id !== undefined && (purpose === ORDINARY_PURPOSE || purpose === purposeOfCase(id));
}

/**
 * Would every event with these attributes show these fields, whenever it was recorded? Only then nothing shown says that
 * there is nothing. Answered from the grants alone: it tells nothing about what is recorded.
 */
export function wouldShow(
  grants: readonly Grant[],
  attributes: Pick<SubjectAttributes, 'products' | 'lots'>,
  names: readonly string[],
  { carriers = [], ...question }: Question,
): boolean {
  // Of no record in particular: a rule for single records does not show any event.
  const event: SubjectAttributes = { ...attributes, id: '', kind: 'EVENT', time: null };
  return [question.audience, ...carriers].every((audience) => {
    const giving = grants.filter(
      (grant) =>
        grant.right === 'READ' &&
        grant.backfill &&
        isInForce(grant, { ...question, audience }) &&
        selects(grant, event),
    );
    return names.every((name) => giving.some(({ fields }) => fields.includes('*') || fields.includes(name)));
  });
}

/** Does the grant, whoever it addresses, cover this version of this record? */
export function covers(grant: Grant, subject: Subject): boolean {
  return selects(grant, subject) && (grant.backfill || isAfterStart(grant, subject));
}

function isAfterStart(grant: Grant, subject: Subject): boolean {
  return subject.seq > grant.since && (grant.from === null || grant.from <= subject.at);
}

/**
 * The selector alone. A grant never covers a grant: those are shown to whom they address, and to nobody else. An entry lock, and a
 * note on a record, are covered by what covers that record.
 */
export function selects({ selector }: Grant, subject: SubjectAttributes): boolean {
  if (subject.kind === 'GRANT') return false;
  const kind = subject.locked ?? subject.kind;
  const { kinds, products, lots, records, from, until } = selector;
  if (kinds.length > 0 && !(kinds as readonly string[]).includes(kind)) return false;
  if (products.length > 0 && !subject.products.some((id) => products.includes(id))) return false;
  if (lots.length > 0 && !subject.lots.some((id) => lots.includes(id))) return false;
  if (records.length > 0 && !records.includes(subject.id)) return false;
  if (from !== null && (subject.time === null || subject.time < from)) return false;
  return until === null || (subject.time !== null && subject.time < until);
}

/**
 * Names that a new version commits to although they are not set, because a grant names them: their null can then be
 * disclosed, so that a partner can tell "not set" from "withheld".
 */
export function namesGranted(grants: readonly Grant[], subject: SubjectAttributes, now: number): string[] {
  // The fields of a lock, or of a note on a record, are its own: no rule names them as those of a record.
  if (subject.locked !== undefined) return [];
  return exactNames(
    grants.filter((grant) => selects(grant, subject)),
    now,
  );
}

/** The names, once each, that READ grants which have not ended give by name. */
export function exactNames(
  grants: readonly Pick<Grant, 'right' | 'until' | 'fields'>[],
  now: number,
): string[] {
  const names = new Set<string>();
  for (const { right, until, fields } of grants) {
    if (right !== 'READ' || (until !== null && until <= now)) continue;
    for (const name of fields) if (name !== '*') names.add(name);
  }
  return [...names];
}

/**
 * Names that may be used to narrow a search before permission is evaluated record by record: those that every READ
 * grant in force for the audience gives. Filtering on any other name earlier would tell hidden things by its cost.
 */
export function searchableEverywhere(
  grants: readonly Grant[],
  question: Question,
): (name: string) => boolean {
  const inForce = grants.filter((grant) => grant.right === 'READ' && isInForce(grant, question));
  return (name) =>
    inForce.length > 0 && inForce.every(({ fields }) => fields.includes('*') || fields.includes(name));
}

export type Verdict = { decision: 'BY_RULE' | 'BY_PERSON' } | { decision: 'REFUSED'; field: string };

/**
 * May this audience change these fields of this record: by rule, by a person's decision, or not at all? Each named
 * field needs a grant; one that only lets propose makes the whole request wait for a person.
 */
export function mayChange(
  grants: readonly Grant[],
  subject: SubjectAttributes,
  names: readonly string[],
  question: Question,
): Verdict {
  const applicable = grants.filter(
    (grant) => grant.right !== 'READ' && isInForce(grant, question) && selects(grant, subject),
  );
  const gives = (right: GrantRight, name: string) =>
    applicable.some(
      (grant) => grant.right === right && (grant.fields.includes('*') || grant.fields.includes(name)),
    );
  // Without a field to ask for, the record itself is: that it is there, or that it shall be.
  if (applicable.length === 0) return { decision: 'REFUSED', field: names[0] ?? 'record' };
  let decision: 'BY_RULE' | 'BY_PERSON' =
    names.length > 0 || applicable.some(({ right }) => right === 'CHANGE') ? 'BY_RULE' : 'BY_PERSON';
  for (const name of names) {
    if (gives('CHANGE', name)) continue;
    if (!gives('REQUEST', name)) return { decision: 'REFUSED', field: name };
    decision = 'BY_PERSON';
  }
  return { decision };
}
