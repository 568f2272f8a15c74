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
import type { Head, HeadAt, Output } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash, type EntryKind } from '../ledger/change.ts';
import { signApproval } from '../ledger/statements/approval.ts';
import type { Frontier } from '../ledger/tree.ts';
import type { Bell } from '../store/bell.ts';
import { readHeads, writeRequests, type DecidedRequest, type NewEntry } from '../store/commit.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import {
  dropFrames,
  finaliseFrames,
  lastCertificate,
  readFrameEnd,
  readFrameEnds,
  readLoggedNumbers,
  readTail,
  setHolder,
  writeAuthority,
  writeFrames,
} from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { EMPTY_HEAD, finalFrontier, makeFrame, storedOf, tailOf, type TailFrame } from './frames.ts';
import type { HeadOf } from './monitor.ts';
import { known, mandateOf, termOf, type Papers } from './papers.ts';

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

/** The stored part of a member that is in no other column or table. */
type MemberText = Pick<MemberRecord, 'final' | 'opening' | 'recovering' | 'frozen'>;

/**
 * A member's seat: the state machine of one book with its log. Each event is one transaction: the new state, the frames that
 * came or went, and what became final as entries; only then is anything said about it. What is not stored did not happen.
 *
 * Events come one at a time (see Desk); nothing here waits for another node.
 */
export class Seat {
  #state: MemberState;
  #text: string;
  readonly #tail: Map<string, TailFrame>;
  #finalFrontier: Frontier;
  #logged: { m: number; n: number };
  #certificate: Certificate | null;
  readonly #receipts = new Map<string, string>();
  readonly #watchers = new Set<() => void>();
  readonly #pending = new Map<string, { resolve: () => void; reject: (why: LotbookError) => void }>();

  private constructor(
    private readonly deps: SeatDeps,
    readonly book: string,
    private readonly papers: Papers,
    opened: {
      state: MemberState;
      text: string;
      tail: readonly TailFrame[];
      finalFrontier: Frontier;
      logged: { m: number; n: number };
      certificate: Certificate | null;
    },
  ) {
    this.#state = opened.state;
    this.#text = opened.text;
    this.#tail = new Map(opened.tail.map((frame) => [frame.to.head, frame]));
    this.#finalFrontier = opened.finalFrontier;
    this.#logged = opened.logged;
    this.#certificate = opened.certificate;
  }

