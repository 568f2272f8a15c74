/**
 * Every error that a caller can meet, as a closed list. Each code says what the caller has to do next; its HTTP
 * status is decided here and nowhere else.
 */
export const errorCodes = {
  UNAUTHENTICATED: {
    status: 401,
    duty: 'Ask the token endpoint for a new access token, or log in again, and send the call again.',
  },
  NOT_PERMITTED: {
    status: 403,
    duty: 'Ask the owner of the book for a grant or your administrator for a role.',
  },
  NOT_FOUND: { status: 404, duty: 'Check the name; what you may not see is answered in the same way.' },
  BAD_INPUT: { status: 400, duty: 'Correct the input at the named place and send the whole call again.' },
  UNKNOWN_OPERATION: {
    status: 400,
    duty: 'Load the page again: the node serves a newer one. Programs send the document itself as query.',
  },
  TOO_LARGE: { status: 413, duty: 'Send it in smaller parts.' },
  STALE_BASE: {
    status: 409,
    duty: 'Refresh the record, look at what changed, and send the update on the current version.',
  },
  KEY_REUSED: { status: 409, duty: 'Use a new idempotency key: this one was used for another content.' },
  ALREADY_DECIDED: { status: 409, duty: 'Read the request again: somebody has decided it already.' },
  CONFLICT: {
    status: 409,
    duty: 'Read what is there and decide anew: it differs from what this call assumes.',
  },
  LOCKED: {
    status: 409,
    duty: 'Somebody else holds the record: wait for the end of the lock, ask its holder, or have an administrator break it. What you wanted to save is kept in your request.',
  },
  LOCK_LOST: {
    status: 409,
    duty: 'The lock is not yours any more: compare your draft, which is kept in your request, with the record as it is now, lock it again and save.',
  },
  NOT_AUTHORITY: {
    status: 421,
    duty: 'Send the request to the authority of the book, or to your own node, which delivers it.',
  },
  UNABLE: {
    status: 503,
    duty: 'Nobody can approve for the book through this node now; ask again after the time given, or the other member of its authority.',
  },
  IN_USE: { status: 503, duty: 'The book is in use; try again after the time given.' },
  TOO_BUSY: {
    status: 503,
    duty: 'The node has as much waiting work as it takes; try again after the time given.',
  },
  TOO_MANY_CALLS: {
    status: 429,
    duty: 'Call again after the time given, and less often: the node counts the calls of an organisation and of a person.',
  },
  SHUTTING_DOWN: {
    status: 503,
    duty: 'The node is stopping; try again after the time given, or at another process of it.',
  },
  FUTURE_CURSOR: { status: 400, duty: 'Go on from the last cursor that you received.' },
  CURSOR_EXPIRED: { status: 410, duty: 'Start the feed anew without a cursor.' },
  UNVERIFIED: {
    status: 422,
    duty: 'Do not trust the statement; ask the partner for it again and compare fingerprints.',
  },
  UNREACHABLE: {
    status: 502,
    duty: 'The partner cannot be reached; what is queued is sent again by itself.',
  },
  SIGNER_UNAVAILABLE: {
    status: 503,
    duty: 'The node cannot sign now; try again after the time given. Its operator finds the reason in its log and with `lotbook keys show`.',
  },
  INTERNAL: { status: 500, duty: 'Tell the operator of the node the request id.' },
} as const satisfies Record<string, { status: number; duty: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** Where in the input, as a path: `updates[3].changes[0].fields.quantity`. */
  place?: string | undefined;
  /** Milliseconds after which it makes sense to try again. */
  retryAfterMs?: number | undefined;
  /** The current version of the record that a stale update was based on. */
  currentVersion?: number | undefined;
}

/** An error that is the caller's to handle. `message` says what is wrong; never a field's value, never a secret. */
export class LotbookError extends Error {
  override readonly name = 'LotbookError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
  }

  get status(): number {
    return errorCodes[this.code].status;
  }

  get duty(): string {
    return errorCodes[this.code].duty;
  }
}

/** Errors that libraries throw carry text that may quote input; callers get only what we wrote ourselves. */
export function toLotbookError(error: unknown): LotbookError {
  if (error instanceof LotbookError) return error;
  // Prisma makes an error of its own of one of the pool below it, and leaves only the code.
  if (error instanceof Error && 'code' in error && error.code === 'TOO_BUSY') return databaseBusy();
  return new LotbookError('INTERNAL', 'Something went wrong in this node.');
}

/** No connection to the database was to be had in time. */
export function databaseBusy(): LotbookError {
  return new LotbookError('TOO_BUSY', 'The database of this node does not answer in time.', {
    retryAfterMs: 5_000,
  });
}

/** What of an error may stand in a log: kind, code and place. Its text stays out, for libraries quote values in theirs. */
export function describeError(error: unknown): { kind: string; code?: string; stack?: string[] } {
  if (!(error instanceof Error)) return { kind: typeof error };
  const { code } = error as { code?: unknown };
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { kind: error.name, stack: stack.slice(0, 12), ...(typeof code === 'string' && { code }) };
}
