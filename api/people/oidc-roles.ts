import { isObject } from '../events/value.ts';
import { type Role, ROLES } from '../sharing/caller.ts';

/** How the claims of an OpenID provider give roles. */
export interface RoleClaim {
  /** Name of the claim; with dots a path: `realm_access.roles`. Null: roles are given here, not there. */
  claim: string | null;
  /** Roles by value of the claim. Null: the values are the names of the roles. */
  map: ReadonlyMap<string, Role> | null;
}

/** The roles that the claims give in all books; null where roles are not given by claims. */
export function rolesFromClaims(
  claims: Readonly<Record<string, unknown>>,
  { claim, map }: RoleClaim,
): Role[] | null {
  if (claim === null) return null;
  let value: unknown = claims[claim];
  if (value === undefined) {
    value = claims;
    for (const name of claim.split('.'))
      value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  const values = new Set(Array.isArray(value) ? value : [value]);
  const given = new Set<unknown>();
  for (const each of values) {
    if (typeof each === 'string') given.add(map ? map.get(each) : each.toUpperCase());
  }
  return ROLES.filter((role) => given.has(role));
}

/** `lotbook-admins=ADMINISTRATOR,quality=APPROVER`; null where it is not that. */
export function parseRoleMap(text: string): Map<string, Role> | null {
  const map = new Map<string, Role>();
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=');
    const role = ROLES.find((each) => each === part.slice(at + 1).trim());
    const value = part.slice(0, Math.max(0, at)).trim();
    if (!role || value === '') return null;
    map.set(value, role);
  }
  return map;
}
