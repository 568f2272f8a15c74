import type { Audience } from './grant.ts';

export const ROLES = ['VIEWER', 'EDITOR', 'APPROVER', 'INVESTIGATOR', 'AUDITOR', 'ADMINISTRATOR'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, as an access token established it. */
export interface Caller {
  organisation: string;
  /** The organisation for its node, `organisation/program` for a program of it. */
  clientId: string;
  /** True for this node's own organisation: its people and programs. */
  own: boolean;
  /** True for no partner of this node: it has no standing in this node's books, only in those of who introduced it. */
  introduced?: boolean;
  /** Only own callers have roles; partners have grants. */
  roles: readonly Role[];
  /** Groups of partners that grants can name. */
  groups: readonly string[];
  /** End of the access token, ms. */
  expiresAt: number;
}

/** Each of these roles includes those after it. */
const INCLUDES: Partial<Record<Role, readonly Role[]>> = {
  ADMINISTRATOR: ROLES,
  APPROVER: ['VIEWER'],
  EDITOR: ['VIEWER'],
  INVESTIGATOR: ['VIEWER'],
  AUDITOR: ['VIEWER'],
};

export function hasRole(caller: Caller, role: Role): boolean {
  return caller.own && caller.roles.some((own) => own === role || INCLUDES[own]?.includes(role));
}

/** The caller as grants see it. */
export function audienceOf(caller: Caller): Audience {
  return {
    organisation: caller.organisation,
    groups: caller.groups,
    roles: caller.own ? ROLES.filter((role) => hasRole(caller, role)) : [],
  };
}