  static async open(deps: SeatDeps, papers: Papers, text: string): Promise<Seat> {
    const { book } = papers;
    const { final, opening, recovering, frozen } = JSON.parse(text) as MemberText;
    const frontier = await finalFrontier(deps.pool, book, final);
    if (!frontier) throw new LotbookError('INTERNAL', `the log of ${book} ends before its final place`);
    const stored = await readTail(deps.pool, book);
    const tail = tailOf(frontier, stored);
    const { m, n } = papers.knows;
    const record: MemberRecord = {
      self: deps.organisation,
      mandate: mandateOf(known(papers.mandate(m), 'the mandate').claims),
      term: termOf(known(papers.term(n), 'the term').claims),
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
      tail,
      finalFrontier: frontier,
      logged: await readLoggedNumbers(deps.pool, book),
      certificate: last && {
        at: { len: last.to, head: last.head },
        approval: last.approval,
        receipt: last.receipt,
      },
    });
  }

  /** What is stored for a member at its start, or when the owner makes it one. */
  static textOf({ final, opening, recovering, frozen }: MemberText): string {
    return JSON.stringify({ final, opening, recovering, frozen });
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

  /** Proposals behind a place, in order. */
  tailAfter({ len }: Head): TailFrame[] {
    return this.#state.tail
      .filter(({ to }) => to.len > len)
      .map(({ to }) => known(this.#tail.get(to.head), 'a frame'));
  }

  /** The frontier at the end of a frame of this log; null if none ends there. */
  async frontierAt(head: Head): Promise<Frontier | null> {
    const frame = this.#tail.get(head.head);
    if (frame) return frame.to.len === head.len ? frame.frontier : null;
    if (head.len === this.#state.final.len)
      return head.head === this.#state.final.head ? this.#finalFrontier : null;
    return head.len < this.#state.final.len ? finalFrontier(this.deps.pool, this.book, head) : null;
  }

  /** The versions of records at a place of this log, as far as the entries that follow it need them. */
  async versionsAt(place: Head, records: readonly string[]): Promise<HeadOf> {
    const heads = new Map<string, { version: number; hash: string }>(
      [...(await readHeads(this.deps.pool, this.book, records))].map(([id, head]) => [id, head]),
    );
    for (const { to } of this.#state.tail) {
      if (to.len > place.len) break;
      for (const { record, version, hash } of known(this.#tail.get(to.head), 'a frame').body.entries) {
        heads.set(record, { version, hash });
      }
    }
    return heads;
  }

  /** What the final log has at these lengths: what a message is judged by. */
  async headsAt(lens: readonly number[]): Promise<HeadAt> {
    const heads = new Map<number, string>([[0, EMPTY_HEAD.head]]);
    for (const len of lens) {
      if (len <= 0 || len >= this.#state.final.len || heads.has(len)) continue;
      const end = await readFrameEnd(this.deps.pool, this.book, len);
      if (end) heads.set(len, end.head);
    }
    return (len) => heads.get(len) ?? null;
  }

  /** The end of the last frame of the final log with `after < to <= upTo`. */
  async endBefore(after: number, upTo: number): Promise<number> {
    const ends = await readFrameEnds(this.deps.pool, this.book, { after, upTo, limit: upTo - after });
    return ends[ends.length - 1]?.to ?? after;
  }

  /** The head of the final log at the end of a frame. */
  async headAt(len: number): Promise<Head> {
    return { len, head: known((await this.headsAt([len]))(len) ?? undefined, 'a frame') };
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
  whenFinal({ head }: Head, giveUpMs: number): Promise<void> {
    if (!this.#tail.has(head)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#pending.get(head)?.reject(unable('It waits for the other nodes.')),
        giveUpMs,
      );
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#pending.delete(head);
        settle();
      };
      this.#pending.set(head, {
        resolve: () => end(resolve),
        reject: (why) => end(() => reject(why)),
      });
    });
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
    const after = known((await this.frontierAt(end)) ?? undefined, 'the end of the log');
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
    const known = new Map(this.#tail);
    for (const frame of frames) known.set(frame.to.head, frame);
    const opening = openingDue(state) ? await this.#open(state, known) : null;
    if (opening) {
      known.set(opening.to.head, opening);
      const opened = stepMember(state, { type: 'write', from: opening.prev, to: opening.to }, now, ALL_RULES);
      state = opened.state;
      out = [...out, ...opened.out];
    }
    await this.#store(before, state, known, certificate, waiting);
    return out;
  }

  /** The first entries of an own term: the mandates and terms that the log does not hold yet. */
  async #open(state: MemberState, tail: ReadonlyMap<string, TailFrame>): Promise<TailFrame | null> {
    const end = endOf(state);
    const after = tail.get(end.head)?.frontier ?? (await this.frontierAt(end));
    if (!after) return null;
    const own = state.tail.map(({ to }) => known(tail.get(to.head), 'a frame'));
    const { mandates, terms } = this.papers.after(withNumbers(this.#logged, own));
    const named = [
      ...mandates.map((token) => ['MANDATE', token] as const),
      ...terms.map((token) => ['TERM', token] as const),
    ];
    const entries = named.map(([kind, token], index) =>
      logEntry(kind, numberOf(this.papers, kind, token), token, after.length + 1 + index, this.deps.uuid()),
    );
    return makeFrame(after, { at: new Date(this.deps.clock()), entries, requests: [] }, state.term.n);
  }

  async #store(
    before: MemberState,
    after: MemberState,
    frames: ReadonlyMap<string, TailFrame>,
    given: Certificate | null,
    waiting: readonly DecidedRequest[],
  ): Promise<void> {
    const { pool, organisation } = this.deps;
    const { book } = this;
    if (!isStoredDifferently(before, after) && waiting.length === 0) {
      this.#state = after;
      if (before.handing !== after.handing) this.#tell();
      return;
    }
    const finals = finalised(before.final, after.final, frames);
    const text = Seat.textOf(after);
    const held = new Set(before.tail.map(({ to }) => to.head));
    const kept = new Set([...after.tail, ...finals].map(({ to }) => to.head));
    const certificate = finals.length === 0 ? null : (given ?? (await this.#certify(after)));
    const fresh = [...finals, ...after.tail.map(({ to }) => known(frames.get(to.head), 'a frame'))].filter(
      ({ to }) => !held.has(to.head),
    );
    // Frames that are stored already only became final: that is certified elsewhere, and found out again after a crash.
    const isDurable = fresh.length > 0 || waiting.length > 0 || !isSameButFinal(before, after);
    const write = async (client: PoolClient): Promise<void> => {
      await writeAuthority(client, {
        book,
        mandate: after.mandate.m,
        term: after.term.n,
        member: { before: this.#text, after: text },
      });
      const dropped = before.tail.filter(({ to }) => !kept.has(to.head)).map(({ to }) => to.len);
      if (dropped.length > 0) await dropFrames(client, book, dropped);
      await writeFrames(client, book, fresh.map(storedOf));
      if (finals.length > 0) await this.#finalise(client, finals, certificate);
      if (waiting.length > 0) await writeRequests(client, book, waiting);
      if (after.term !== before.term) await setHolder(client, book, after.term.holder);
    };
    await inTransaction(pool, write, { isDurable });
    // The commit point is behind us.
    this.#state = after;
    this.#text = text;
    this.#takeUp(after, frames, finals, certificate);
    if (after.term.n !== before.term.n) {
      const { n, holder, why } = after.term;
      this.deps.bell.ring(book);
      this.deps.log.info(
        { book, term: n, holder, why, own: holder === organisation },
        'the right to approve has moved',
      );
    }
    if (after.frozen !== before.frozen) {
      this.deps.log.error(
        { book, reason: after.frozen },
        'this book approves nothing until its owner decides',
      );
    }
    this.#tell(finals);
  }

  async #finalise(
    client: PoolClient,
    finals: readonly TailFrame[],
    certificate: Certificate | null,
  ): Promise<void> {
    const last = finals[finals.length - 1]?.to.len;
    await finaliseFrames(
      client,
      this.book,
      finals.map(({ to, body }) => ({ to: to.len, ...body })),
      certificate?.at.len === last && certificate
        ? { to: certificate.at.len, approval: certificate.approval, receipt: certificate.receipt }
        : null,
    );
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
    this.#tail.clear();
    for (const { to } of tail) this.#tail.set(to.head, known(frames.get(to.head), 'a frame'));
    const last = finals[finals.length - 1];
    if (last) this.#finalFrontier = last.frontier;
    if (certificate) this.#certificate = certificate;
    for (const head of this.#receipts.keys())
      if (!this.#tail.has(head) && head !== final.head) this.#receipts.delete(head);
    this.#logged = withNumbers(this.#logged, finals);
    for (const { to } of finals) this.#pending.get(to.head)?.resolve();
    const isLost = (head: string) => !this.#tail.has(head) || !this.isHolder();
    for (const [head, { reject }] of this.#pending)
      if (isLost(head)) reject(unable('The right to approve has moved.'));
  }

  #tell(finals: readonly TailFrame[] = []): void {
    for (const tell of this.#watchers) tell();
    if (finals.length === 0) return;
    const { bell } = this.deps;
    bell.ring(this.book);
    for (const { body } of finals) for (const { id } of body.requests) bell.ring(`request:${id}`);
  }
}

function unable(why: string): LotbookError {
  return new LotbookError(
    'UNABLE',
    `${why} The request may still be approved: ask again with the same key.`,
    {
      retryAfterMs: 500,
    },
  );
}

function isStoredDifferently(a: MemberState, b: MemberState): boolean {
  return (
    a.term !== b.term ||
    a.mandate !== b.mandate ||
    a.final !== b.final ||
    a.tail !== b.tail ||
    a.opening !== b.opening ||
    a.recovering !== b.recovering ||
    a.frozen !== b.frozen
  );
}

function isSameButFinal(a: MemberState, b: MemberState): boolean {
  const isTail = b.tail.every(({ to }) =>
    a.tail.some((frame) => frame.to === to || frame.to.head === to.head),
  );
  return isTail && !isStoredDifferently({ ...a, final: b.final, tail: b.tail }, b);
}

/** The frames that became final: back from the new place, each behind the one before. */
function finalised(from: Head, to: Head, frames: ReadonlyMap<string, TailFrame>): TailFrame[] {
  const found: TailFrame[] = [];
  for (let at = to; at.len > from.len; at = (found[0] as TailFrame).prev) {
    found.unshift(known(frames.get(at.head), 'a final frame'));
  }
  return found;
}

const LOG_RECORDS = { MANDATE: 'urn:lotbook:mandate', TERM: 'urn:lotbook:term' } as const;

function logEntry(
  kind: 'MANDATE' | 'TERM',
  version: number,
  token: string,
  seq: number,
  request: string,
): NewEntry {
  return {
    seq,
    kind: kind satisfies EntryKind,
    record: LOG_RECORDS[kind],
    version,
    firstSeq: seq,
    token,
    hash: tokenHash(token),
    state: null,
    request,
    recordKey: null,
    eventTime: null,
    links: [],
  };
}

function numberOf(papers: Papers, kind: 'MANDATE' | 'TERM', token: string): number {
  const { m, n } = papers.knows;
  const last = kind === 'MANDATE' ? m : n;
  for (let nr = last; nr > 0; nr -= 1) {
    if ((kind === 'MANDATE' ? papers.mandate(nr) : papers.term(nr))?.token === token) return nr;
  }
  throw new Error('a statement has no number');
}

function withNumbers(
  before: { m: number; n: number },
  frames: readonly TailFrame[],
): { m: number; n: number } {
  let { m, n } = before;
  for (const { body } of frames) {
    for (const { kind, version } of body.entries) {
      if (kind === 'MANDATE') m = Math.max(m, version);
      if (kind === 'TERM') n = Math.max(n, version);
    }
  }
  return { m, n };
}
