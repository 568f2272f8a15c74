import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  audienceOf,
  booksWith,
  type Caller,
  hasRole,
  hasRoleSomewhere,
  type Role,
  ROLES,
} from '../../api/sharing/caller.ts';

const BOOKS = ['a.example/x', 'a.example/y'] as const;
const roles = fc.subarray<Role>([...ROLES]);
const callers: fc.Arbitrary<Caller> = fc
  .record({ own: fc.boolean(), roles, x: roles, y: roles })
  .map(({ own, roles: everywhere, x, y }) => ({
    organisation: 'a.example',
    clientId: 'a.example/people/1',
    own,
    roles: everywhere,
    rolesIn: new Map([
      [BOOKS[0], x],
      [BOOKS[1], y],
    ]),
    groups: [],
    expiresAt: Infinity,
  }));

test('a role in one book says nothing of another, nor of the node', () => {
  fc.assert(
    fc.property(callers, fc.constantFrom(...ROLES), (caller, role) => {
      const alone = { ...caller, rolesIn: new Map() };
      expect(hasRole(caller, role, null)).toBe(hasRole(alone, role, null));
      expect(hasRole(caller, role, 'a.example/z')).toBe(hasRole(alone, role, 'a.example/z'));
      const moved = { ...caller, rolesIn: new Map([[BOOKS[0], caller.rolesIn?.get(BOOKS[0]) ?? []]]) };
      expect(hasRole(caller, role, BOOKS[0])).toBe(hasRole(moved, role, BOOKS[0]));
    }),
  );
});

test('a role in all books counts in each, a role in any is one somewhere, and partners have none', () => {
  fc.assert(
    fc.property(callers, fc.constantFrom(...ROLES), (caller, role) => {
      const inAll = hasRole(caller, role, null);
      const inOnes = BOOKS.map((book) => hasRole(caller, role, book));
      expect(inAll && inOnes.includes(false)).toBe(false);
      expect(hasRoleSomewhere(caller, role)).toBe(inOnes.includes(true));
      expect(caller.own || !inOnes.includes(true)).toBe(true);
      expect(BOOKS.map((book) => audienceOf(caller, book).roles.includes(role))).toEqual(inOnes);
    }),
  );
});

test('the books in which a caller has a role are those in which it has it', () => {
  fc.assert(
    fc.property(callers, fc.constantFrom(...ROLES), (caller, role) => {
      const found = booksWith(caller, role);
      for (const book of BOOKS)
        expect(found === null || found.includes(book)).toBe(hasRole(caller, role, book));
    }),
  );
});
