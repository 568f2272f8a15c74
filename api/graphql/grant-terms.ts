import { LotbookError } from '../errors.ts';
import { isFieldName } from '../events/fields.ts';
import { canonicalIdentifier, identify } from '../events/identifiers.ts';
import { isFieldName as isCommitted } from '../ledger/field-value.ts';
import { ORDINARY_PURPOSE, type GrantTerms } from '../sharing/grant.ts';
import type { AddGrantInput } from './generated/resolvers.ts';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const ORGANISATION = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const GROUP = /^[a-z0-9][a-z0-9-]{0,62}$/;
const PURPOSE = /^[a-z][a-z0-9-]{0,62}$/;
const LONGEST_NAME = 63;
const LONGEST_TITLE = 200;
const LONGEST_LIST = 1_000;

/** The record id of a new grant. @throws LotbookError BAD_INPUT */
export function grantId(name: string): string {
  check(
    NAME.test(name) && name.length <= LONGEST_NAME,
    'name',
    'Use lower-case letters, digits and hyphens.',
  );
  return `urn:lotbook:grant:${name}`;
}

/**
 * The terms of a new grant: complete, each value once, identifiers canonical.
 * @throws LotbookError BAD_INPUT with the place in `input`
 */
export function termsOf(input: AddGrantInput, now: number): GrantTerms {
  const { selector, right = 'READ', purpose = ORDINARY_PURPOSE, backfill = false } = input;
  const from = input.from?.getTime() ?? null;
  const until = input.until?.getTime() ?? null;
  const title = input.title ?? null;
  check(from === null || until === null || from < until, 'until', 'A grant ends after it begins.');
  check(until === null || until > now, 'until', 'A new grant ends in the future.');
  check(
    !(backfill && from !== null && from > now),
    'backfill',
    'A grant that begins later cannot reach back: leave out from, or backfill.',
  );
  check(PURPOSE.test(purpose), 'purpose', 'Name the purpose with lower-case letters, digits and hyphens.');
  check(
    title === null || (title.length <= LONGEST_TITLE && !hasControl(title)),
    'title',
    'Use a shorter, plain title.',
  );
  return {
    right,
    audience: audienceOf(input.audience),
    selector: {
      kinds: once(selector?.kinds, 'selector.kinds'),
      products: identifiers(selector?.products, 'selector.products'),
      lots: identifiers(selector?.lots, 'selector.lots'),
      records: once(selector?.records?.map(canonicalIdentifier), 'selector.records'),
      ...periodOf(selector),
    },
    fields: fieldsOf(input.fields),
    purpose,
    from,
    until,
    backfill,
    title,
  };
}

function audienceOf(given: AddGrantInput['audience']): GrantTerms['audience'] {
  const audience = {
    organisations: once(given.organisations, 'audience.organisations'),
    groups: once(given.groups, 'audience.groups'),
    roles: once(given.roles, 'audience.roles'),
    public: given.public ?? false,
  };
  each(
    audience.organisations,
    'audience.organisations',
    (id) => ORGANISATION.test(id),
    'Name an organisation: packer.example.',
  );
  each(
    audience.groups,
    'audience.groups',
    (id) => GROUP.test(id),
    'Use lower-case letters, digits and hyphens.',
  );
  const { organisations, groups, roles } = audience;
  const somebody = audience.public || organisations.length + groups.length + roles.length > 0;
  check(somebody, 'audience', 'Say for whom the grant is.');
  return audience;
}

function fieldsOf(given: readonly string[]): string[] {
  const fields = once(given, 'fields');
  check(fields.length > 0, 'fields', 'Name at least one field, or * for all.');
  each(
    fields,
    'fields',
    // Every change that the grant covers commits to the name: one that cannot be committed to would stop them all.
    (name) => name === '*' || (isFieldName(name) && isCommitted(name)),
    'Give an exact field name, or * for all.',
  );
  return fields;
}

function periodOf(selector: AddGrantInput['selector']): { from: number | null; until: number | null } {
  const from = selector?.from?.getTime() ?? null;
  const until = selector?.until?.getTime() ?? null;
  check(from === null || until === null || from < until, 'selector.until', 'A period ends after it begins.');
  return { from, until };
}

function identifiers(given: readonly string[] | null | undefined, place: string): string[] {
  each(
    given ?? [],
    place,
    (id) => identify(id).fault === undefined,
    'Give an identifier as a URI, with a correct check digit.',
  );
  return once(given?.map(canonicalIdentifier), place);
}

function once<T>(given: readonly T[] | null | undefined, place: string): T[] {
  const list = [...new Set(given ?? [])];
  check(list.length <= LONGEST_LIST, place, `Give at most ${LONGEST_LIST}.`);
  return list;
}

function each(
  list: readonly string[],
  place: string,
  isGood: (item: string) => boolean,
  message: string,
): void {
  const wrong = list.findIndex((item) => !isGood(item));
  check(wrong < 0, `${place}[${wrong}]`, message);
}

function check(isGood: boolean, place: string, message: string): void {
  if (!isGood) throw new LotbookError('BAD_INPUT', message, { place: `input.${place}` });
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
