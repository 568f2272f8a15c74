import { LotbookError } from '../errors.ts';
import { type Role, ROLES } from '../sharing/caller.ts';
import type { StoredRole } from '../store/people.ts';

/** A role in one book, or, with null, in all and in the node as a whole. */
export interface Assignment {
  role: Role;
  book: string | null;
}

const ALL = '*';
const MOST = 200;
/** `owner/name`, as books are named. */
const BOOK = /^[a-z0-9.-]{1,253}\/[^\s*\p{Cc}]{1,500}$/u;

/** @throws LotbookError BAD_INPUT */
export function toStored(given: readonly Assignment[], place: string): StoredRole[] {
  if (given.length > MOST) throw new LotbookError('TOO_LARGE', `Give at most ${MOST} roles.`, { place });
  const rows = new Map<string, StoredRole>();
  for (const [index, { role, book }] of given.entries()) {
    if (book !== null && !BOOK.test(book))
      throw new LotbookError('BAD_INPUT', 'A book is named <owner>/<name>.', {
        place: `${place}[${index}].book`,
      });
    rows.set(`${role} ${book ?? ALL}`, { role, book: book ?? ALL });
  }
  return [...rows.values()];
}

export function fromStored(rows: readonly StoredRole[]): Assignment[] {
  return rows.flatMap(({ role, book }) => {
    const known = ROLES.find((each) => each === role);
    return known ? [{ role: known, book: book === ALL ? null : book }] : [];
  });
}

/** As a caller has them. */
export function callerRoles(rows: readonly StoredRole[]): {
  roles: Role[];
  rolesIn: Map<string, Role[]>;
} {
  const roles: Role[] = [];
  const rolesIn = new Map<string, Role[]>();
  for (const { role, book } of fromStored(rows)) {
    if (book === null) roles.push(role);
    else rolesIn.set(book, [...(rolesIn.get(book) ?? []), role]);
  }
  return { roles, rolesIn };
}
