import type { Approval } from '../approval/approval.ts';
import type { RecordChange, RequestView } from '../approval/update.ts';
import type { Reading } from '../delivery/reading.ts';
import type { Tracing } from '../delivery/tracing.ts';
import { LotbookError } from '../errors.ts';
import { hasRole, ROLES, type Caller, type Role } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';
import type { Grants } from '../store/grants.ts';

/** What cases work with. */
export interface CasesDeps {
  approval: Pick<Approval, 'createBook' | 'changeGrant' | 'askAsOwner' | 'requestUpdates'>;
  reading: Pick<Reading, 'books' | 'book' | 'search' | 'record'>;
  tracing: Pick<Tracing, 'trace'>;
  grants: Pick<Grants, 'of'>;
  db: Pick<Database, 'prisma'>;
  bell: Pick<Bell, 'on'>;
  /** The organisation that runs this node, and its public URL. */
  organisation: string;
  url: string;
  /** ms */
  clock: () => number;
  randomId: () => string;
  randomBytes: (length: number) => Uint8Array;
  log: { warn(details: object, message: string): void };
}

/** This node, where it acts by itself, or on what an operation has judged already. */
export function ownNode(organisation: string): Caller {
  return { organisation, clientId: organisation, own: true, roles: ROLES, groups: [], expiresAt: Infinity };
}

/**
 * The caller as the operations of this room go to the book on its behalf: they have judged themselves what it may do, and the
 * request bears its name.
 */
export function judged(caller: Caller): Caller {
  return { ...caller, roles: ROLES };
}

/** @throws LotbookError NOT_PERMITTED */
export function needRole(caller: Caller, role: Role, book: string | null): void {
  if (hasRole(caller, role, book)) return;
  throw new LotbookError('NOT_PERMITTED', `This needs the role ${role} of this node's organisation.`);
}

/** Writes records of an own book, all or none. @throws LotbookError with what was refused */
export async function write(
  { approval, randomId }: CasesDeps,
  caller: Caller,
  book: string,
  changes: readonly RecordChange[],
): Promise<RequestView> {
  const update = { book, key: randomId(), changes: changes.map(plain) };
  return accepted(await approval.askAsOwner(judged(caller), update));
}

/** @throws LotbookError where the request was refused */
export function accepted(view: RequestView): RequestView {
  const { error } = view;
  if (!error) return view;
  const { code, message, ...details } = error;
  throw new LotbookError(code, message, details);
}

/** Without the members that are not set. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** An instant as records hold it. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** @throws LotbookError BAD_INPUT */
export function wrong(message: string, place: string): LotbookError {
  return new LotbookError('BAD_INPUT', message, { place });
}
