import { LotbookError } from '../errors.ts';
import { hasRole, type Caller, type Role } from '../sharing/caller.ts';

/** SIGNED_IN: every caller with an access token, partners too; a role: people and programs of this organisation. */
export type Admission = 'SIGNED_IN' | Role;

export type RootType = 'Query' | 'Mutation' | 'Subscription';

/**
 * Every operation of the contract and who may call it. What is not here cannot be called. What a caller then sees or
 * may change is decided by grants, behind this table.
 */
export const access: Readonly<Record<RootType, Readonly<Record<string, Admission>>>> = {
  Query: {
    node: 'SIGNED_IN',
    books: 'SIGNED_IN',
    book: 'SIGNED_IN',
    records: 'SIGNED_IN',
    record: 'SIGNED_IN',
    changes: 'SIGNED_IN',
    grants: 'SIGNED_IN',
    request: 'SIGNED_IN',
    // Answered only to those who have a part in the book.
    authority: 'SIGNED_IN',
    authorities: 'VIEWER',
    pendingRequests: 'APPROVER',
    partners: 'VIEWER',
    converge: 'SIGNED_IN',
    reconcile: 'SIGNED_IN',
  },
  Mutation: {
    createBook: 'ADMINISTRATOR',
    addGrant: 'ADMINISTRATOR',
    endGrant: 'ADMINISTRATOR',
    requestUpdates: 'EDITOR',
    // Each token carries its own signature, which is checked with the caller's organisation's keys.
    deliverRequests: 'SIGNED_IN',
    approveRequest: 'APPROVER',
    rejectRequest: 'APPROVER',
    ackFeed: 'SIGNED_IN',
    appointAuthority: 'ADMINISTRATOR',
    handOverAuthority: 'ADMINISTRATOR',
    takeOverAuthority: 'ADMINISTRATOR',
    addClient: 'ADMINISTRATOR',
    revokeClient: 'ADMINISTRATOR',
    invitePartner: 'ADMINISTRATOR',
    acceptInvitation: 'ADMINISTRATOR',
    confirmPartner: 'ADMINISTRATOR',
    suspendPartner: 'ADMINISTRATOR',
    resumePartner: 'ADMINISTRATOR',
    removePartner: 'ADMINISTRATOR',
    setPartnerGroups: 'ADMINISTRATOR',
    addPartner: 'ADMINISTRATOR',
  },
  Subscription: {
    feed: 'SIGNED_IN',
    requestState: 'SIGNED_IN',
    trace: 'SIGNED_IN',
  },
};

/** @throws LotbookError NOT_PERMITTED unless the table admits the caller to the operation */
export function checkAccess(caller: Caller, type: RootType, operation: string): void {
  const admission = Object.hasOwn(access[type], operation) ? access[type][operation] : undefined;
  if (admission === 'SIGNED_IN') return;
  if (admission !== undefined && hasRole(caller, admission)) return;
  const needed =
    admission === undefined ? '' : ` It needs the role ${admission} of this node's organisation.`;
  throw new LotbookError('NOT_PERMITTED', `You may not call ${operation}.${needed}`);
}
