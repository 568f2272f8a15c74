import { FieldConflictError, FieldNameError, unflatten, type Fields } from '../events/fields.ts';
import { deriveLinks } from '../events/links.ts';
import { validateRecord, type RecordType } from '../events/record.ts';
import type { JsonValue } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import type { RecordKind } from '../ledger/change.ts';
import { ERASED_FIELD, erasureOf } from '../ledger/erasure.ts';
import { lifeFault } from '../recall/case-life.ts';
import { attributesOf } from '../sharing/subject.ts';
import { idOf, stableJson } from './shape.ts';
import { prepareErasure } from './prepare-erasure.ts';
import { prepareGrant } from './prepare-grant.ts';
import { noteOn, noteTarget } from './prepare-note.ts';
import { prepareLock, seenLock } from './prepare-lock.ts';
import { declaresAnew, identifyCaptured } from './captured-event.ts';
import type {
  KnownRecords,
  CurrentRecord,
  PreparedChange,
  RecordChange,
  RequestError,
  UpdateInput,
} from './update.ts';

/** A version that no record has: what was prepared on it is prepared again. */
const NOT_LOOKED_UP = -1;

/** A feed carries a record whole: a larger one would be more than a subscriber takes, see peers/peer.ts. */
const LONGEST_STATE = 1_000_000;

/** Ids of the records of which the current state is needed before the change can be worked out. */
export function idsToRead(update: UpdateInput): string[] {
  return update.changes.flatMap((change) => {
    const id = idOf(change);
    const isSet = change.base === null && change.kind !== 'EVENT';
    const target = noteTarget(change);
    return [...(id && (change.base || isSet) ? [id] : []), ...(target ? [target] : [])];
  });
}

/**
 * Works out the states after an update's changes: validated, with their links. Throws BAD_INPUT with the place where the
 * content of a new record is wrong, or a record is changed twice; an event may be captured twice, and counts once.
 */
export function prepareUpdate(
  { changes }: UpdateInput,
  known: KnownRecords,
  place: string,
  uuid: () => string,
): PreparedChange[] {
  const prepared = new Map<string, PreparedChange>();
  const taken = new Map<string, Readonly<Fields>>();
  for (const [index, change] of changes.entries()) {
    const at = `${place}.changes[${index}]`;
    const worked = prepareChange(change, known, taken, at, uuid);
    const lock = seenLock(worked.record, known);
    const next = { lock, token: change.lock ?? null, ...worked, index };
    const earlier = prepared.get(next.record);
    if (earlier && !(isCaptured(change) && earlier.kind === 'EVENT' && earlier.base === null)) {
      throw new LotbookError('BAD_INPUT', 'An update changes a record only once.', { place: at });
    }
    if (next.state && JSON.stringify(next.state).length > LONGEST_STATE) {
      const message = `A record holds at most ${LONGEST_STATE} characters of JSON.`;
      throw new LotbookError('TOO_LARGE', message, { place: at });
    }
    if (!next.erases && next.state && Object.hasOwn(next.state, ERASED_FIELD))
      throw new LotbookError('BAD_INPUT', `No field is named ${ERASED_FIELD}.`, { place: at });
    if (earlier && !declaresAnew(earlier.state ?? {}, next.state ?? {})) continue;
    prepared.set(next.record, next);
    if (next.state) taken.set(next.record, next.state);
  }
  return [...prepared.values()];
}

function isCaptured(change: RecordChange): boolean {
  return change.kind === 'EVENT' && change.base === null;
}

function prepareChange(
  change: RecordChange,
  known: KnownRecords,
  taken: ReadonlyMap<string, Readonly<Fields>>,
  place: string,
  uuid: () => string,
): Omit<PreparedChange, 'index'> {
  if (change.erase !== undefined) return prepareErasure(change, known.get(idOf(change) ?? '') ?? null);
  if (change.kind === 'LOCK') return prepareLock(change, known, place);
  if (change.kind === 'GRANT') return prepareGrant(change, known.get(change.record ?? '') ?? null, place);
  if (change.fields && change.base) return preparePatch(change, change.fields, known, place);
  const before = change.base === null ? known.get(idOf(change) ?? '') : null;
  if (before && erasureOf(before.state)) return erasedAlready(change, idOf(change) as string, before);
  const valid = before ? setInto(change, before, place, uuid) : validatedContent(change, place, uuid);
  if (isCaptured(change)) return prepareCaptured(change, valid, known, taken);
  const on = valid.fields['on'];
  if (change.kind === 'NOTE' && typeof on === 'string') return prepareNote(change, valid, on, known);
  const current = known.get(valid.id) ?? null;
  const same = current !== null && sameState(current.state, valid.fields);
  return {
    ...whole(change, valid, current),
    same: same && (change.kind === 'EVENT' || change.base !== 0),
    refusal: refusalOfWhole(change, current, same) ?? refusalOfLife(change, current, valid.fields, place),
  };
}

