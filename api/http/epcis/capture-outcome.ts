import type { Approval } from '../../approval/approval.ts';
import type { RequestView } from '../../approval/update.ts';
import type { Caller } from '../../sharing/caller.ts';
import type { CaptureError, CaptureJob } from '../../store/capture-jobs.ts';

/** What a change is about: an event of the document, or a record of its master data. */
export type Subject = Pick<CaptureError, 'event' | 'field'>;

/** The subject of a change by its index in the update; of null, that of the whole update. */
type SubjectOf = (change: number | null) => Subject;

export const DOCUMENT: Subject = { event: null, field: null };
const MASTER_DATA = 'epcisHeader.epcisMasterData';

export function masterDataField(record: string): string {
  return `${MASTER_DATA}[${record}]`;
}

/** True while a person, or another node, has yet to decide. */
export function isOpen({ state }: RequestView): boolean {
  return state === 'QUEUED' || state === 'PROVISIONAL' || state === 'PENDING';
}

/** Where the job of a single request stands: all of its `events` are captured with it, or none. */
export function outcomeOf(
  view: RequestView,
  events: number,
  subjectOf: SubjectOf,
  now: Date,
): Pick<CaptureJob, 'running' | 'success' | 'captured' | 'errors' | 'finishedAt'> {
  const running = isOpen(view);
  const success = view.state === 'APPROVED';
  return {
    running,
    success,
    captured: success ? events : 0,
    errors: errorsOf(view, subjectOf),
    finishedAt: running ? null : (view.decidedAt ?? now),
  };
}

/** The job of several requests, as what it has captured and its errors tell. */
export function jobOfParts(
  job: Omit<CaptureJob, 'running' | 'success' | 'finishedAt'>,
  now: Date,
): CaptureJob {
  const running = job.errors.some(isWaiting);
  return { ...job, running, success: job.errors.length === 0, finishedAt: running ? null : now };
}

/** In place of an error, until the request is decided. */
export function waiting({ id }: RequestView, subject: Subject): CaptureError {
  const message = 'A person, or another node, has yet to decide.';
  return { ...subject, code: 'WAITING', message, request: id ?? undefined };
}

export function isWaiting({ request }: CaptureError): boolean {
  return request !== undefined;
}

/**
 * A job that ran, with what was decided since. Of several requests it asks for one after the other until one still waits:
 * a list of jobs costs little. The job itself where nothing is new.
 */
export async function followUp(
  { approval, clock }: { approval: Pick<Approval, 'request'>; clock: () => number },
  caller: Caller,
  job: CaptureJob,
): Promise<CaptureJob> {
  if (!job.running) return job;
  const now = new Date(clock());
  const open = job.errors.filter(isWaiting);
  if (open.length === 0) {
    const view = await approval.request(caller, job.id);
    return view && !isOpen(view) ? { ...job, ...outcomeOf(view, job.events, ofIndex(job), now) } : job;
  }
  const decided = new Map<CaptureError, RequestView>();
  for (const each of open) {
    const view = await approval.request(caller, each.request ?? '');
    if (!view || isOpen(view)) break;
    decided.set(each, view);
  }
  if (decided.size === 0) return job;
  const captured = [...decided].filter(([{ event }, { state }]) => state === 'APPROVED' && event !== null);
  const errors = job.errors.flatMap((each) => {
    const view = decided.get(each);
    return view ? errorsOf(view, () => each) : [each];
  });
  return jobOfParts({ ...job, captured: job.captured + captured.length, errors }, now);
}

/** Events come first in an update, and none was left out. */
function ofIndex({ events }: CaptureJob): SubjectOf {
  return (at) => {
    if (at === null) return DOCUMENT;
    return at < events ? { event: at, field: null } : { event: null, field: MASTER_DATA };
  };
}

export function errorsOf({ state, error, reason }: RequestView, subjectOf: SubjectOf): CaptureError[] {
  if (state === 'REJECTED') {
    const { event, field } = subjectOf(null);
    return [{ code: 'NOT_PERMITTED', message: `A person rejected it: ${reason ?? ''}`, event, field }];
  }
  if (!error) return [];
  const [, index, name] = /changes\[(\d+)\]\.?(?:fields\.)?(.*)$/.exec(error.place ?? '') ?? [];
  const subject = subjectOf(index === undefined ? null : Number(index));
  const field = [subject.field, name].filter(Boolean).join('.') || null;
  return [{ code: error.code, message: error.message, event: subject.event, field }];
}
