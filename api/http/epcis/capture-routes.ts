import type { Request, Response } from 'express';
import { found } from '../../delivery/reading.ts';
import { LotbookError } from '../../errors.ts';
import type { Problem } from '../../events/problem.ts';
import { hasRole, hasRoleSomewhere, type Caller } from '../../sharing/caller.ts';
import { findJob, keepJob, listJobs, updateJob, type CaptureJob } from '../../store/capture-jobs.ts';
import { callerFrom } from '../access.ts';
import { followUp, isWaiting } from './capture-outcome.ts';
import { capture, checkMayCapture, keyOf } from './capture.ts';
import { bookOf, parametersOf, textOf, type EpcisServices } from './exchange.ts';
import { pagingOf } from './parameters.ts';
import { readDocument, type ReadDocument } from './read-document.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Captures a document. All or nothing, unless the caller says `proceed`. The job is told by its location. */
export async function postCapture(services: EpcisServices, req: Request, res: Response): Promise<void> {
  const caller = callerFrom(res);
  checkMayCapture(caller, null);
  const proceed = behaviourOf(req) === 'proceed';
  const read = readDocument(textOf(req), { proceed });
  const [first] = read.problems;
  if (first && (!proceed || first.event === null)) return sendProblems(res, read.problems);
  if (read.events.length + read.masterData.length + read.problems.length === 0)
    throw new LotbookError('BAD_INPUT', 'The document has neither an event nor master data.');
  const job = await captured(services, caller, req, { ...read, proceed });
  res.status(202).location(`${req.baseUrl}/capture/${job.id}`).end();
}

/** Captures one event. */
export async function postEvent(services: EpcisServices, req: Request, res: Response): Promise<void> {
  const caller = callerFrom(res);
  checkMayCapture(caller, null);
  const read = readDocument(textOf(req), { proceed: false });
  if (read.problems.length > 0) return sendProblems(res, read.problems);
  const [event] = read.events;
  if (!event || read.events.length + read.masterData.length > 1) {
    throw new LotbookError(
      'BAD_INPUT',
      'Send one event here; several, and master data, go to /epcis/capture.',
    );
  }
  const { id, errors, running } = await captured(services, caller, req, { ...read, proceed: false });
  const [error] = errors;
  if (error)
    throw new LotbookError(error.code as LotbookError['code'], error.message, {
      place: error.field ?? undefined,
    });
  // An event whose eventID another one has is kept under its event hash.
  const request = await services.approval.request(caller, id);
  const record = request?.outcome[0]?.record ?? event.id;
  const location = `${req.baseUrl}/events/${encodeURIComponent(record)}`;
  res
    .status(running ? 202 : 201)
    .location(location)
    .end();
}

async function captured(
  services: EpcisServices,
  caller: Caller,
  req: Request,
  read: ReadDocument & { proceed: boolean },
): Promise<CaptureJob> {
  const book = await bookOf(services.reading, caller, parametersOf(req).get('book'));
  checkMayCapture(caller, book);
  const key = keyOf(req.get('Idempotency-Key'), services.randomId);
  return keepJob(services.db.prisma, await capture(services, { ...read, caller, book, key }));
}

/** Where a capture stands. For the node's own people. */
export async function getJob(services: EpcisServices, req: Request, res: Response): Promise<void> {
  const caller = ownCaller(res);
  const id = String(req.params['id']);
  const known = UUID.test(id) ? await findJob(services.db.prisma, id) : null;
  const job = found(known && hasRole(caller, 'VIEWER', known.book) ? known : null, 'capture job');
  res.json(shown(await upToDate(services, caller, job)));
}

/** The captures, the newest first. */
export async function getJobs(services: EpcisServices, req: Request, res: Response): Promise<void> {
  const caller = ownCaller(res);
  const parameters = parametersOf(req);
  const { perPage, nextPageToken } = pagingOf(new Map(parameters));
  const after = nextPageToken === null ? null : await placeOf(services, nextPageToken);
  const jobs = await listJobs(services.db.prisma, { limit: perPage + 1, after });
  const page = jobs.slice(0, perPage);
  const last = page.at(-1);
  if (jobs.length > perPage && last) {
    parameters.set('nextPageToken', last.id);
    res.set('Link', `<${req.baseUrl}${req.path}?${parameters.toString()}>; rel="next"`);
  }
  const seen = page.filter(({ book }) => hasRole(caller, 'VIEWER', book));
  res.json(await Promise.all(seen.map(async (job) => shown(await upToDate(services, caller, job)))));
}

async function placeOf({ db }: EpcisServices, id: string): Promise<{ createdAt: Date; id: string }> {
  const job = UUID.test(id) ? await findJob(db.prisma, id) : null;
  if (job) return job;
  throw new LotbookError('BAD_INPUT', 'This is no token of this list.', { place: 'nextPageToken' });
}

/** A job that waits for decisions ends with the last of its requests. */
async function upToDate(services: EpcisServices, caller: Caller, job: CaptureJob): Promise<CaptureJob> {
  const now = await followUp(services, caller, job);
  if (now !== job) await updateJob(services.db.prisma, now);
  return now;
}

function ownCaller(res: Response): Caller {
  const caller = callerFrom(res);
  if (hasRoleSomewhere(caller, 'VIEWER')) return caller;
  throw new LotbookError('NOT_PERMITTED', 'Capture jobs are for people of this organisation.');
}

/** The header as section 12.6 names it, or with the prefix that others of its kind have. */
function behaviourOf(req: Request): 'rollback' | 'proceed' {
  const place = 'GS1-Capture-Error-Behaviour';
  const behaviour = req.get(place) ?? req.get('GS1-EPCIS-Capture-Error-Behaviour') ?? 'rollback';
  if (behaviour === 'rollback' || behaviour === 'proceed') return behaviour;
  throw new LotbookError('BAD_INPUT', 'Say rollback or proceed.', { place });
}

function shown({ id, running, success, events, captured, errors, createdAt, finishedAt }: CaptureJob) {
  return {
    captureID: id,
    running,
    success,
    createdAt,
    ...(finishedAt && { finishedAt }),
    events,
    captured,
    errors: errors
      .filter((error) => !isWaiting(error))
      .map(({ code, message, event, field }) => ({
        type: 'epcisException:ValidationException',
        title: code,
        detail: message,
        event,
        field,
      })),
  };
}

/** All that is wrong with a document, as `application/problem+json` (RFC 9457), each with its event and field. */
function sendProblems(res: Response, problems: readonly Problem[]): void {
  const requestId = res.getHeader('X-Request-Id');
  const [first] = problems;
  const { status, duty, code } = new LotbookError('BAD_INPUT', '');
  const text = JSON.stringify({
    type: 'epcisException:ValidationException',
    title: 'The document is not valid; nothing of it was captured.',
    status,
    detail: first ? `${first.field}: ${first.message}` : '',
    code,
    duty,
    requestId,
    errors: problems.map(({ event, field, code, message }) => ({ event, field, code, message })),
  });
  res.status(status).set('Content-Type', 'application/problem+json').send(Buffer.from(text));
}
