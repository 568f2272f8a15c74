import type { Audience } from './grant.ts';

export const ROLES = ['VIEWER', 'EDITOR', 'APPROVER', 'INVESTIGATOR', 'AUDITOR', 'ADMINISTRATOR'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, as an access token or a session established it. */
export interface Caller {
  organisation: string;
  /**
   * The organisation for its node, `organisation/program` for a program of it with a key, `organisation/people/<id>` for a
   * person, `organisation/tokens/<id>` for a program with an API token.
   */
  clientId: string;
  /** True for this node's own organisation: its people and programs. */
  own: boolean;
  /** True for no partner of this node: it has no standing in this node's books, only in those of who introduced it. */
  introduced?: boolean;
  /** In all books, and in the node as a whole. Only own callers have roles; partners have grants. */
  roles: readonly Role[];
  /** Further roles in single books. */
  rolesIn?: ReadonlyMap<string, readonly Role[]>;
  /** Groups of partners that grants can name. */
  groups: readonly string[];
  /** Until when the caller is believed to be this one, ms: what is open then is closed. */
  expiresAt: number;
  /** Of a person: its id here, and that of the session. */
  person?: { id: string; session: string };
}

/** What a caller can be. NODE, PROGRAM (with a key), TOKEN and PERSON are of this organisation. */
export const CALLER_KINDS = ['NODE', 'PROGRAM', 'TOKEN', 'PERSON', 'PARTNER', 'INTRODUCED'] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];

export function kindOf({ own, introduced, person, clientId, organisation }: Caller): CallerKind {
  if (!own) return introduced ? 'INTRODUCED' : 'PARTNER';
  if (person) return 'PERSON';
  if (clientId === organisation) return 'NODE';
  return clientId.startsWith(`${organisation}/tokens/`) ? 'TOKEN' : 'PROGRAM';
}

/** Each of these roles includes those after it. */
const INCLUDES: Partial<Record<Role, readonly Role[]>> = {
  ADMINISTRATOR: ROLES,
  APPROVER: ['VIEWER'],
  EDITOR: ['VIEWER'],
  INVESTIGATOR: ['VIEWER'],
  AUDITOR: ['VIEWER'],
};

/** @param book null asks for the role in all books, which is also that in what concerns the node as a whole */
export function hasRole(caller: Caller, role: Role, book: string | null): boolean {
  if (!caller.own) return false;
  return includes(caller.roles, role) || (book !== null && includes(caller.rolesIn?.get(book) ?? [], role));
}

/** Whether the caller has the role anywhere: in which book is to be asked where that is known. */
export function hasRoleSomewhere(caller: Caller, role: Role): boolean {
  const lists = [caller.roles, ...(caller.rolesIn?.values() ?? [])];
  return caller.own && lists.some((roles) => includes(roles, role));
}

/** The books in which the caller has the role; null for all. */
export function booksWith(caller: Caller, role: Role): string[] | null {
  if (hasRole(caller, role, null)) return null;
  return [...(caller.rolesIn?.keys() ?? [])].filter((book) => hasRole(caller, role, book));
}

function includes(roles: readonly Role[], role: Role): boolean {
  return roles.some((own) => own === role || INCLUDES[own]?.includes(role));
}

/** The caller as the grants of a book see it. */
export function audienceOf(caller: Caller, book: string): Audience {
  return {
    organisation: caller.organisation,
    groups: caller.groups,
    roles: caller.own ? ROLES.filter((role) => hasRole(caller, role, book)) : [],
  };
}
