import { LotbookError } from '../errors.ts';
import type { RecordKind } from '../ledger/change.ts';
import type { Caller } from '../sharing/caller.ts';
import { ORDINARY_PURPOSE, type GrantTerms } from '../sharing/grant.ts';
import { findOrganisation } from '../store/partners.ts';
import { accepted, instant, judged, needRole, write, wrong, type CasesDeps } from './deps.ts';
import { mark, readCase, readKinds, noticeIn, type CaseContent, type InFile } from './file.ts';

/** What investigators of several organisations write together. Notices are the owner's own. */
export const ENTRY_KINDS = [
  'CASE_LINE',
  'SUSPECT',
  'TASK',
  'CASE_DECISION',
  'CHECK',
] as const satisfies readonly RecordKind[];
const FILE_KINDS: readonly RecordKind[] = ['CASE', ...ENTRY_KINDS, 'NOTE'];

export interface OpenCaseInput {
  title: string;
  class?: CaseContent['class'] | null | undefined;
  hazard?: string | null | undefined;
  product?: string | null | undefined;
  clockStart?: Date | null | undefined;
  drill: boolean;
}

/** Opens a case under a new id, in a book of its own. @throws LotbookError BAD_INPUT */
export async function openCase(
  deps: CasesDeps,
  caller: Caller,
  input: OpenCaseInput,
): Promise<InFile<CaseContent>> {
  const { clock } = deps;
  needRole(caller, 'INVESTIGATOR', null);
  const now = clock();
  const start = input.clockStart?.getTime() ?? now;
  if (start > now) throw wrong('The clock of a case begins now, or began before.', 'input.clockStart');
  return openFile(deps, caller, `urn:uuid:${deps.randomId()}`, {
    title: input.title,
    state: 'OPEN',
    clockStart: instant(start),
    drill: input.drill,
    ...(input.class && { class: input.class }),
    ...(input.hazard && { hazard: input.hazard }),
    ...(input.product && { product: input.product }),
    openedBy: caller.clientId,
  });
}

/** The book of a case is named by its id: whoever opens it again goes on where it was cut off. */
export async function openFile(
  deps: CasesDeps,
  caller: Caller,
  id: string,
  content: CaseContent,
): Promise<InFile<CaseContent>> {
  const { approval, organisation } = deps;
  const name = `case-${id.slice('urn:uuid:'.length)}`;
  const book = `${organisation}/${name}`;
  const title = content.title.trim().slice(0, 200) || name;
  await approval.createBook(judged(caller), { name, title }).catch(unlessThere);
  await grant(deps, caller, book, 'investigators', {
    right: 'CHANGE',
    audience: { organisations: [], groups: [], roles: ['INVESTIGATOR'], public: false },
    kinds: [...ENTRY_KINDS, 'NOTE'],
    title: 'Our investigators write the file',
  });
  await write(deps, caller, book, [{ record: id, kind: 'CASE', base: 0, content }]);
  return readCase(deps, judged(caller), book);
}

/** Lets a partner read the file, or work on it. @throws LotbookError NOT_FOUND for no active partner */
export async function shareCase(
  deps: CasesDeps,
  caller: Caller,
  { book, organisation, work }: { book: string; organisation: string; work: boolean },
): Promise<InFile<CaseContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const found = await readCase(deps, caller, book);
  const partner = await findOrganisation(deps.db.prisma, organisation);
  if (partner?.status !== 'ACTIVE')
    throw new LotbookError('NOT_FOUND', 'There is no such active partner.', { place: 'organisation' });
  const audience = { organisations: [organisation], groups: [], roles: [], public: false };
  const name = mark(found.id, organisation);
  await grant(deps, caller, book, `file-${name}`, {
    right: 'READ',
    audience,
    kinds: FILE_KINDS,
    backfill: true,
    title: 'The file of the case',
  });
  if (work) {
    const title = 'Works on the case with us';
    await grant(deps, caller, book, `work-${name}`, { right: 'CHANGE', audience, kinds: ENTRY_KINDS, title });
  }
  return found;
}

/** @throws LotbookError CONFLICT while a notice is open */
export async function closeCase(
  deps: CasesDeps,
  caller: Caller,
  { book, summary }: { book: string; summary: string },
): Promise<InFile<CaseContent>> {
  needRole(caller, 'INVESTIGATOR', book);
  const { id, version, content } = await readCase(deps, caller, book);
  const notices = (await readKinds(deps, caller, book, ['NOTICE'])).map(noticeIn);
  if (notices.some(({ content: { state } }) => state !== 'CLOSED' && state !== 'CANCELLED'))
    throw new LotbookError('CONFLICT', 'A notice of the case is still open: close or cancel it first.');
  if (content.state === 'CLOSED') throw new LotbookError('CONFLICT', 'The case is closed.');
  const closed: CaseContent = {
    ...content,
    state: 'CLOSED',
    closedAt: instant(deps.clock()),
    closedBy: caller.clientId,
    summary,
  };
  await write(deps, caller, book, [{ record: id, kind: 'CASE', base: version, content: closed }]);
  return readCase(deps, caller, book);
}

/** Adds a rule of a case under a name; one that is there already stays. */
export async function grant(
  { approval }: Pick<CasesDeps, 'approval'>,
  caller: Caller,
  book: string,
  name: string,
  given: Pick<GrantTerms, 'right' | 'audience' | 'title'> & {
    kinds?: readonly RecordKind[];
    records?: readonly string[];
    fields?: readonly string[];
    backfill?: boolean;
  },
): Promise<void> {
  const { right, audience, title, kinds = [], records = [], fields = ['*'], backfill = false } = given;
  const terms: GrantTerms = {
    right,
    audience,
    selector: { kinds, products: [], lots: [], records, from: null, until: null },
    fields,
    purpose: ORDINARY_PURPOSE,
    from: null,
    until: null,
    backfill,
    title,
  };
  const id = `urn:lotbook:grant:${name}`;
  await approval.changeGrant(judged(caller), { book, id, terms, base: 0 }).then(accepted).catch(unlessThere);
}

/** Whoever adds a rule again goes on where it was cut off. */
export function unlessThere(error: unknown): void {
  const isThere = error instanceof LotbookError && (error.code === 'CONFLICT' || error.code === 'STALE_BASE');
  if (!isThere) throw error;
}
