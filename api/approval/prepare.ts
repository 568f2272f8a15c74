import { createHash } from 'node:crypto';
import { FieldConflictError, FieldNameError, unflatten, type Fields } from '../events/fields.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { deriveLinks } from '../events/links.ts';
import { validateRecord, type RecordType } from '../events/record.ts';
import { isObject, type JsonValue } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import type { RecordKind } from '../ledger/change.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { PreparedChange, RecordChange, RequestError, UpdateInput } from './update.ts';

export const MAX_CHANGES_IN_UPDATE = 10_000;
const MAX_KEY_LENGTH = 256;

/** The current state of a record, as it was when the change was prepared. */
export interface CurrentRecord {
  kind: RecordKind;
  version: number;
  state: Fields;
}

/** Refuses an update that is malformed as a whole. `place` is its place in the call, such as `updates[3]`. */
export function checkShape(update: UpdateInput, place: string): void {
  const refuse = (message: string, at: string) => {
    throw new LotbookError('BAD_INPUT', message, { place: `${place}${at}` });
  };
  if (update.key.length < 1 || update.key.length > MAX_KEY_LENGTH || hasControl(update.key)) {
    refuse(
      `An idempotency key has 1 to ${MAX_KEY_LENGTH} characters, none of them a control character.`,
      '.key',
    );
  }
  if (typeof update.reason === 'string' && hasNul(update.reason))
    refuse('Text holds no NUL character.', '.reason');
  if (update.changes.length < 1 || update.changes.length > MAX_CHANGES_IN_UPDATE) {
    refuse(`An update has 1 to ${MAX_CHANGES_IN_UPDATE} changes.`, '.changes');
  }
  update.changes.forEach((change, index) => {
    const at = `.changes[${index}]`;
    const ways = [change.fields, change.content, change.valid].filter(
      (way) => way !== undefined && way !== null,
    );
    if (ways.length !== 1) refuse('Give either fields or content.', at);
    if (change.fields && !isObject(change.fields))
      refuse('Give fields as an object of names and values.', `${at}.fields`);
    if (change.kind === 'GRANT')
      refuse('Sharing rules are changed with addGrant and endGrant.', `${at}.kind`);
    if (change.base !== null && (!Number.isInteger(change.base) || change.base < 0)) {
      refuse('A base is a version, or 0 for a new record.', `${at}.base`);
    }
    if (change.base && !idOf(change)) refuse('Name the record to be changed.', `${at}.record`);
  });
}

/** SHA-256 over the content of an update: the same key with another content is a mistake. */
export function contentHash(update: UpdateInput): string {
  const content = update.changes.map(({ record, kind, base, fields, content: whole, valid }) => [
    valid?.id ?? record ?? null,
    kind,
    base,
    fields ?? null,
    whole ?? null,
    valid?.fields ?? null,
  ]);
  return createHash('sha256').update(stableJson(content)).digest('base64url');
}

/** Ids of the records of which the current state is needed before the change can be worked out. */
export function idsToRead(update: UpdateInput): string[] {
  return update.changes.flatMap((change) => {
    const id = idOf(change);
    const isSet = change.base === null && change.kind !== 'EVENT';
    return id && (change.base || isSet) ? [id] : [];
  });
}

/**
 * Works out the state after a change: validated, with its links. `known` are the records that were looked up, as they are
 * now. Throws BAD_INPUT with the place where the content of a new record is wrong.
 */
export function prepareChange(
  change: RecordChange,
  known: ReadonlyMap<string, CurrentRecord>,
  place: string,
  uuid: () => string,
): PreparedChange {
  if (change.fields && change.base) return preparePatch(change, change.fields, known, place);
  const before = change.base === null ? known.get(idOf(change) ?? '') : undefined;
  const valid = before ? setInto(change, before, place, uuid) : validatedContent(change, place, uuid);
  const current = known.get(valid.id);
  const same = current !== undefined && sameState(current.state, valid.fields);
  return {
    ...common(change, valid.id, current),
    // Only own people replace a record whole; who may not see it all must not learn what else it holds.
    names:
      change.base !== 0 && current ? changedNames(current.state, valid.fields) : Object.keys(valid.fields),
    after: attributesOf(change.kind, valid.id, valid.fields),
    state: valid.fields,
    same: same && (change.kind === 'EVENT' || change.base !== 0),
    links: deriveLinks(valid.fields),
    refusal: refusalOfWhole(change, valid.fields, current, same),
  };
}

