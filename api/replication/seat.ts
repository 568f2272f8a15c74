import type { Logger } from 'pino';
import { openingDue } from '../authority/final.ts';
import {
  endOf,
  isHolder,
  mayRead,
  mayWrite,
  startMember,
  stepMember,
  type MemberEvent,
  type MemberRecord,
  type MemberState,
} from '../authority/member.ts';
import { ALL_RULES } from '../authority/rules.ts';
import type { Head, Output } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash } from '../ledger/change.ts';
import type { HeadLeaf } from '../ledger/heads/page.ts';
import { signApproval } from '../ledger/statements/approval.ts';
import type { Bell } from '../store/bell.ts';
import { writeRequests, type DecidedRequest, type NewEntry } from '../store/commit.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import {
  dropFrames,
  finaliseFrames,
  lastCertificate,
  readLoggedNumbers,
  readTail,
  setHolder,
  writeAuthority,
  writeFrames,
} from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { finalFrontier, makeFrame, storedOf, tailOf, type TailFrame } from './frames.ts';
import { openingEntries, withFrames, type Logged } from './opening.ts';
import type { DueKey } from './key-papers.ts';
import { known, mandateOf, termOf, type Papers } from './papers.ts';
import { moved, Pending } from './pending.ts';
import { SeatLog } from './seat-log.ts';
import { memberOf, textOf } from './seat-text.ts';
import { changesOf, type StepChanges } from './step-changes.ts';

export interface SeatDeps {
  pool: Pool;
  bell: Bell;
  signer: Signer;
  organisation: string;
  /** ms since 1970, for what is signed. */
  clock: () => number;
  /** ms that only grow, for leases. */
  monotonic: () => number;
  uuid: () => string;
  log: Logger;
  /**
   * The root of the map of heads over the first `size` entries of a book. Of those behind `final` the heads are given, in their
   * order.
   */
  headsRoot(book: string, of: { size: number; final: number; heads: readonly HeadLeaf[] }): Promise<string>;
}

/** The holder's word that the log is final up to a place, and the receipt on which it rests. */
export interface Certificate {
  readonly at: Head;
  readonly approval: string;
  readonly receipt: string | null;
}

/** What is decided in a group and not an entry: requests that wait for a person. */
export interface Proposal {
  readonly at: Date;
  readonly entries: NewEntry[];
  readonly requests: DecidedRequest[];
}

/**
 * A member's seat: the state machine of one book with its log. Each event is one transaction: the new state, the frames that
 * came or went, and what became final as entries; only then is anything said about it. What is not stored did not happen.
 *
 * Events come one at a time (see Desk); nothing here waits for another node.
 */
export class Seat {
  #state: MemberState;
  #text: string;
  readonly log: SeatLog;
  #logged: Logged;
  #certificate: Certificate | null;
  readonly #receipts = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  readonly #pending = new Pending();

  private constructor(
    private readonly deps: SeatDeps,
    readonly book: string,
    private readonly papers: Papers,
    opened: {
      state: MemberState;
      text: string;
      log: SeatLog;
      logged: Logged;
      certificate: Certificate | null;
    },
  ) {
    this.#state = opened.state;
    this.#text = opened.text;
    this.log = opened.log;
    this.#logged = opened.logged;
    papers.keys.noteLogged(opened.logged.keys);
    this.#certificate = opened.certificate;
  }

  static async open(deps: SeatDeps, papers: Papers, text: string): Promise<Seat> {
    const { book } = papers;
    const { final, opening, recovering, frozen } = memberOf(text);
    const frontier = await finalFrontier(deps.pool, book, final);
    if (!frontier) throw new LotbookError('INTERNAL', `the log of ${book} ends before its final place`);
    const tail = tailOf(frontier, await readTail(deps.pool, book));
    const term = termOf(known(papers.term(papers.knows.n), 'the term').claims);
    const record: MemberRecord = {
      self: deps.organisation,
      mandate: mandateOf(known(papers.mandate(term.m), 'the mandate').claims),
      term,
      final,
      tail: tail.map((frame) => ({ to: frame.to, n: frame.n })),
      opening,
      recovering,
      frozen,
    };
    const last = await lastCertificate(deps.pool, book);
    return new Seat(deps, book, papers, {
      state: startMember(record, deps.monotonic()),
      text,
      log: new SeatLog(deps.pool, book, frontier, tail),
      logged: await readLoggedNumbers(deps.pool, book, papers.signing),
      certificate: last && {
        at: { len: last.to, head: last.head },
        approval: last.approval,
        receipt: last.receipt,
      },
    });
  }

