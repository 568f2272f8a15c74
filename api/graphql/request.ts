import { LotbookError } from '../errors.ts';
import type { RecordChange, UpdateInput } from '../approval/update.ts';
import { checkFirst, formatCursor, parseCursor } from '../delivery/page.ts';
import type { JsonValue } from '../events/value.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { connection } from './connection.ts';
import { payload, userError } from './errors.ts';
import type { RecordChangeInput, Resolvers, UpdateInput as UpdateArgument } from './generated/resolvers.ts';

const MAX_AT_ONCE = 1_000;

export const request: Resolvers = {
  Query: {
    request: (_, { id }, { caller, approval }) => (isUuid(id) ? approval.request(caller, id) : null),
    pendingRequests: async (_, { book, first, after }, { approval }) => {
      checkFirst(first);
      const { items, hasNextPage } = await approval.pending(book, first, after ? placeOf(after) : null);
      const edges = items.map((node) => ({ cursor: cursorOf(node.createdAt, node.id), node }));
      return connection({
        items: edges,
        hasNextPage,
        hasPreviousPage: Boolean(after),
        endCursor: edges.at(-1)?.cursor ?? null,
      });
    },
  },
  Mutation: {
    requestUpdates: async (_, { updates }, { caller, approval }) => {
      checkCount(updates, 'updates');
      for (const { book } of updates) checkEditor(caller, book);
      return { requests: await approval.requestUpdates(caller, updates.map(updateOf)) };
    },
    deliverRequests: async (_, { tokens, unable }, { caller, approval }) => {
      checkCount(tokens, 'tokens');
      return { requests: await approval.deliver(caller, tokens, unable ?? null) };
    },
    approveRequest: (_, { id, reason }, { caller, approval }) =>
      payload(async () => {
        checkId(id);
        return { request: await approval.approve(caller, id, reason ?? null) };
      }),
    rejectRequest: (_, { id, reason }, { caller, approval }) =>
      payload(async () => {
        checkId(id);
        return { request: await approval.reject(caller, id, reason) };
      }),
  },
  UpdateRequest: {
    error: ({ error }) => error && userError(error),
  },
};

function updateOf({ book, key, changes, reason }: UpdateArgument): UpdateInput {
  return { book, key, reason, changes: changes.map(changeOf) };
}

function changeOf({ record, kind, base, fields, content, lock }: RecordChangeInput): RecordChange {
  // Its shape is checked where the place in the input is known.
  return {
    record,
    kind,
    // Left out, it is 0 by the contract; null says that the version need not be known.
    base: base === undefined ? 0 : base,
    content,
    lock,
    fields: fields as Record<string, JsonValue> | null | undefined,
  };
}

function checkCount(list: readonly unknown[], place: string): void {
  if (list.length === 0) throw new LotbookError('BAD_INPUT', 'Give at least one.', { place });
  if (list.length > MAX_AT_ONCE)
    throw new LotbookError('TOO_LARGE', `Give at most ${MAX_AT_ONCE} at once.`, { place });
}

function checkEditor(caller: Caller, book: string): void {
  if (hasRole(caller, 'EDITOR', book)) return;
  throw new LotbookError('NOT_PERMITTED', `You need the role EDITOR in ${book}.`);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

function checkId(id: string): void {
  if (!isUuid(id)) throw new LotbookError('NOT_FOUND', 'There is no such request.', { place: 'id' });
}

/** Requests are listed by the time of their arrival and their id, whose digits go into the cursor as four numbers. */
function cursorOf(createdAt: Date | null, id: string | null): string {
  const digits = (id ?? '').replaceAll('-', '');
  const parts = [0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16));
  return formatCursor('PENDING', [createdAt?.getTime() ?? 0, ...parts]);
}

function placeOf(cursor: string): { createdAt: Date; id: string } {
  const [time = 0, ...parts] = parseCursor('PENDING', 5, cursor);
  const digits = parts.map((part) => Math.abs(part).toString(16).padStart(8, '0')).join('');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (isUuid(id) && Math.abs(time) <= 8.64e15) return { createdAt: new Date(time), id };
  throw new LotbookError('BAD_INPUT', 'This is no cursor of this list.', { place: 'after' });
}
