import { lockRefusal } from './decide-lock.ts';
import { mayChange, type Verdict } from '../sharing/permitted.ts';
import { lockIdOf } from '../ledger/entry-lock.ts';
import { ORDINARY_PURPOSE, type Grant } from '../sharing/grant.ts';
import type { PreparedChange, PreparedUpdate, RequestError } from './update.ts';

/** What the sequencer does with an update, decided under the book's lock. */
export type Decision =
  | { kind: 'APPROVE' }
  | { kind: 'PEND' }
  | { kind: 'REFUSE'; error: RequestError }
  /** The record moved since the update was prepared: prepare it again. */
  | { kind: 'AGAIN' };

/**
 * Decides one update against the versions that the records have now. All of its changes are approved, or none.
 * Permission is asked before anything is told about a record.
 */
export function decide(
  update: PreparedUpdate,
  versionOf: (record: string) => number,
  grants: readonly Grant[],
  now: number,
): Decision {
  let byPerson = false;
  for (const change of update.changes) {
    const { index } = change;
    if (hasMoved(change, versionOf)) return { kind: 'AGAIN' };
    if ((change.kind === 'GRANT' || change.erases) && !update.requester.administrator)
      return refuse(notForThem(index));
    const verdict = verdictOn(update, change, grants, now);
    if (verdict.decision === 'REFUSED') {
      return refuse({
        code: 'NOT_PERMITTED',
        message: 'No sharing rule lets you change this field of this record.',
        place: `changes[${index}].fields.${verdict.field}`,
      });
    }
    if (verdict.decision === 'BY_PERSON' && !change.act) byPerson = true;
    const locked = lockRefusal(update, change, grants, now);
    if (locked) return refuse(locked);
    if (change.refusal) return refuse(refusalFor(update, change, change.refusal));
  }
  return byPerson ? { kind: 'PEND' } : { kind: 'APPROVE' };
}

/** What is wrong with a field that a partner did not name would tell it of a field that it may not see. */
function refusalFor(
  { requester }: PreparedUpdate,
  { index, names }: PreparedChange,
  refusal: RequestError,
): RequestError {
  const place = refusal.place ?? `changes[${index}]`;
  const isOwn = requester.administrator || requester.audience.roles.length > 0;
  if (isOwn || refusal.code !== 'BAD_INPUT') return { ...refusal, place };
  const [, field = ''] = /changes\[\d+\]\.(.*)$/s.exec(place) ?? [];
  const name = field.replace(/\[\d+\]/g, '[]');
  if (names.includes(name) || names.includes(name.replace(/\[\]$/, '')))
    return { ...refusal, message: refusal.message.replace(/ \(and \d+ more\)$/, ''), place };
  const message = 'The record would not be valid with these fields.';
  return { code: 'BAD_INPUT', message, place: `changes[${index}].fields` };
}

/** Whether the record, its lock, or what a lock is asked for has another version than was seen. */
function hasMoved(
  { record, seenVersion, lock, act }: PreparedChange,
  versionOf: (record: string) => number,
): boolean {
  return (
    versionOf(record) !== seenVersion ||
    (seenVersion > 0 && versionOf(lock?.id ?? lockIdOf(record)) !== (lock?.version ?? 0)) ||
    (act !== undefined && versionOf(act.record) !== act.seenVersion)
  );
}

function verdictOn(
  update: PreparedUpdate,
  change: PreparedChange,
  grants: readonly Grant[],
  now: number,
): Verdict {
  if (update.requester.administrator || update.approval) return { decision: 'BY_RULE' };
  // Whose lock it is decides.
  if (change.act && change.act.do !== 'TAKE') return { decision: 'BY_RULE' };
  const question = { audience: update.requester.audience, purpose: ORDINARY_PURPOSE, now };
  const verdicts: Verdict[] = [];
  for (const attributes of [change.before, change.after]) {
    // A note says something of a record that one may change or ask to change; its own fields are in no rule.
    const names = attributes?.kind === 'NOTE' && attributes.locked !== undefined ? [] : change.names;
    if (attributes) verdicts.push(mayChange(grants, attributes, names, question));
  }
  // A record that is not there has no attributes to judge by; only own people are told that it is missing.
  if (verdicts.length === 0 && update.requester.audience.roles.length > 0) return { decision: 'BY_RULE' };
  return (
    verdicts.find(({ decision }) => decision === 'REFUSED') ??
    verdicts.find(({ decision }) => decision === 'BY_PERSON') ??
    verdicts[0] ?? { decision: 'REFUSED', field: change.names[0] ?? 'record' }
  );
}

function notForThem(index: number): RequestError {
  const message = "Only the owner's administrators change sharing rules, or erase records.";
  return { code: 'NOT_PERMITTED', message, place: `changes[${index}]` };
}

function refuse(error: RequestError): Decision {
  return { kind: 'REFUSE', error };
}
