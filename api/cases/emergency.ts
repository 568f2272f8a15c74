import { LotbookError } from '../errors.ts';
import { unflatten } from '../events/fields.ts';
import { CASE } from '../identity/inquiry.ts';
import type { RecordView } from '../delivery/records.ts';
import type { Caller } from '../sharing/caller.ts';
import { EMERGENCY_RULE, type Grant, purposeOfCase, type GrantTerms } from '../sharing/grant.ts';
import { findOrganisation } from '../store/partners.ts';
import { accepted, instant, judged, needRole, write, wrong, type CasesDeps } from './deps.ts';
import { mark, readKinds, type InFile } from './file.ts';
import { grant, unlessThere } from './open-case.ts';

/** As its record holds it (events/case-shapes.ts); to a party only what it is told. */
export interface EmergencyContent {
  case: string;
  state: 'PROPOSED' | 'DECLARED' | 'ENDED';
  class?: 'CLASS_I' | 'CLASS_II' | 'CLASS_III';
  reason: string;
  rules?: readonly string[];
  parties?: readonly string[];
  until: string;
  proposedBy?: string;
  approvedBy?: string;
  declaredAt?: string;
  endedBy?: string;
  endedAt?: string;
  remark?: string;
}

export type Emergency = InFile<EmergencyContent>;

/** What is prepared: which fields of which records. For whom and until when is said when a recall is declared. */
export interface EmergencyRule extends Pick<GrantTerms, 'selector' | 'fields' | 'backfill' | 'title'> {
  book: string;
  /** Record id of the rule. */
  id: string;
}

export interface ProposeEmergency {
  book: string;
  case: string;
  class?: EmergencyContent['class'] | null | undefined;
  reason: string;
  /** Left out, all that are prepared. */
  rules?: readonly string[] | null | undefined;
  parties: readonly string[];
  until: Date;
}

interface InBook {
  book: string;
  id: string;
}

const MOST_DAYS = 90;
const MOST_PARTIES = 100;
/** What a party is told of the emergency for which something is open to it. */
const TOLD_FIELDS = ['case', 'state', 'class', 'reason', 'until', 'declaredAt', 'endedAt'];
const NOBODY = { organisations: [], groups: [], roles: [], public: false };

function isEmergencyRule({ purpose, until }: Pick<Grant, 'purpose' | 'until'>, now: number): boolean {
  return purpose === EMERGENCY_RULE && (until === null || now < until);
}

/** A rule that opens nothing to anybody until a recall is declared. Its end is that of any rule. */
export async function addEmergencyRule(
  { approval }: CasesDeps,
  caller: Caller,
  { book, id, ...opens }: EmergencyRule,
): Promise<void> {
  needRole(caller, 'ADMINISTRATOR', book);
  const terms: GrantTerms = {
    ...opens,
    right: 'READ',
    audience: NOBODY,
    purpose: EMERGENCY_RULE,
    from: null,
    until: null,
  };
  accepted(await approval.changeGrant(judged(caller), { book, id, terms, base: 0 }));
}

/** The emergencies of the books that the caller sees, the newest first; null: of all books. */
export async function listEmergencies(
  deps: CasesDeps,
  caller: Caller,
  book: string | null,
): Promise<Emergency[]> {
  const books = book === null ? (await deps.reading.books(caller)).map(({ id }) => id) : [book];
  const found: Emergency[] = [];
  for (const id of books) {
    found.push(...(await readKinds(deps, caller, id, ['EMERGENCY'])).map(emergencyIn).toReversed());
  }
  return found;
}

/** @throws LotbookError BAD_INPUT with the place */
export async function proposeEmergency(
  deps: CasesDeps,
  caller: Caller,
  input: ProposeEmergency,
): Promise<Emergency> {
  const { book, case: of, reason } = input;
  needRole(caller, 'INVESTIGATOR', book);
  if (!CASE.test(of)) throw wrong('Name the case in one line.', 'input.case');
  const now = deps.clock();
  const lastsMs = input.until.getTime() - now;
  if (lastsMs <= 0 || lastsMs > MOST_DAYS * 86_400_000)
    throw wrong(`An emergency ends in the future, in ${MOST_DAYS} days at the latest.`, 'input.until');
  const content: EmergencyContent = {
    case: of,
    state: 'PROPOSED',
    ...(input.class && { class: input.class }),
    reason,
    rules: await chosenRules(deps, input),
    parties: await checkedParties(deps, input.parties),
    until: instant(input.until.getTime()),
    proposedBy: caller.clientId,
  };
  const id = `urn:uuid:${deps.randomId()}`;
  await write(deps, caller, book, [{ record: id, kind: 'EMERGENCY', base: 0, content }]);
  return readEmergency(deps, caller, book, id);
}

/**
 * A second person declares the recall: this is the moment from which the rules are open. The version that says so is written
 * first, then what it opens; cut off in between it is repeated.
 * @throws LotbookError NOT_PERMITTED for who proposed it
 */
export async function declareEmergency(
  deps: CasesDeps,
  caller: Caller,
  { book, id }: InBook,
): Promise<Emergency> {
  needRole(caller, 'APPROVER', book);
  const found = await readEmergency(deps, caller, book, id);
  const { content, version } = found;
  const now = deps.clock();
  if (content.state === 'ENDED' || Date.parse(content.until) <= now)
    throw new LotbookError('CONFLICT', 'This emergency is over: propose another one.');
  if (content.state === 'PROPOSED') {
    if (caller.clientId === content.proposedBy)
      throw new LotbookError('NOT_PERMITTED', 'Another person declares this than the one who proposed it.');
    const declared: EmergencyContent = {
      ...content,
      state: 'DECLARED',
      approvedBy: caller.clientId,
      declaredAt: instant(now),
    };
    await write(deps, caller, book, [{ record: id, kind: 'EMERGENCY', base: version, content: declared }]);
  }
  await openTo(deps, caller, found);
  return readEmergency(deps, caller, book, id);
}

