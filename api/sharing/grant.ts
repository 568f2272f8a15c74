import type { Fields } from '../events/fields.ts';
import type { JsonValue } from '../events/value.ts';
import type { RecordKind } from '../ledger/change.ts';
import { NAMES_FIELD } from '../ledger/field-value.ts';

/** READ: see the fields. REQUEST: propose values, a person decides. CHANGE: approved without a person. */
export const GRANT_RIGHTS = ['READ', 'REQUEST', 'CHANGE'] as const;
export type GrantRight = (typeof GRANT_RIGHTS)[number];

export const ORDINARY_PURPOSE = 'traceability';

/** Of a rule that is prepared for emergencies: it addresses nobody, and nobody can state this purpose. */
export const EMERGENCY_RULE = 'emergency:rule';

/** Of what is open for a case alone, to whoever asks for that case. Nobody can state it otherwise. */
export function purposeOfCase(id: string): string {
  return `case:${id}`;
}

/** A sharing rule: a record of its book, so that rules are versioned and signed too. Its terms never change; it can end. */
export interface Grant {
  /** Record id, `urn:lotbook:grant:<name>`. */
  id: string;
  version: number;
  /** Seq of its first version: without `backfill` only later changes are covered. */
  since: number;
  right: GrantRight;
  audience: {
    organisations: readonly string[];
    groups: readonly string[];
    /** Roles of the owner's own people and programs. */
    roles: readonly string[];
    public: boolean;
  };
  /** All conditions together; an empty list is no condition. */
  selector: {
    kinds: readonly RecordKind[];
    /** Canonical ids. */
    products: readonly string[];
    lots: readonly string[];
    /** Single records by their ids. */
    records: readonly string[];
    /** Event time in ms: from <= time < until. */
    from: number | null;
    until: number | null;
  };
  /** Exact names, or `*`. */
  fields: readonly string[];
  purpose: string;
  /** In ms: the grant is in force while from <= now < until. */
  from: number | null;
  until: number | null;
  backfill: boolean;
  title: string | null;
}

export type GrantTerms = Omit<Grant, 'id' | 'version' | 'since'>;

const AUDIENCE_ORGANISATION = 'audience.organisation:';
const AUDIENCE_GROUP = 'audience.group:';
const AUDIENCE_ROLE = 'audience.role:';
const AUDIENCE_PUBLIC = 'audience.public';
const SELECTOR = 'selector.';
const CONDITIONS = new Set(['kinds', 'products', 'lots', 'records', 'from', 'until']);

/**
 * A grant as fields of its record. Each member of the audience is a field of its own, so that a partner is shown that
 * it is meant, and nobody else who is.
 */
export function grantToFields(terms: GrantTerms): Fields {
  const fields: Record<string, JsonValue> = {
    right: terms.right,
    fields: [...terms.fields],
    purpose: terms.purpose,
    backfill: terms.backfill,
  };
  const { audience, selector } = terms;
  for (const organisation of audience.organisations) fields[AUDIENCE_ORGANISATION + organisation] = true;
  for (const group of audience.groups) fields[AUDIENCE_GROUP + group] = true;
  for (const role of audience.roles) fields[AUDIENCE_ROLE + role] = true;
  if (audience.public) fields[AUDIENCE_PUBLIC] = true;
  if (selector.kinds.length > 0) fields['selector.kinds'] = [...selector.kinds];
  if (selector.products.length > 0) fields['selector.products'] = [...selector.products];
  if (selector.lots.length > 0) fields['selector.lots'] = [...selector.lots];
  if (selector.records.length > 0) fields['selector.records'] = [...selector.records];
  setTime(fields, 'selector.from', selector.from);
  setTime(fields, 'selector.until', selector.until);
  setTime(fields, 'from', terms.from);
  setTime(fields, 'until', terms.until);
  if (terms.title !== null) fields['title'] = terms.title;
  return fields;
}

/**
 * The grant that a record's fields describe; from a partner's copy its own share of the audience. With a condition that a later
 * version has made and this one does not know it was never in force: it would select more than was meant.
 */
export function grantFromFields(
  record: { id: string; version: number; since: number },
  fields: Fields,
): Grant {
  const named = (prefix: string) =>
    Object.keys(fields)
      .filter((name) => name.startsWith(prefix) && fields[name] === true)
      .map((name) => name.slice(prefix.length));
  return {
    id: record.id,
    version: record.version,
    since: record.since,
    right: fields['right'] as GrantRight,
    audience: {
      organisations: named(AUDIENCE_ORGANISATION),
      groups: named(AUDIENCE_GROUP),
      roles: named(AUDIENCE_ROLE),
      public: fields[AUDIENCE_PUBLIC] === true,
    },
    selector: {
      kinds: list(fields['selector.kinds']) as RecordKind[],
      products: list(fields['selector.products']),
      lots: list(fields['selector.lots']),
      records: list(fields['selector.records']),
      from: time(fields['selector.from']),
      until: time(fields['selector.until']),
    },
    fields: list(fields['fields']),
    purpose: typeof fields['purpose'] === 'string' ? fields['purpose'] : ORDINARY_PURPOSE,
    from: time(fields['from']),
    until: Object.keys(fields).every(isKnown) ? time(fields['until']) : 0,
    backfill: fields['backfill'] === true,
    title: typeof fields['title'] === 'string' ? fields['title'] : null,
  };
}

function isKnown(name: string): boolean {
  return !name.startsWith(SELECTOR) || CONDITIONS.has(name.slice(SELECTOR.length));
}

/** Which fields of a grant's record this audience may see: the terms, and its own share of the audience. */
export function visibleGrantFields(names: readonly string[], audience: Audience): string[] {
  return names.filter((name) => {
    // The list of all set names would tell who else is in the audience.
    if (name === NAMES_FIELD) return false;
    if (!name.startsWith('audience.')) return true;
    if (name.startsWith(AUDIENCE_ORGANISATION)) {
      return name.slice(AUDIENCE_ORGANISATION.length) === audience.organisation;
    }
    if (name.startsWith(AUDIENCE_GROUP)) return audience.groups.includes(name.slice(AUDIENCE_GROUP.length));
    return name === AUDIENCE_PUBLIC;
  });
}

/** Who asks. `roles` only for the owner's own people and programs. */
export interface Audience {
  organisation: string;
  groups: readonly string[];
  roles: readonly string[];
}

export function isAddressed(grant: Pick<Grant, 'audience'>, audience: Audience): boolean {
  const { organisations, groups, roles } = grant.audience;
  return (
    grant.audience.public ||
    organisations.includes(audience.organisation) ||
    groups.some((group) => audience.groups.includes(group)) ||
    roles.some((role) => audience.roles.includes(role))
  );
}

function list(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function time(value: JsonValue | undefined): number | null {
  return typeof value === 'string' ? Date.parse(value) : null;
}

function setTime(fields: Record<string, JsonValue>, name: string, ms: number | null): void {
  if (ms !== null) fields[name] = new Date(ms).toISOString();
}