  get state(): MemberState {
    return this.#state;
  }

  get certificate(): Certificate | null {
    return this.#certificate;
  }

  get end(): Head {
    return endOf(this.#state);
  }

  isHolder(): boolean {
    return isHolder(this.#state);
  }

  mayWrite(): boolean {
    return mayWrite(this.#state);
  }

  isCurrent(): boolean {
    return mayRead(this.#state, this.deps.monotonic(), ALL_RULES);
  }

  /** The root of the map of heads over the first `size` entries, of which those that are not final here are given too. */
  headsRoot(size: number, heads: readonly HeadLeaf[]): Promise<string> {
    return this.deps.headsRoot(this.book, { size, final: this.#state.final.len, heads });
  }

  /** Statements of the key logs of the others who sign in this book which its log, with the proposals, lacks. */
  dueKeys(): DueKey[] {
    const { keys } = withFrames(this.#logged, this.log.tailAfter(this.#state.final));
    return this.papers.keys.due(keys).filter(({ organisation }) => organisation !== this.deps.organisation);
  }

  keepReceipt(at: Head, token: string): void {
    this.#receipts.set(at.head, token);
  }

  /** Told of every change of what may be written and what is final, until the given function is called. */
  watch(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  /** Resolves once the log is final up to a proposal of this node; rejects with UNABLE when it can no longer tell. */
  async whenFinal(place: Head, giveUpMs: number): Promise<void> {
    if (this.log.tail.has(place.head)) return this.#pending.wait(place.head, giveUpMs);
    // No proposal any more: final, or given up already.
    const isFinal = place.len <= this.#state.final.len && (await this.log.frontierAt(place)) !== null;
    if (!isFinal) throw moved();
  }

  /** Writes a group of decisions at the end of the log. Null when the state moved since it was planned: plan again. */
  async propose(
    { at, entries, requests }: Proposal,
    base: { length: number; term: number },
  ): Promise<{ to: Head; out: readonly Output[] } | null> {
    const end = this.end;
    if (!this.mayWrite() || base.length !== end.len || base.term !== this.#state.term.n) return null;
    const waiting = requests.filter(({ state }) => state === 'PENDING');
    if (entries.length === 0) {
      await inTransaction(this.deps.pool, (client) => writeRequests(client, this.book, waiting));
      return { to: end, out: [] };
    }
    const decided = requests.filter(({ state }) => state !== 'PENDING');
    const after = known((await this.log.frontierAt(end)) ?? undefined, 'the end of the log');
    const frame = makeFrame(after, { at, entries, requests: decided }, base.term);
    const out = await this.step({ type: 'write', from: end, to: frame.to }, [frame], null, waiting);
    return { to: frame.to, out };
  }

  /**
   * One event. `frames` came with it; `certificate` is the verified word of the holder on what is final.
   */
  async step(
    event: MemberEvent,
    frames: readonly TailFrame[] = [],
    certificate: Certificate | null = null,
    waiting: readonly DecidedRequest[] = [],
  ): Promise<readonly Output[]> {
    const before = this.#state;
    const now = this.deps.monotonic();
    let { state, out } = stepMember(before, event, now, ALL_RULES);
    const all = new Map(this.log.tail);
    for (const frame of frames) all.set(frame.to.head, frame);
    const opening = openingDue(state) ? await this.#open(state, all) : null;
    if (opening) {
      all.set(opening.to.head, opening);
      const opened = stepMember(state, { type: 'write', from: opening.prev, to: opening.to }, now, ALL_RULES);
      state = opened.state;
      out = [...out, ...opened.out];
    }
    await this.#store(before, state, all, certificate, waiting);
    return out;
  }

  /** The first entries of an own term: the mandates and terms that the log does not hold yet. */
  async #open(state: MemberState, tail: ReadonlyMap<string, TailFrame>): Promise<TailFrame | null> {
    const end = endOf(state);
    const after = tail.get(end.head)?.frontier ?? (await this.log.frontierAt(end));
    if (!after) return null;
    const own = state.tail.map(({ to }) => known(tail.get(to.head), 'a frame'));
    const logged = withFrames(this.#logged, own);
    const entries = openingEntries(this.papers, logged, after.length, this.deps.uuid);
    return makeFrame(after, { at: new Date(this.deps.clock()), entries, requests: [] }, state.term.n);
  }

  async #store(
    before: MemberState,
    after: MemberState,
    frames: ReadonlyMap<string, TailFrame>,
    given: Certificate | null,
    waiting: readonly DecidedRequest[],
  ): Promise<void> {
    const { pool } = this.deps;
    const { book } = this;
    const changes = changesOf(before, after, frames);
    if (!changes && waiting.length === 0) {
      this.#state = after;
      if (before.handing !== after.handing) this.#tell();
      return;
    }
    const { finals, fresh, dropped, isDurable } = changes ?? NOTHING;
    const text = textOf(after.mandate.m, after);
    const certificate = finals.length === 0 ? null : (given ?? (await this.#certify(after)));
    const write = async (client: PoolClient): Promise<void> => {
      const member = { before: this.#text, after: text };
      await writeAuthority(client, { book, mandate: after.mandate.m, term: after.term.n, member });
      if (dropped.length > 0) await dropFrames(client, book, dropped);
      await writeFrames(client, book, fresh.map(storedOf));
      if (finals.length > 0)
        await finaliseFrames(client, book, finals.map(finalOf), certificateOf(finals, certificate));
      if (waiting.length > 0) await writeRequests(client, book, waiting);
      if (after.term !== before.term) await setHolder(client, book, after.term.holder);
    };
    await inTransaction(pool, write, { isDurable: isDurable || waiting.length > 0 });
    // The commit point is behind us.
    this.#state = after;
    this.#text = text;
    this.#takeUp(after, frames, finals, certificate);
    this.#report(before, after);
    this.#tell(finals);
  }

  #report(before: MemberState, { term, frozen }: MemberState): void {
    const { bell, log, organisation } = this.deps;
    const { book } = this;
    if (term.n !== before.term.n) {
      const { n, holder, why } = term;
      bell.ring(book);
      log.info(
        { book, term: n, holder, why, own: holder === organisation },
        'the right to approve has moved',
      );
    }
    if (frozen !== before.frozen)
      log.error({ book, reason: frozen }, 'nothing is approved until the owner decides');
  }

  /** The holder's signed word that the log is final up to here. */
  async #certify({ final, term }: MemberState): Promise<Certificate | null> {
    const { organisation, signer, clock } = this.deps;
    if (term.holder !== organisation) return null;
    const receipt = this.#receipts.get(final.head) ?? null;
    const claims = { iss: organisation, book: this.book, n: term.n, ...final, iat: clock() / 1000 };
    const receipts = receipt === null ? [] : [tokenHash(receipt)];
    return { at: final, approval: await signApproval({ ...claims, receipts }, signer), receipt };
  }

  #takeUp(
    { tail, final }: MemberState,
    frames: ReadonlyMap<string, TailFrame>,
    finals: readonly TailFrame[],
    certificate: Certificate | null,
  ): void {
    const kept = tail.map(({ to }) => known(frames.get(to.head), 'a frame'));
    this.log.takeUp(finals[finals.length - 1]?.frontier ?? null, kept);
    if (certificate) this.#certificate = certificate;
    for (const head of this.#receipts.keys())
      if (!this.log.tail.has(head) && head !== final.head) this.#receipts.delete(head);
    this.#logged = withFrames(this.#logged, finals);
    this.papers.keys.noteLogged(this.#logged.keys);
    for (const { to } of finals) this.#pending.resolve(to.head);
    this.#pending.giveUp((head) => !this.log.tail.has(head) || !this.isHolder());
  }

  #tell(finals: readonly TailFrame[] = []): void {
    for (const tell of this.#watchers) tell();
    if (finals.length === 0) return;
    const { bell } = this.deps;
    bell.ring(this.book);
    for (const { body } of finals) for (const { id } of body.requests) bell.ring(`request:${id}`);
  }
}

const NOTHING: StepChanges = { finals: [], fresh: [], dropped: [], isDurable: false };

function finalOf({ to, body }: TailFrame) {
  return { to: to.len, ...body };
}

/** As it is stored beside the frame that ends where it says; null where none does. */
function certificateOf(finals: readonly TailFrame[], certificate: Certificate | null) {
  const last = finals[finals.length - 1]?.to.len;
  if (certificate === null || certificate.at.len !== last) return null;
  return { to: last, approval: certificate.approval, receipt: certificate.receipt };
}