/** Closes what was opened, then says so. Also declines what was only proposed. Cut off in between it is repeated. */
export async function endEmergency(
  deps: CasesDeps,
  caller: Caller,
  { book, id, reason }: InBook & { reason: string },
): Promise<Emergency> {
  needRole(caller, 'INVESTIGATOR', book);
  const found = await readEmergency(deps, caller, book, id);
  const { content, version } = found;
  const now = deps.clock();
  await close(deps, caller, found, now);
  if (content.state === 'ENDED') return found;
  const ended: EmergencyContent = {
    ...content,
    state: 'ENDED',
    endedBy: caller.clientId,
    endedAt: instant(now),
    remark: reason,
  };
  await write(deps, caller, book, [{ record: id, kind: 'EMERGENCY', base: version, content: ended }]);
  return readEmergency(deps, caller, book, id);
}

/** The parties learn of it by the record itself; what the rules open they get who ask for the case. */
async function openTo(deps: CasesDeps, caller: Caller, { book, id, content }: Emergency): Promise<void> {
  const audience = { ...NOBODY, organisations: content.parties ?? [] };
  const now = deps.clock();
  const until = Date.parse(content.until);
  for (const rule of await deps.grants.of(book)) {
    if (!content.rules?.includes(rule.id) || !isEmergencyRule(rule, now)) continue;
    const { right, selector, fields, backfill, title } = rule;
    const purpose = purposeOfCase(content.case);
    const terms: GrantTerms = {
      right,
      selector,
      fields,
      backfill,
      title,
      audience,
      purpose,
      from: null,
      until,
    };
    const change = { book, id: openingOf(id, rule.id), terms, base: 0 };
    await deps.approval.changeGrant(judged(caller), change).then(accepted).catch(unlessThere);
  }
  await grant(deps, caller, book, `emergency-${mark(id, 'told')}`, {
    right: 'READ',
    audience,
    records: [id],
    fields: TOLD_FIELDS,
    backfill: true,
    title: 'Is told of the emergency',
  });
}

async function close(
  { approval, grants }: CasesDeps,
  caller: Caller,
  { book, id, content }: Emergency,
  now: number,
): Promise<void> {
  const opened = new Set(content.rules?.map((rule) => openingOf(id, rule)));
  for (const { id: opening, version, since: _, ...terms } of await grants.of(book)) {
    if (!opened.has(opening) || (terms.until !== null && terms.until <= now)) continue;
    const change = { book, id: opening, terms: { ...terms, until: now }, base: version };
    accepted(await approval.changeGrant(judged(caller), change));
  }
}

/** The grant that a rule becomes. */
function openingOf(emergency: string, rule: string): string {
  return `urn:lotbook:grant:emergency-${mark(emergency, rule)}`;
}

/** @throws LotbookError CONFLICT where nothing is prepared, BAD_INPUT for a rule that is not */
async function chosenRules(
  { grants, clock }: CasesDeps,
  { book, rules }: Pick<ProposeEmergency, 'book' | 'rules'>,
): Promise<string[]> {
  const prepared = (await grants.of(book)).filter((rule) => isEmergencyRule(rule, clock()));
  const known = prepared.map(({ id }) => id);
  if (known.length === 0)
    throw new LotbookError('CONFLICT', 'No emergency rule is prepared in this book: add one first.');
  const unknown = rules?.findIndex((rule) => !known.includes(rule)) ?? -1;
  if (unknown >= 0) throw wrong('There is no such emergency rule in the book.', `input.rules[${unknown}]`);
  return rules?.length ? [...new Set(rules)] : known;
}

/** @throws LotbookError BAD_INPUT for one that is no active partner */
async function checkedParties(
  { db, organisation: self }: CasesDeps,
  given: readonly string[],
): Promise<string[]> {
  const parties = [...new Set(given)];
  if (parties.length < 1 || parties.length > MOST_PARTIES)
    throw wrong(`Name 1 to ${MOST_PARTIES} parties.`, 'input.parties');
  for (const [at, party] of parties.entries()) {
    const partner = party === self ? null : await findOrganisation(db.prisma, party);
    if (partner?.status !== 'ACTIVE') throw wrong('This is no active partner.', `input.parties[${at}]`);
  }
  return parties;
}

/** @throws LotbookError NOT_FOUND */
async function readEmergency(
  { reading }: CasesDeps,
  caller: Caller,
  book: string,
  id: string,
): Promise<Emergency> {
  const view = await reading.record({ caller, book, id });
  if (view?.kind === 'EMERGENCY' && view.erased === null) return emergencyIn(view);
  throw new LotbookError('NOT_FOUND', 'There is no such emergency, or none that you may see.', {
    place: 'id',
  });
}

/** An emergency whose time is over has ended by itself: nothing has to be written for that. */
export function stateOf({ state, until }: EmergencyContent, now: number): EmergencyContent['state'] | 'OVER' {
  return state !== 'ENDED' && Date.parse(until) <= now ? 'OVER' : state;
}

function emergencyIn({ book, id, version, fields }: RecordView): Emergency {
  return { book, id, version, content: unflatten(fields) as unknown as EmergencyContent };
}
