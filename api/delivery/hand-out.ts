import type { JsonValue } from '../events/value.ts';
import { opener } from '../ledger/disclose.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';
import { ERASED_FIELD, erasureOf, type Erasure } from '../ledger/erasure.ts';
import { isAddressed, type Grant } from '../sharing/grant.ts';
import {
  isInForce,
  permittedFields,
  type Permitted,
  type Question,
  type Subject,
} from '../sharing/permitted.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { StoredChange } from '../store/entries.ts';

/** What one audience gets of one version of a record. */
export interface HandedOut {
  /** The permitted fields that are set. */
  fields: Record<string, JsonValue>;
  /** What opens the permitted fields in the token, unset ones to null. */
  disclosures: string[];
  /** By which grants each name is permitted; empty for the owner's own people, who need none. */
  permitted: Permitted;
  /** Names that are permitted and that the version never committed to: they are not set, and nothing proves it. */
  missing: readonly string[];
}

/**
 * The one way in which the content of an entry leaves this node. `'OWN'` is for the node's own people: everything that
 * it holds. Everybody else gets what `permittedFields` says now, and of a local copy nothing, since its content is
 * another organisation's to share. Null: for this audience the entry does not exist - nothing of it is permitted, or
 * nothing that is permitted can be opened (after erasure, or a name that the version never committed to).
 */
export function handOut(
  entry: StoredChange,
  recordKey: Uint8Array | null,
  grants: readonly Grant[],
  question: Question | 'OWN',
): HandedOut | null {
  const erasure = erasureOf(entry.state);
  if (erasure) return tombstone(entry, recordKey, grants, question, erasure);
  if (question === 'OWN') return everything(entry, recordKey);
  if (entry.disclosures !== null || entry.state === null || recordKey === null) return null;
  const names = candidateNames(entry.state, grants, question);
  const permitted = permittedFields(grants, subjectOf(entry), names, question);
  if (permitted.size === 0) return null;
  const { disclosures, missing } = openerOf(entry, recordKey, entry.state)(permitted.keys());
  if (disclosures.length === 0) return null;
  return {
    fields: pick(entry.state, permitted),
    disclosures,
    permitted: without(permitted, missing),
    missing,
  };
}

/**
 * Of an erased record there is the word that it is, for whoever could see it before: by a grant that addresses it, also one
 * that has ended.
 */
function tombstone(
  entry: StoredChange,
  recordKey: Uint8Array | null,
  grants: readonly Grant[],
  question: Question | 'OWN',
  { shown }: Erasure,
): HandedOut | null {
  const { state } = entry;
  const isHeld = entry.disclosures === null && state !== null && recordKey !== null;
  const disclosures = isHeld ? openerOf(entry, recordKey, state)([ERASED_FIELD]).disclosures : [];
  if (question === 'OWN')
    return { fields: {}, disclosures: entry.disclosures ?? disclosures, permitted: new Map(), missing: [] };
  if (!isHeld) return null;
  const by = grants.filter((grant) => shown.includes(grant.id) && isAddressed(grant, question.audience));
  if (by.length === 0) return null;
  return {
    fields: {},
    disclosures,
    permitted: new Map([[ERASED_FIELD, by.map(({ id }) => id)]]),
    missing: [],
  };
}

/** What the decision about an entry goes by. Worked out from the full state, once for each entry that is in memory. */
export function subjectOf(entry: StoredChange): Subject {
  let subject = subjects.get(entry);
  if (!subject) subjects.set(entry, (subject = makeSubject(entry)));
  return subject;
}

const subjects = new WeakMap<StoredChange, Subject>();
const openers = new WeakMap<StoredChange, ReturnType<typeof opener>>();

function makeSubject({ record, kind, seq, at, state }: StoredChange): Subject {
  return { seq, at: at.getTime(), ...attributesOf(kind, record, state ?? {}) };
}

function openerOf(entry: StoredChange, recordKey: Uint8Array, state: Record<string, JsonValue>) {
  let open = openers.get(entry);
  if (!open) openers.set(entry, (open = opener({ token: entry.token, recordKey, state })));
  return open;
}

function everything(entry: StoredChange, recordKey: Uint8Array | null): HandedOut {
  const { state } = entry;
  if (entry.disclosures !== null || state === null || recordKey === null) {
    return { fields: state ?? {}, disclosures: entry.disclosures ?? [], permitted: new Map(), missing: [] };
  }
  const names = [...Object.keys(state), NAMES_FIELD];
  const { disclosures } = openerOf(entry, recordKey, state)(names);
  return { fields: state, disclosures, permitted: new Map(), missing: [] };
}

/**
 * The names that are set, their list, and the unset ones that a grant in force for this audience names exactly. Other
 * audiences' grants add none: a null would tell that somebody else was granted such a field.
 */
function candidateNames(
  state: Record<string, JsonValue>,
  grants: readonly Grant[],
  question: Question,
): string[] {
  const names = new Set(Object.keys(state)).add(NAMES_FIELD);
  for (const grant of grants) {
    if (grant.right !== 'READ' || !isInForce(grant, question)) continue;
    for (const name of grant.fields) if (name !== '*') names.add(name);
  }
  return [...names];
}

function pick(state: Record<string, JsonValue>, permitted: Permitted): Record<string, JsonValue> {
  const fields: Record<string, JsonValue> = {};
  for (const name of permitted.keys()) {
    if (Object.hasOwn(state, name)) fields[name] = state[name] as JsonValue;
  }
  return fields;
}

function without(permitted: Permitted, missing: readonly string[]): Permitted {
  if (missing.length === 0) return permitted;
  return new Map([...permitted].filter(([name]) => !missing.includes(name)));
}