function prepareCaptured(
  change: RecordChange,
  given: { id: string; fields: Fields },
  known: KnownRecords,
  taken: ReadonlyMap<string, Readonly<Fields>>,
): Omit<PreparedChange, 'index'> {
  const erased = known.get(given.id);
  if (erased && erasureOf(erased.state)) return erasedAlready(change, given.id, erased);
  const { id, isUnknown } = identifyCaptured(given, known, taken);
  const current = known.get(id) ?? null;
  return {
    ...whole(change, { id, fields: given.fields }, current),
    ...(isUnknown && { seenVersion: NOT_LOOKED_UP }),
    same: current !== null && !declaresAnew(current.state, given.fields),
    refusal: current && current.kind !== 'EVENT' ? otherKind() : null,
  };
}

function whole(
  change: RecordChange,
  { id, fields }: { id: string; fields: Fields },
  current: CurrentRecord | null,
) {
  return {
    ...common(change, id, current),
    // Only own people replace a record whole; who may not see it all must not learn what else it holds.
    names: change.base !== 0 && current ? changedNames(current.state, fields) : Object.keys(fields),
    after: attributesOf(change.kind, id, fields),
    state: fields,
    links: deriveLinks(fields),
  };
}

/** A note on a record is made once, and says what it says. */
function prepareNote(
  change: RecordChange,
  { id, fields }: { id: string; fields: Fields },
  on: string,
  known: KnownRecords,
): Omit<PreparedChange, 'index'> {
  const current = known.get(id) ?? null;
  const note = noteOn(on, fields, known);
  const isThere = current !== null || change.base !== 0;
  const again: RequestError = {
    code: 'CONFLICT',
    message: 'A note on a record is not changed: write another one.',
  };
  return {
    ...whole(change, { id, fields: note.fields }, current),
    same: false,
    refusal: note.refusal ?? (isThere ? again : null),
  };
}

/** Without a base: what is given is set, what else the record holds stays. Events are taken whole. */
function setInto(
  change: RecordChange,
  before: CurrentRecord,
  place: string,
  uuid: () => string,
): { id: string; fields: Fields } {
  if (change.kind === 'EVENT' || change.kind !== before.kind) return validatedContent(change, place, uuid);
  const given = change.fields ?? validatedContent(change, place, uuid).fields;
  return validated(change.kind, idOf(change), nested({ ...before.state, ...given }, place), place);
}

function refusalOfWhole(
  change: RecordChange,
  current: CurrentRecord | null,
  same: boolean,
): RequestError | null {
  if (!current) return change.base ? stale(0) : null;
  if (current.kind !== change.kind) return otherKind();
  if (erasureOf(current.state)) return erased();
  if (change.base === null || (change.kind === 'EVENT' && same && change.base === 0)) return null;
  return change.base === current.version ? null : stale(current.version);
}

/** A record of a case goes through its states as tables say. */
function refusalOfLife(
  { kind }: RecordChange,
  current: CurrentRecord | null,
  after: Fields,
  place: string,
): RequestError | null {
  const message = lifeFault(kind, current?.state ?? null, after);
  return message === null ? null : { code: 'BAD_INPUT', message, place: `${place}.fields.state` };
}

