import type { Ask } from '../authority/requester.ts';
import { type ErrorCode, LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash } from '../ledger/change.ts';
import { signUnable } from '../ledger/statements/unable.ts';
import type { StoredRequest } from '../store/requests.ts';
import { inTime } from './in-time.ts';
import { isWordOfMember, keepAnswer, postpone, type AnswersDeps } from './outbox-answers.ts';
import { isPassing, readAnswers, type RemoteRequest } from './remote-request.ts';
import { isOutdated } from './renew.ts';
import type { KnownRoute, RouteDeps } from './route.ts';

export interface AskDeps extends AnswersDeps, RouteDeps {
  organisation: string;
  signer: Signer;
  uuid: () => string;
  /**
   * Hands signed requests to a node, with a notice where it is not the holder; its answers, as they came, in their order.
   * Rejects when it cannot be reached.
   */
  send: (node: string, tokens: readonly string[], unable: string | null) => Promise<unknown>;
}

/** What came of asking. */
export interface Outcome {
  /** The requests that are still to be asked for: of the others the answer is kept, or their next attempt noted. */
  waiting: StoredRequest[];
  event: 'answered' | 'redirected' | 'unable' | 'failed';
  /** What they wait for. */
  reason: string;
  retryAfterMs?: number | undefined;
}

interface Batch {
  book: string;
  requests: StoredRequest[];
  patienceMs: number;
}

/** With these a node refuses that could approve. */
const ABLE: ReadonlySet<ErrorCode> = new Set(['TOO_BUSY', 'TOO_MANY_CALLS', 'TOO_LARGE']);

/** Asks one node for requests of one book, and keeps what it answers. */
export async function askNode(deps: AskDeps, route: KnownRoute, ask: Ask, batch: Batch): Promise<Outcome> {
  const { requests, patienceMs } = batch;
  const tokens = requests.map(({ token }) => token as string);
  try {
    const sending = deps.send(ask.to, tokens, await noticeFor(deps, ask, batch));
    const answers = await inTime(sending, patienceMs, LATE);
    if (answers !== LATE) return await sort(deps, route, ask, requests, answers);
    // What it decides after all counts as well as if it were asked again.
    sending.then((late) => keepLate(deps, requests, late)).catch(() => undefined);
    return { waiting: requests, event: 'failed', reason: `${ask.to} did not answer in time.` };
  } catch (error) {
    const { code, message, details } =
      error instanceof LotbookError ? error : new LotbookError('INTERNAL', `${ask.to} could not be asked.`);
    if (code === 'TOO_LARGE' && requests.length > 1) return askInParts(deps, route, ask, batch);
    if (!ABLE.has(code)) {
      return { waiting: requests, event: 'failed', reason: message };
    }
    // It is able, and has its reasons.
    for (const request of requests) await postpone(deps, request, message, details.retryAfterMs);
    return { waiting: [], event: 'answered', reason: message };
  }
}

/** Each may be small enough: together they must not wait for ever. */
async function askInParts(deps: AskDeps, route: KnownRoute, ask: Ask, batch: Batch): Promise<Outcome> {
  const half = batch.requests.length >> 1;
  const first = await askNode(deps, route, ask, { ...batch, requests: batch.requests.slice(0, half) });
  const second = await askNode(deps, route, ask, { ...batch, requests: batch.requests.slice(half) });
  const worse = second.event === 'answered' ? first : second;
  return { ...worse, waiting: [...first.waiting, ...second.waiting] };
}

async function noticeFor(
  deps: AskDeps,
  { to, unable }: Ask,
  { book, requests }: Batch,
): Promise<string | null> {
  if (unable === null) return null;
  const { organisation, clock, uuid, signer } = deps;
  const request = tokenHash(requests[0]?.token as string);
  const claims = { iss: organisation, aud: to, book, ...unable, request, iat: clock() / 1000, jti: uuid() };
  return signUnable(claims, signer);
}

/** Keeps what is an answer; tells what is none. */
async function sort(
  deps: AskDeps,
  route: KnownRoute,
  ask: Ask,
  requests: readonly StoredRequest[],
  answers: unknown,
): Promise<Outcome> {
  const outcome: Outcome = { waiting: [], event: 'answered', reason: '' };
  const read = readAnswers(answers, requests.length);
  for (const [index, request] of requests.entries()) {
    const answer = read[index] ?? null;
    const why = answer && noAnswer(route, ask, request, answer);
    if (answer === null) {
      deps.log.warn({ node: ask.to }, 'an answer to a request is not in the form that was agreed');
      await postpone(deps, request, `The answer of ${ask.to} is not in the form that was agreed.`);
    } else if (why) {
      outcome.waiting.push(request);
      outcome.reason = `${ask.to}: ${why.reason}`;
      outcome.retryAfterMs = answer.error?.retryAfterMs ?? undefined;
      if (outcome.event !== 'redirected') outcome.event = why.event;
    } else if (isPassing(answer) || (answer.error?.code === 'UNVERIFIED' && isOutdated(deps, request))) {
      const { message, retryAfterMs } = answer.error ?? { message: '' };
      await postpone(deps, request, `${ask.to}: ${message}`, retryAfterMs ?? undefined);
    } else {
      await keepAnswer(deps, request, answer);
    }
  }
  return outcome;
}

/** Why what a node says of a request is no answer to it; null where it is one, or only the request's own matter. */
function noAnswer(
  route: KnownRoute,
  { to }: Ask,
  request: StoredRequest,
  answer: RemoteRequest,
): Pick<Outcome, 'event' | 'reason'> | null {
  const { state, error, decidedAt } = answer;
  const reason = error?.message ?? '';
  if (error?.code === 'NOT_AUTHORITY') return { event: 'redirected', reason };
  if (error?.code === 'UNABLE') return { event: 'unable', reason };
  if (state === 'PROVISIONAL' && !isWordOfMember(answer, request, route.keys)) {
    return { event: 'failed', reason: 'Its provisional answer cannot be verified.' };
  }
  // What is refused outside of the log is for the holder to refuse: another member may not know who asks.
  const isRefusal = state === 'REFUSED' && decidedAt === null && !isPassing(answer);
  return isRefusal && to !== route.holder ? { event: 'failed', reason } : null;
}

async function keepLate(deps: AskDeps, requests: readonly StoredRequest[], answers: unknown): Promise<void> {
  const read = readAnswers(answers, requests.length);
  for (const [index, request] of requests.entries()) {
    const answer = read[index];
    if (answer?.decidedAt) await keepAnswer(deps, request, answer);
  }
}

const LATE = Symbol('late');
