import type { Approval } from '../../approval/approval.ts';
import type { RecordChange, UpdateInput } from '../../approval/update.ts';
import { LotbookError, type ErrorCode } from '../../errors.ts';
import { hasRole, hasRoleSomewhere, type Caller } from '../../sharing/caller.ts';
import type { CaptureJob } from '../../store/capture-jobs.ts';
import {
  DOCUMENT,
  errorsOf,
  isOpen,
  jobOfParts,
  masterDataField,
  outcomeOf,
  type Subject,
  waiting,
} from './capture-outcome.ts';
import type { ReadDocument } from './read-document.ts';

export interface Capture extends ReadDocument {
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
  'UNABLE',
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

/** @param book null, as long as it is not known: then in any book */
export function checkMayCapture(caller: Caller, book: string | null): void {
  if (book === null ? hasRoleSomewhere(caller, 'EDITOR') : hasRole(caller, 'EDITOR', book)) return;
  throw new LotbookError('NOT_PERMITTED', 'Capturing events needs the role EDITOR of this organisation.');
}

/**
 * Asks for the recording of events and master data: all in one update, or with `proceed` each in its own. Returns what
 * the job has to say; nothing is kept here.
 */
export async function capture(services: CaptureServices, given: Capture): Promise<CaptureJob> {
  const { caller, book, key, events, proceed, problems } = given;
  const createdAt = new Date(services.clock());
  const parts = partsOf(given);
  const updates: UpdateInput[] = proceed
    ? parts.map(({ name, change }) => ({ book, key: `${key}/${name}`, changes: [change] }))
    : [{ book, key, changes: parts.map(({ change }) => change) }];
  const views = await services.approval.requestUpdates(caller, updates);
  const callError = views.map(({ error }) => error).find((error) => error && OF_THE_CALL.has(error.code));
  if (callError) throw new LotbookError(callError.code, callError.message, callError);
  const [single] = views;
  const job = {
    id: (proceed ? null : single?.id) ?? services.randomId(),
    book,
    client: caller.clientId,
    events: events.length + new Set(problems.map(({ event }) => event)).size,
    createdAt,
  };
  const now = new Date(services.clock());
  if (!proceed && single) {
    const subjectOf = (at: number | null) => parts[at ?? -1]?.subject ?? DOCUMENT;
    return { ...job, ...outcomeOf(single, events.length, subjectOf, now) };
  }
  const approved = views.filter(({ state }, at) => state === 'APPROVED' && parts[at]?.subject.event !== null);
  const errors = views.flatMap((view, at) => {
    const { subject } = parts[at] as Part;
    return isOpen(view) ? [waiting(view, subject)] : errorsOf(view, () => subject);
  });
  const before = problems.map(({ code, message, event, field }) => ({ code, message, event, field }));
  return jobOfParts({ ...job, captured: approved.length, errors: [...before, ...errors] }, now);
}

interface Part {
  /** What its idempotency key ends with, where it has its own. */
  name: string;
  subject: Subject;
  change: RecordChange;
}

/** Events come first: the index of a change is that of its event, as long as no event was left out. */
function partsOf({ events, masterData }: Capture): Part[] {
  return [
    ...events.map(({ index, id, fields }): Part => ({
      name: String(index),
      subject: { event: index, field: null },
      change: { kind: 'EVENT', record: id, base: null, valid: { id, fields } },
    })),
    ...masterData.map(({ kind, id, fields }, at): Part => ({
      name: `master-data/${at}`,
      subject: { event: null, field: masterDataField(id) },
      change: { kind, record: id, base: null, fields },
    })),
  ];
}