/** A change of some fields. Whether it is permitted is asked before anything is said about the record. */
function preparePatch(
  change: RecordChange,
  patch: Readonly<Record<string, JsonValue>>,
  known: KnownRecords,
  place: string,
): Omit<PreparedChange, 'index'> {
  const id = idOf(change) as string;
  const current = known.get(id) ?? null;
  const prepared: Omit<PreparedChange, 'index'> = {
    ...common(change, id, current),
    names: Object.keys(patch),
    after: null,
    state: null,
    same: false,
    links: [],
    refusal: null,
  };
  if (!current) return { ...prepared, refusal: stale(0) };
  if (current.kind !== change.kind) return { ...prepared, refusal: otherKind() };
  if (erasureOf(current.state)) return { ...prepared, refusal: erased() };
  if (current.version !== change.base) return { ...prepared, refusal: stale(current.version) };
  if (change.kind === 'NOTE' && (current.state['on'] ?? patch['on']) !== undefined) {
    const message = 'A note on a record is not changed: write another one.';
    return { ...prepared, refusal: { code: 'CONFLICT', message } };
  }
  const merged: Record<string, JsonValue> = { ...current.state };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  try {
    const { id: newId, fields } = validated(change.kind, id, nested(merged, place), place);
    if (newId !== id) {
      const message = 'These fields make up the id of the record; declare the error and record it anew.';
      return { ...prepared, refusal: { code: 'BAD_INPUT', message, place } };
    }
    const refusal = refusalOfLife(change, current, fields, place);
    if (refusal) return { ...prepared, refusal };
    return {
      ...prepared,
      after: attributesOf(change.kind, id, fields),
      state: fields,
      same: sameState(current.state, fields),
      links: deriveLinks(fields),
    };
  } catch (error) {
    if (!(error instanceof LotbookError)) throw error;
    return { ...prepared, refusal: { code: error.code, message: error.message, place: error.details.place } };
  }
}

function common(change: RecordChange, record: string, current: CurrentRecord | null) {
  return {
    record,
    kind: change.kind,
    base: change.base,
    seenVersion: current?.version ?? 0,
    ofErased: erasureOf(current?.state) !== null,
    before: current ? attributesOf(current.kind, record, current.state) : null,
  };
}

/**
 * `lenient`: documents of others name places and parties by keys with wrong check digits, and are taken with a warning; who
 * makes such a record by hand can correct it.
 */
function validated(kind: RecordKind, id: string | null, object: unknown, place: string, lenient = true) {
  const result = validateRecord(kind as RecordType, id, object);
  const faultsOfId = result.ok && !lenient ? result.warnings.filter(({ field }) => field === 'id') : [];
  if (result.ok && faultsOfId.length === 0) return result;
  const problems = result.ok ? faultsOfId : result.problems;
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new LotbookError('BAD_INPUT', `${first?.message ?? 'The record is not valid.'}${more}`, {
    place: first?.field ? `${place}.${first.field}` : place,
  });
}

/** The whole content of a record, validated and with its id: a new note gets one of its own. */
export function validatedContent(
  change: RecordChange,
  place: string,
  uuid: () => string,
): { id: string; fields: Fields } {
  if (change.valid) return change.valid;
  const id = idOf(change) ?? (change.kind === 'NOTE' ? `urn:uuid:${uuid()}` : null);
  return validated(change.kind, id, wholeContent(change, place), place, change.base === null);
}

function wholeContent(change: RecordChange, place: string): unknown {
  return change.fields ? nested(change.fields, `${place}.fields`) : change.content;
}

function nested(fields: Readonly<Fields>, place: string): unknown {
  try {
    return unflatten(fields);
  } catch (error) {
    if (!(error instanceof FieldNameError || error instanceof FieldConflictError)) throw error;
    throw new LotbookError('BAD_INPUT', error.message, { place });
  }
}

/** A record that was erased stays so: what is handed in once more must not bring it back. */
function erasedAlready(
  change: RecordChange,
  id: string,
  current: CurrentRecord,
): Omit<PreparedChange, 'index'> {
  const nothing = { names: [], after: null, state: null, same: false, links: [] };
  return { ...common(change, id, current), ...nothing, refusal: erased() };
}

function erased(): RequestError {
  return { code: 'CONFLICT', message: 'The record was erased, and stays so.' };
}

function stale(currentVersion: number): RequestError {
  return currentVersion === 0
    ? { code: 'STALE_BASE', message: 'There is no such record; a new one has base 0.', currentVersion }
    : { code: 'STALE_BASE', message: `The record has version ${currentVersion} now.`, currentVersion };
}

function otherKind(): RequestError {
  return { code: 'CONFLICT', message: 'A record of another kind has this id.' };
}

function changedNames(before: Readonly<Fields>, after: Readonly<Fields>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => stableJson(before[name] ?? null) !== stableJson(after[name] ?? null));
}

function sameState(before: Readonly<Fields>, after: Readonly<Fields>): boolean {
  return changedNames(before, after).length === 0;
}
