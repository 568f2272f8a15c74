import { randomUUID } from 'node:crypto';
import type { GrantTerms } from '../../../api/sharing/grant.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../../support/approval.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { terms } from './log.ts';

export const OWNER = 'green.example';
export const HARVEST = 'green.example/harvest';
/** What all notes are about. */
const PRODUCT = 'https://id.gs1.org/01/09521234543213';
const admin = ownCaller(OWNER, 'ADMINISTRATOR');

export interface TestBook extends TestAuthority {
  /** Of its database. */
  url: string;
}

/** An authority with one book, on a database of its own. */
export async function openBook(): Promise<TestBook> {
  const fresh = await freshDatabase();
  const authority = await openAuthority(OWNER, { url: fresh.url });
  await authority.approval.createBook(admin, { name: 'harvest', title: 'Harvest' });
  const close = async () => {
    await authority.close();
    await fresh.drop();
  };
  return { ...authority, url: fresh.url, close };
}

export async function addGrant(
  { approval }: TestAuthority,
  name: string,
  given: Partial<GrantTerms>,
): Promise<string> {
  const id = `urn:lotbook:grant:${name}`;
  await approval.changeGrant(admin, { book: HARVEST, id, terms: terms(given), base: 0 });
  return id;
}

export async function endGrant(
  { approval, clock }: TestAuthority,
  id: string,
  given: Partial<GrantTerms>,
): Promise<void> {
  const ended = { ...terms(given), until: clock.now };
  await approval.changeGrant(admin, { book: HARVEST, id, terms: ended, base: 1 });
}

/** Adds notes; their ids. */
export async function addNotes({ approval }: TestAuthority, texts: readonly string[]): Promise<string[]> {
  const ids = texts.map(() => `urn:uuid:${randomUUID()}`);
  const changes = texts.map((text, at) => ({
    kind: 'NOTE' as const,
    record: ids[at],
    base: 0,
    content: { text, about: [PRODUCT] },
  }));
  const [view] = await approval.requestUpdates(admin, [{ book: HARVEST, key: randomUUID(), changes }]);
  if (view?.error) throw new Error(`${view.error.message} ${view.error.place ?? ''}`);
  return ids;
}

export async function changeNote({ approval }: TestAuthority, id: string, text: string): Promise<void> {
  const changes = [{ kind: 'NOTE' as const, record: id, base: 1, fields: { text } }];
  const [view] = await approval.requestUpdates(admin, [{ book: HARVEST, key: randomUUID(), changes }]);
  if (view?.error) throw new Error(`${view.error.message} ${view.error.place ?? ''}`);
}
