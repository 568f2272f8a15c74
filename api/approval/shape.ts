import { createHash } from 'node:crypto';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { isObject } from '../events/value.ts';
import { LotbookError } from '../errors.ts';
import type { RecordChange, UpdateInput } from './update.ts';

export const MAX_CHANGES_IN_UPDATE = 10_000;
const MAX_KEY_LENGTH = 256;

/**
 * Refuses an update that is malformed as a whole. `place` is its place in the call, such as `updates[3]`; `isByOwner`:
 * one that the owner's node made may change a sharing rule, or erase records; `mayLock`: it may be about locks alone.
 */
export function checkShape(update: UpdateInput, place: string, isByOwner = false, mayLock = false): void {
  const refuse = (message: string, at: string) => {
    throw new LotbookError('BAD_INPUT', message, { place: `${place}${at}` });
  };
  if (update.key.length < 1 || update.key.length > MAX_KEY_LENGTH || hasControl(update.key)) {
    refuse(
      `An idempotency key has 1 to ${MAX_KEY_LENGTH} characters, none of them a control character.`,
      '.key',
    );
  }
  const { book, key, reason } = update;
  for (const [name, text] of Object.entries({ book, key, reason })) {
    if (isUnfit(text)) refuse(UNFIT_MESSAGE, `.${name}`);
  }
  if (update.changes.length < 1 || update.changes.length > MAX_CHANGES_IN_UPDATE) {
    refuse(`An update has 1 to ${MAX_CHANGES_IN_UPDATE} changes.`, '.changes');
  }
  const isOfLocks = update.changes.some(({ kind }) => kind === 'LOCK');
  if (isOfLocks && !(mayLock && update.changes.every(({ kind }) => kind === 'LOCK')))
    refuse('Records are locked with lockRecords.', '.changes');
  update.changes.forEach((change, index) => {
    const at = `.changes[${index}]`;
    if (change.lock && (!Number.isInteger(change.lock) || change.lock < 0))
      refuse('A lock is given by its token.', `${at}.lock`);
    const ways = [change.fields, change.content, change.valid, change.erase].filter(
      (way) => way !== undefined && way !== null,
    );
    if (ways.length !== 1) refuse('Give either fields or content.', at);
    if (change.fields && !isObject(change.fields))
      refuse('Give fields as an object of names and values.', `${at}.fields`);
    const isRule = isByOwner && update.changes.length === 1 && isChangeOfRule(change);
    if (change.kind === 'GRANT' && !isRule)
      refuse('Sharing rules are changed with addGrant and endGrant.', `${at}.kind`);
    if (!isByOwner && isOfOperations(change))
      refuse('Cases, notices, new replies and emergencies are made with their own operations.', `${at}.kind`);
    if (change.base !== null && (!Number.isInteger(change.base) || change.base < 0)) {
      refuse('A base is a version, or 0 for a new record.', `${at}.base`);
    }
    if (isUnfit(change.record)) refuse(UNFIT_MESSAGE, `${at}.record`);
    if (change.erase !== undefined) {
      if (!isByOwner) refuse('Records are erased with eraseRecord.', at);
      if (!isReason(change.erase)) refuse(`A reason has 1 to ${MAX_REASON_LENGTH} plain characters.`, at);
    }
    if (!isRule && isReserved(change))
      refuse("Ids that begin with urn:lotbook: are the node's own: give another one.", `${at}.record`);
    if (change.base && !idOf(change)) refuse('Name the record to be changed.', `${at}.record`);
  });
}

/** SHA-256 over the content of an update: the same key with another content is a mistake. */
export function contentHash(update: UpdateInput): string {
  const content = update.changes.map(({ record, kind, base, fields, content: whole, valid, erase, lock }) => [
    valid?.id ?? record ?? null,
    kind,
    base,
    fields ?? null,
    whole ?? null,
    valid?.fields ?? null,
    ...(erase === undefined ? [] : [erase]),
    ...(lock ? [{ lock }] : []),
  ]);
  return createHash('sha256').update(stableJson(content)).digest('base64url');
}

/** The canonical id that the caller gave; null where it follows from the content. */
export function idOf(change: RecordChange): string | null {
  if (change.valid) return change.valid.id;
  return change.record ? canonicalIdentifier(change.record) : null;
}

/** JSON with sorted keys: equal contents have equal text. By hand, since every update is hashed. */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${stableJson(value[key])}`).join()}}`;
}

/** Rules have ids of this kind: a record that looks like a rule must not stand in a rule's way. */
function isReserved(change: RecordChange): boolean {
  const { content, fields } = change;
  const ids = [idOf(change), isObject(content) && content['eventID'], fields?.['eventID']];
  return ids.some((id) => typeof id === 'string' && /^urn:lotbook:/i.test(id));
}

function isChangeOfRule({ kind, record, base, fields }: RecordChange): boolean {
  return (
    kind === 'GRANT' && base !== null && Boolean(fields) && (record ?? '').startsWith('urn:lotbook:grant:')
  );
}

/** Who may take which step, and after which, is decided by an operation: a field that is set knows nothing of it. */
function isOfOperations({ kind, base }: RecordChange): boolean {
  return kind === 'CASE' || kind === 'NOTICE' || kind === 'EMERGENCY' || (kind === 'REPLY' && !base);
}

const MAX_REASON_LENGTH = 500;

export function isReason(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_REASON_LENGTH && !hasControl(text) && !isUnfit(text);
}

const UNFIT_MESSAGE = 'Text holds no NUL character and no half of a surrogate pair.';

/** What the database cannot hold; signed requests come past the reading of JSON that refuses it. */
function isUnfit(text: string | null | undefined): boolean {
  return typeof text === 'string' && /\0|\p{Surrogate}/u.test(text);
}

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
