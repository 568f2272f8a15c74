import { LotbookError } from '../errors.ts';
import { isObject } from '../events/value.ts';
import { hasRole, hasRoleSomewhere, kindOf, type Caller, type Role } from '../sharing/caller.ts';

/**
 * SIGNED_IN: every caller with an access token or a session, partners too; PERSON: people of this organisation, whatever their
 * roles; a role: the node, people and programs of this organisation that have it in all books; `in: 'BOOK'`: in the one that
 * the arguments name; `in: 'SOME'`: in any, and in which one is asked where the book is known.
 */
export type Admission = 'SIGNED_IN' | 'PERSON' | Role | { role: Role; in: 'BOOK' | 'SOME' };

const inBook = (role: Role): Admission => ({ role, in: 'BOOK' });
const inSome = (role: Role): Admission => ({ role, in: 'SOME' });

export type RootType = 'Query' | 'Mutation' | 'Subscription';

/**
 * Every operation of the contract and who may call it, a line each: the resolvers are reached through this table alone, and
 * what is not in it is refused. What a caller then sees or may change is decided by grants, behind it.
 * `npm run schema:write` shows it in schema/REFERENCE.md.
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
    authorities: inSome('VIEWER'),
    // What may be read of the book decides.
    checkpoint: 'SIGNED_IN',
    inclusionProof: 'SIGNED_IN',
    consistencyProof: 'SIGNED_IN',
    headProofs: 'SIGNED_IN',
    // Those of records of which the caller may see something.
    locks: 'SIGNED_IN',
    isPrint: inBook('VIEWER'),
    verification: inBook('VIEWER'),
    pendingRequests: inBook('APPROVER'),
    retention: inBook('AUDITOR'),
    sharing: inBook('VIEWER'),
    receipts: inBook('VIEWER'),
    partners: 'VIEWER',
    me: 'SIGNED_IN',
    people: 'ADMINISTRATOR',
    apiTokens: 'ADMINISTRATOR',
    accessLog: 'AUDITOR',
    keys: 'VIEWER',
    // Of oneself; for administrators of all.
    webhooks: 'SIGNED_IN',
    auditExports: inSome('AUDITOR'),
    auditExport: inSome('AUDITOR'),
    // Those that the caller asked for.
    dataFiles: inSome('VIEWER'),
    dataFile: inSome('VIEWER'),
    // Reads what was given, and nothing else.
    identify: 'SIGNED_IN',
    label: 'SIGNED_IN',
    converge: 'SIGNED_IN',
    reconcile: 'SIGNED_IN',
    // Says what is wrong with the records of others.
    dataQuality: inSome('VIEWER'),
    // What may be read of their books decides.
    cases: 'SIGNED_IN',
    case: 'SIGNED_IN',
    notice: 'SIGNED_IN',
    receivedNotices: inSome('VIEWER'),
    consignees: inBook('INVESTIGATOR'),
    caseRecords: 'INVESTIGATOR',
    // What may be read of their books decides.
    emergencies: 'SIGNED_IN',
  },
  Mutation: {
    createBook: 'ADMINISTRATOR',
    addGrant: inBook('ADMINISTRATOR'),
    endGrant: inBook('ADMINISTRATOR'),
    eraseRecord: inBook('ADMINISTRATOR'),
    setRetention: inBook('ADMINISTRATOR'),
    endRetention: inBook('ADMINISTRATOR'),
    holdRecord: inBook('ADMINISTRATOR'),
    releaseRecord: inBook('ADMINISTRATOR'),
    requestUpdates: inSome('EDITOR'),
    saveRecord: inBook('EDITOR'),
    addNote: inBook('EDITOR'),
    printRecords: inBook('VIEWER'),
    refreshRecord: inBook('VIEWER'),
    lockRecords: inBook('EDITOR'),
    unlockRecords: inBook('EDITOR'),
    // Of locks that the caller holds; partners' nodes renew those of their people.
    renewLocks: 'SIGNED_IN',
    breakLock: inBook('ADMINISTRATOR'),
    // Each token carries its own signature, which is checked with the caller's organisation's keys.
    deliverRequests: 'SIGNED_IN',
    approveRequest: inSome('APPROVER'),
    rejectRequest: inSome('APPROVER'),
    ackFeed: 'SIGNED_IN',
    // Of oneself; administrators for partners and programs too. What the subscriber may see is decided at each delivery.
    addWebhook: 'SIGNED_IN',
    replayWebhook: 'SIGNED_IN',
    enableWebhook: 'SIGNED_IN',
    removeWebhook: 'SIGNED_IN',
    // Answered to the members of the authority of the book.
    addCheckpoint: 'SIGNED_IN',
    // Answered to nodes that show a genuine checkpoint.
    showCheckpoint: 'SIGNED_IN',
    appointAuthority: inBook('ADMINISTRATOR'),
    handOverAuthority: inBook('ADMINISTRATOR'),
    takeOverAuthority: inBook('ADMINISTRATOR'),
    startExport: inBook('AUDITOR'),
    // What may be read of its books decides.
    startFile: inSome('VIEWER'),
    addEmergencyRule: inBook('ADMINISTRATOR'),
    proposeEmergency: inBook('INVESTIGATOR'),
    // And another person than who proposed it.
    declareEmergency: inBook('APPROVER'),
    endEmergency: inBook('INVESTIGATOR'),
    openCase: 'INVESTIGATOR',
    shareCase: inBook('INVESTIGATOR'),
    closeCase: inBook('INVESTIGATOR'),
    writeCaseEntry: inBook('INVESTIGATOR'),
    draftNotice: inBook('INVESTIGATOR'),
    editNotice: inBook('INVESTIGATOR'),
    proposeNotice: inBook('INVESTIGATOR'),
    // And another person than who drafted it.
    approveNotice: inBook('APPROVER'),
    sendBackNotice: inBook('APPROVER'),
    withdrawLots: inBook('APPROVER'),
    issueNotice: inBook('INVESTIGATOR'),
    cancelNotice: inBook('INVESTIGATOR'),
    remindRecipients: inBook('INVESTIGATOR'),
    escalateRecipient: inBook('INVESTIGATOR'),
    makeAnswerLink: inBook('INVESTIGATOR'),
    closeNotice: inBook('INVESTIGATOR'),
    answerNotice: inBook('INVESTIGATOR'),
    forwardNotice: 'INVESTIGATOR',
    addClient: 'ADMINISTRATOR',
    revokeClient: 'ADMINISTRATOR',
    invitePerson: 'ADMINISTRATOR',
    inviteAgain: 'ADMINISTRATOR',
    setRoles: 'ADMINISTRATOR',
    suspendPerson: 'ADMINISTRATOR',
    resumePerson: 'ADMINISTRATOR',
    // Of oneself.
    endSession: 'PERSON',
    endAllSessions: 'PERSON',
    createApiToken: 'ADMINISTRATOR',
    revokeApiToken: 'ADMINISTRATOR',
    invitePartner: 'ADMINISTRATOR',
    acceptInvitation: 'ADMINISTRATOR',
    confirmPartner: 'ADMINISTRATOR',
    suspendPartner: 'ADMINISTRATOR',
    resumePartner: 'ADMINISTRATOR',
    removePartner: 'ADMINISTRATOR',
    setPartnerGroups: 'ADMINISTRATOR',
    setPartnerInquiries: 'ADMINISTRATOR',
    addPartner: 'ADMINISTRATOR',
    // What it changes to is in the directory of the node, not in the call.
    rotateKey: 'ADMINISTRATOR',
  },
  Subscription: {
    feed: 'SIGNED_IN',
    requestState: 'SIGNED_IN',
    // What may be read of the book decides.
    presence: 'SIGNED_IN',
    trace: 'SIGNED_IN',
    // Each statement carries its own signature; what is answered is decided by the grants.
    inquire: 'SIGNED_IN',
  },
};

/**
 * @param args of the operation: they name the book
 * @throws LotbookError NOT_PERMITTED unless the table admits the caller to the operation
 */