/** Without a base: what is given is set, what else the record holds stays. Events are taken whole. */
function setInto(
  change: RecordChange,
  before: CurrentRecord,
  place: string,
  uuid: () => string,
): { id: string; fields: Fields } {
  if (change.kind === 'EVENT' || change.kind !== before.kind || !change.fields) {
    const given = validatedContent(change, place, uuid);
    if (change.kind === 'EVENT' || change.kind !== before.kind) return given;
    return validated(change.kind, given.id, nested({ ...before.state, ...given.fields }, place), place);
  }
  return validated(change.kind, idOf(change), nested({ ...before.state, ...change.fields }, place), place);
}

function refusalOfWhole(
  change: RecordChange,
  fields: Fields,
  current: CurrentRecord | undefined,
  same: boolean,
): RequestError | null {
  if (!current) return change.base ? stale(0) : null;
  if (current.kind !== change.kind) return otherKind();
  if (change.kind === 'EVENT' && same && !change.base) return null;
  if (change.base !== null) return change.base === current.version ? null : stale(current.version);
  if (change.kind !== 'EVENT') return null;
  if (isDeclaration(fields) && !isDeclaration(current.state)) return null;
  return {
    code: 'CONFLICT',
    message: 'An event with this id is known with another content; a correction needs an error declaration.',
    currentVersion: current.version,
  };
}

/** A change of some fields. Whether it is permitted is asked before anything is said about the record. */
function preparePatch(
  change: RecordChange,
  patch: Readonly<Record<string, JsonValue>>,
  known: ReadonlyMap<string, CurrentRecord>,
  place: string,
): PreparedChange {
  const id = idOf(change) as string;
  const current = known.get(id);
  const prepared: PreparedChange = {
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
  if (current.version !== change.base) return { ...prepared, refusal: stale(current.version) };
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

function common(change: RecordChange, record: string, current: CurrentRecord | undefined) {
  return {
    record,
    kind: change.kind,
    base: change.base,
    seenVersion: current?.version ?? 0,
    before: current ? attributesOf(current.kind, record, current.state) : null,
  };
}

function validated(kind: RecordKind, id: string | null, object: unknown, place: string) {
  const result = validateRecord(kind as RecordType, id, object);
  if (result.ok) return result;
  const [first] = result.problems;
  const more = result.problems.length > 1 ? ` (and ${result.problems.length - 1} more)` : '';
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
  return validated(change.kind, id, wholeContent(change, place), place);
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

/** The canonical id that the caller gave; null where it follows from the content. */
function idOf(change: RecordChange): string | null {
  if (change.valid) return change.valid.id;
  return change.record ? canonicalIdentifier(change.record) : null;
}

function stale(currentVersion: number): RequestError {
  return currentVersion === 0
    ? { code: 'STALE_BASE', message: 'There is no such record; a new one has base 0.', currentVersion }
    : { code: 'STALE_BASE', message: `The record has version ${currentVersion} now.`, currentVersion };
}

function otherKind(): RequestError {
  return { code: 'CONFLICT', message: 'A record of another kind has this id.' };
}

function isDeclaration(fields: Readonly<Fields>): boolean {
  return Object.keys(fields).some((name) => name.startsWith('errorDeclaration.'));
}

function changedNames(before: Readonly<Fields>, after: Readonly<Fields>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => stableJson(before[name] ?? null) !== stableJson(after[name] ?? null));
}

function sameState(before: Readonly<Fields>, after: Readonly<Fields>): boolean {
  return changedNames(before, after).length === 0;
}

/** JSON with sorted keys: equal contents have equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isObject(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : member,
  );
}

function hasNul(text: string): boolean {
  return text.includes('\0');
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
