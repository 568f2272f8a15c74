import type { Approval } from '../../approval/approval.ts';
import type { RequestView, UpdateInput } from '../../approval/update.ts';
import { LotbookError, type ErrorCode } from '../../errors.ts';
import { hasRole, type Caller } from '../../sharing/caller.ts';
import type { CaptureError, CaptureJob } from '../../store/capture-jobs.ts';
import type { ReadEvent, ReadEvents } from './read-events.ts';

export interface Capture extends ReadEvents {
  caller: Caller;
  book: string;
  /** Idempotency key. */
  key: string;
  proceed: boolean;
}

export interface CaptureServices {
  approval: Pick<Approval, 'requestUpdates' | 'request'>;
  clock: () => number;
  randomId: () => string;
}

/** Of these nothing is recorded: the whole call is to be made again, or is not for this caller. */
const OF_THE_CALL: ReadonlySet<ErrorCode> = new Set([
  'TOO_BUSY',
  'SHUTTING_DOWN',
  'IN_USE',
  'INTERNAL',
  'NOT_FOUND',
  'NOT_AUTHORITY',
  'KEY_REUSED',
]);

const MAX_KEY_LENGTH = 240;

/** The idempotency key of a call, or a fresh one: an event that is known already is not doubled in any case. */
export function keyOf(header: string | undefined, randomId: () => string): string {
  if (header === undefined || header === '') return `capture:${randomId()}`;
  if (header.length <= MAX_KEY_LENGTH && !/\p{Cc}/u.test(header)) return header;
  throw new LotbookError('BAD_INPUT', `An idempotency key has 1 to ${MAX_KEY_LENGTH} characters.`, {
    place: 'Idempotency-Key',
  });
}

export function checkMayCapture(caller: Caller): void {
  if (hasRole(caller, 'EDITOR')) return;
  throw new LotbookError('NOT_PERMITTED', 'Capturing events needs the role EDITOR of this organisation.');
}

/**
 * Asks for the recording of events: all in one update, or with `proceed` each in its own. Returns what the job has to
 * say; nothing is kept here.
 */
export async function capture(services: CaptureServices, given: Capture): Promise<CaptureJob> {
  const { caller, book, events, proceed, problems } = given;
  const createdAt = new Date(services.clock());
  const updates = updatesOf(given);
  const views = await services.approval.requestUpdates(caller, updates);
  const callError = views.map(({ error }) => error).find((error) => error && OF_THE_CALL.has(error.code));
  if (callError) throw new LotbookError(callError.code, callError.message, callError);
  const before = problems.map(({ code, message, event, field }) => ({ code, message, event, field }));
  const [single] = views;
  const base = {
    id: (proceed ? null : single?.id) ?? services.randomId(),
    book,
    client: caller.clientId,
    events: events.length + faultyEvents(given),
    createdAt,
  };
  if (!proceed && single) return { ...base, ...outcomeOf(single, events, new Date(services.clock())) };
  const errors = views.flatMap((view, at) => errorsOf(view, events.slice(at, at + 1)));
  return {
    ...base,
    running: false,
    success: before.length + errors.length === 0,
    captured: views.filter(({ state }) => state === 'APPROVED').length,
    errors: [...before, ...errors],
    finishedAt: new Date(services.clock()),
  };
}

function updatesOf({ book, key, events, proceed }: Capture): UpdateInput[] {
  const changes = events.map(({ id, fields }) => ({
    kind: 'EVENT' as const,
    record: id,
    base: null,
    valid: { id, fields },
  }));
  if (!proceed) return [{ book, key, changes }];
  return changes.map((change, at) => ({ book, key: `${key}/${events[at]?.index}`, changes: [change] }));
}

function faultyEvents({ problems }: Capture): number {
  return new Set(problems.map(({ event }) => event)).size;
}

/** Where the job of one request stands. */
export function outcomeOf(
  view: RequestView,
  events: readonly ReadEvent[] | null,
  now: Date,
): Pick<CaptureJob, 'running' | 'success' | 'captured' | 'errors' | 'finishedAt'> {
  const running = view.state === 'QUEUED' || view.state === 'PENDING';
  const success = view.state === 'APPROVED';
  return {
    running,
    success,
    captured: success ? view.outcome.length : 0,
    errors: errorsOf(view, events),
    finishedAt: running ? null : (view.decidedAt ?? now),
  };
}

function errorsOf(
  { state, error, reason }: RequestView,
  events: readonly ReadEvent[] | null,
): CaptureError[] {
  if (state === 'REJECTED') {
    return [
      { code: 'NOT_PERMITTED', message: `A person rejected it: ${reason ?? ''}`, event: null, field: null },
    ];
  }
  if (!error) return [];
  const [, index, field] = /changes\[(\d+)\]\.?(.*)$/.exec(error.place ?? '') ?? [];
  const at = index === undefined ? null : (events?.[Number(index)]?.index ?? Number(index));
  return [{ code: error.code, message: error.message, event: at, field: field || null }];
}