export function checkAccess(
  caller: Caller,
  type: RootType,
  operation: string,
  args: Readonly<Record<string, unknown>> = {},
): void {
  const admission = Object.hasOwn(access[type], operation) ? access[type][operation] : undefined;
  if (admission !== undefined && isAdmitted(caller, admission, args)) return;
  throw new LotbookError('NOT_PERMITTED', `You may not call ${operation}.${neededFor(admission)}`);
}

/** Who is admitted, in words. */
export function admittedTo(admission: Admission): string {
  if (admission === 'SIGNED_IN') return 'every signed-in caller';
  if (admission === 'PERSON') return "people of this node's organisation";
  if (typeof admission === 'string') return `the role ${admission} of this node's organisation`;
  const where = admission.in === 'BOOK' ? 'in this book' : 'in the book that it is about';
  return `the role ${admission.role} of this node's organisation, ${where}`;
}

function isAdmitted(caller: Caller, admission: Admission, args: Readonly<Record<string, unknown>>): boolean {
  if (admission === 'SIGNED_IN') return true;
  if (admission === 'PERSON') return kindOf(caller) === 'PERSON';
  if (typeof admission === 'string') return hasRole(caller, admission, null);
  const { role } = admission;
  return admission.in === 'SOME' ? hasRoleSomewhere(caller, role) : hasRole(caller, role, bookIn(args));
}

/** `book` is an argument, or a member of the only one. */
function bookIn({ book, input }: Readonly<Record<string, unknown>>): string | null {
  const named = book ?? (isObject(input) ? input['book'] : undefined);
  return typeof named === 'string' ? named : null;
}

function neededFor(admission: Admission | undefined): string {
  if (admission === undefined || admission === 'SIGNED_IN') return '';
  return ` It is for ${admittedTo(admission)}.`;
}
