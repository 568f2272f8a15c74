import type { NodeId } from './words.ts';

/** Where a requester believes the right to be. */
export interface Route {
  /** The term of which it knows; 0 where the book's authority has never been said. */
  readonly n: number;
  readonly holder: NodeId;
  /** The other member by the mandate; null without one. */
  readonly other: NodeId | null;
}

/** How a requester fares with its queue of requests for one book; the queue itself is the driver's. */
export interface RequesterState {
  readonly route: Route;
  /** The question that is under way; an answer to any other one is too late. */
  readonly asking: { readonly attempt: number; readonly to: NodeId } | null;
  readonly attempts: number;
  /** Rounds in a row in which nobody gave an answer. */
  readonly failures: number;
  /** Whom it asks next. */
  readonly target: NodeId;
  readonly nextAt: number;
}

export type RequesterEvent =
  /** There is something to ask for. */
  | { readonly type: 'due' }
  /** An answer to what was asked; a decision, or that a person has to decide. */
  | { readonly type: 'answered'; readonly attempt: number }
  /** The node is not the holder, and says who is. */
  | { readonly type: 'redirected'; readonly attempt: number; readonly route: Route }
  /** The other member hears the holder and has passed the requests on to it; or it is about to take over. */
  | { readonly type: 'relayed'; readonly attempt: number }
  /** No answer, or one that says that the node is not able. */
  | { readonly type: 'failed'; readonly attempt: number }
  /** A term was learnt elsewhere, such as from the feed. */
  | { readonly type: 'learnt'; readonly route: Route };

/** Ask `to`; `unable`: with a signed notice that this holder does not answer. */
export interface Ask {
  readonly attempt: number;
  readonly to: NodeId;
  readonly unable: { readonly about: NodeId; readonly n: number } | null;
}

export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

export function startRequester(route: Route): RequesterState {
  return {
    route,
    asking: null,
    attempts: 0,
    failures: 0,
    target: route.holder,
    nextAt: Number.NEGATIVE_INFINITY,
  };
}

/** One event of whoever asks for updates of a book. Asks one node at a time, the holder first. */
export function stepRequester(
  state: RequesterState,
  event: RequesterEvent,
  now: number,
  pauses: Pauses,
): { state: RequesterState; ask: Ask | null } {
  const { asking, route } = state;
  const rest = (next: RequesterState) => ({ state: next, ask: null });
  if (event.type === 'due') {
    if (asking !== null || now < state.nextAt) return rest(state);
    const attempt = state.attempts + 1;
    const to = state.target;
    const unable = to === route.holder ? null : { about: route.holder, n: route.n };
    return { state: { ...state, attempts: attempt, asking: { attempt, to } }, ask: { attempt, to, unable } };
  }
  if (event.type === 'learnt') return rest(follow(state, event.route));
  if (asking === null || asking.attempt !== event.attempt) return rest(state);
  const idle = { ...state, asking: null };
  switch (event.type) {
    case 'answered':
      return rest({ ...idle, failures: 0, nextAt: Number.NEGATIVE_INFINITY });
    case 'redirected':
      return rest(redirected(idle, event.route, now, pauses));
    case 'relayed':
      return rest({ ...idle, nextAt: now + pauses.firstMs });
    case 'failed':
      return rest(turn(idle, asking.to, now, pauses));
  }
}

/** A new holder is asked at once. */
function follow(state: RequesterState, route: Route): RequesterState {
  if (route.n <= state.route.n) return state;
  return { ...state, route, target: route.holder, nextAt: Number.NEGATIVE_INFINITY };
}

/** A lower term is not followed: whoever says so does not know it better. */
function redirected(state: RequesterState, route: Route, now: number, pauses: Pauses): RequesterState {
  if (route.n > state.route.n) return follow(state, route);
  return turn(state, state.target, now, pauses);
}

/** From the holder to the other one at once; from the other one back to the holder after a pause that grows. */
function turn(state: RequesterState, asked: NodeId, now: number, pauses: Pauses): RequesterState {
  const { route, failures } = state;
  const pauseMs = Math.min(pauses.longestMs, pauses.firstMs * 2 ** Math.min(failures, 10));
  if (asked === route.holder && route.other !== null) {
    return { ...state, target: route.other, nextAt: Number.NEGATIVE_INFINITY };
  }
  return { ...state, target: route.holder, failures: failures + 1, nextAt: now + pauseMs };
}
