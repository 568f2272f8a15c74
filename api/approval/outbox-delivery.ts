import {
  startRequester,
  stepRequester,
  type Ask,
  type Pauses,
  type RequesterEvent,
  type RequesterState,
} from '../authority/requester.ts';
import { hurryRequests, takeDueRequests, type StoredRequest } from '../store/requests.ts';
import { PAUSES, waitOn } from './outbox-answers.ts';
import { inTime } from './in-time.ts';
import { askNode, type AskDeps, type Outcome } from './outbox-ask.ts';
import { renewed } from './renew.ts';
import { knownRoute, learnRoute, type KnownRoute } from './route.ts';

const LEASE_MS = 60_000;
const MOST_AT_ONCE = 50;
/** Where there is nobody else to ask. */
const LONG_PATIENCE_MS = 15_000;
/**
 * So often in a row a member is asked that says it cannot approve yet; then the holder is tried again. By then the member may be
 * in a term that is not known here, since its holder told nobody else of it: a notice about an older one counts for nothing there.
 */
const MOST_STAYS = 5;
const SHORTEST_STAY_MS = 50;

export interface DeliveryDeps extends AskDeps {
  /** ms that only grow */
  monotonic: () => number;
  /** How long the holder may take to answer before the other member is asked. */
  patienceMs: number;
  /** What a node says of the authority of a book: `{mandateToken, termToken}`, or null. */
  askAuthority: (node: string, book: string) => Promise<unknown>;
}

/**
 * Carries the requests of one book to whoever holds the right to approve: to the holder first; where that does not answer,
 * to the other member with a notice (see authority/requester.ts). One question at a time; of each request the first
 * decision is kept.
 */
export class Courier {
  #said = '';
  #route: KnownRoute;
  #state: RequesterState;
  #stays = 0;
  #stayingSince = 0;

  private constructor(
    private readonly deps: DeliveryDeps,
    readonly book: string,
    route: KnownRoute,
  ) {
    this.#route = route;
    this.#state = startRequester(route);
  }

  static async open(deps: DeliveryDeps, book: string, authority: string): Promise<Courier> {
    return new Courier(deps, book, await knownRoute(deps, book, authority));
  }

  /** How long it rests, ms; not positive where it need not. */
  restMs(): number {
    return this.#state.nextAt - this.deps.monotonic();
  }

  /** There is something new: the pause is for what waits already. */
  hurry(): void {
    this.#state = { ...this.#state, nextAt: Number.NEGATIVE_INFINITY };
  }

  /** Follows the terms that are kept here, from wherever they came. True where there is a new one. */
  async refresh(authority: string): Promise<boolean> {
    const { deps, book } = this;
    const route = await knownRoute(deps, book, authority);
    const isMoved = route.n === 0 && this.#route.n === 0 && route.holder !== this.#route.holder;
    if (isMoved) this.#state = { ...startRequester(route), attempts: this.#state.attempts };
    else if (route.n <= this.#route.n) return false;
    else this.#step({ type: 'learnt', route });
    this.#route = route;
    this.hurry();
    await hurryRequests(deps.pool, book, new Date(deps.clock()));
    return true;
  }

  /** Delivers what is due, until nothing is, or nobody can be asked for now. Answers how many requests were taken. */
  async deliver(): Promise<number> {
    const { pool, clock } = this.deps;
    let count = 0;
    while (this.restMs() <= 0) {
      const due = await takeDueRequests(pool, this.book, new Date(clock()), LEASE_MS, MOST_AT_ONCE);
      if (due.length === 0) break;
      count += due.length;
      await this.#carry(due);
    }
    return count;
  }

  async #carry(due: StoredRequest[]): Promise<void> {
    let waiting = await renewed(this.deps, due);
    const reasons = new Map<string, string>();
    while (waiting.length > 0) {
      const ask = this.#step({ type: 'due' });
      if (!ask) break;
      const outcome = await this.#ask(ask, waiting);
      waiting = outcome.waiting;
      if (outcome.reason) reasons.set(ask.to, outcome.reason);
      await this.#follow(ask, outcome);
    }
    if (waiting.length === 0) {
      this.#said = '';
      return;
    }
    const message = [...reasons.values()].join(' ');
    const { book, deps } = this;
    if (message !== this.#said)
      deps.log.warn({ book, requests: waiting.length, reason: message }, 'requests wait for their authority');
    this.#said = message;
    for (const request of waiting) await waitOn(deps, request, message, Math.max(0, this.restMs()));
  }

  #step(event: RequesterEvent, pauses: Pauses = PAUSES): Ask | null {
    const { state, ask } = stepRequester(this.#state, event, this.deps.monotonic(), pauses);
    this.#state = state;
    return ask;
  }

  /** Tells the machine what came of a question. */
  async #follow({ attempt, to }: Ask, { event, retryAfterMs }: Outcome): Promise<void> {
    const isOther = to !== this.#route.holder;
    if (event !== 'unable' || !isOther) this.#stays = 0;
    if (event === 'redirected' || (event === 'answered' && isOther)) {
      const route = await this.#learnFrom(to);
      if (event === 'answered') this.#step({ type: 'answered', attempt });
      else this.#step(route ? { type: 'redirected', attempt, route } : { type: 'failed', attempt });
      if (!route || route.n <= this.#route.n) return;
      if (event === 'answered') this.#step({ type: 'learnt', route });
      this.#route = route;
    } else if (event === 'unable' && isOther) {
      const route = (this.#stays + 1) % MOST_STAYS === 0 ? await this.#learnFrom(to) : null;
      if (!route || route.n <= this.#route.n) return this.#stay(attempt, retryAfterMs ?? PAUSES.firstMs);
      this.#step({ type: 'redirected', attempt, route });
      this.#route = route;
    } else {
      this.#step({ type: event === 'answered' ? 'answered' : 'failed', attempt });
    }
  }

  /**
   * Asks a member again that is about to take over, or has passed the requests on: after the time that it gives, or an
   * eighth of the time that it has taken already.
   */
  #stay(attempt: number, retryAfterMs: number): void {
    const now = this.deps.monotonic();
    if (this.#stays === 0) this.#stayingSince = now;
    this.#stays += 1;
    const firstMs = Math.min(
      PAUSES.longestMs,
      Math.max(SHORTEST_STAY_MS, retryAfterMs, (now - this.#stayingSince) / 8),
    );
    const type = this.#stays % MOST_STAYS === 0 ? 'failed' : 'relayed';
    this.#step({ type, attempt }, { firstMs, longestMs: firstMs });
  }

  async #learnFrom(node: string): Promise<KnownRoute | null> {
    const { deps, book } = this;
    const asking = deps.askAuthority(node, book).catch(() => null);
    return learnRoute(deps, book, await inTime(asking, this.#patienceMs(), null));
  }

  #ask(ask: Ask, requests: StoredRequest[]): Promise<Outcome> {
    return askNode(this.deps, this.#route, ask, {
      book: this.book,
      requests,
      patienceMs: this.#patienceMs(),
    });
  }

  #patienceMs(): number {
    return this.#route.other === null ? LONG_PATIENCE_MS : this.deps.patienceMs;
  }
}
