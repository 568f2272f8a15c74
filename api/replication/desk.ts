import type { MemberEvent } from '../authority/member.ts';
import type { Head, Message, Output, Sent } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import { tokenHash } from '../ledger/change.ts';
import { verifyApproval } from '../ledger/statements/approval.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { signReceipt, verifyReceipt } from '../ledger/statements/receipt.ts';
import { decodeFrontier, type Frontier } from '../ledger/tree.ts';
import {
  closeReplica,
  openReplica,
  readAuthority,
  readTokens,
  readWholeBook,
  writeAuthority,
} from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { EMPTY_HEAD, finalFrames, firstFrames, headOf, receivedFrame, type TailFrame } from './frames.ts';
import { checkFrames } from './monitor.ts';
import { mandateOf, termOf, Papers, type PapersDeps } from './papers.ts';
import { Register } from './register.ts';
import { Seat, type Certificate, type SeatDeps } from './seat.ts';
import type { Envelope, EnvelopeInput, WireMessage } from './wire.ts';

export interface DeskDeps extends PapersDeps, SeatDeps {
  /** Hands an envelope to another node; its answer. Rejects when there is none. */
  exchange: (organisation: string, envelope: EnvelopeInput, timeoutMs: number) => Promise<Envelope>;
  /** The owner's partners, as the other member has to know them while it holds the right. */
  introductionsOf: (book: string) => Promise<readonly unknown[]>;
  takeIntroductions: (book: string, owner: string, list: readonly unknown[]) => Promise<void>;
}

/** Leaves that one countersign carries at most. */
const MOST_LEAVES = 20_000;
const SHORTEST_TIMEOUT_MS = 2_000;
const PAUSE_MS = 50;

/** What waits to be said to one node: of each kind of message only the last, for it says what the earlier ones said. */
interface Slot {
  append: Head | null;
  messages: Map<Message['type'], Message>;
  knows: { m: number; n: number };
  needsSeat: boolean;
  /** The introductions that it was last given, as text. */
  introduced: string;
  flight: Promise<void> | null;
}

/**
 * A node's part in the authority of one book: what it knows of mandates and terms, its seat if it is a member, the register if
 * it is the registrar, and what waits to be said to the others. All events of a book go one after the other; what they make
 * this node say leaves when they are stored, one envelope at a time to each node.
 */
export class Desk {
  #seat: Seat | null = null;
  #register: Register | null = null;
  readonly #slots = new Map<string, Slot>();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    private readonly deps: DeskDeps,
    readonly papers: Papers,
    /** Told when what is stored may not be what this desk believes: it is to be opened again. */
    private readonly onDoubt: (desk: Desk, error: unknown) => void,
  ) {}

  static async open(
    deps: DeskDeps,
    book: string,
    onDoubt: (desk: Desk, error: unknown) => void,
  ): Promise<Desk> {
    const desk = new Desk(deps, await Papers.open(deps, book), onDoubt);
    const stored = await readAuthority(deps.pool, book);
    if (stored?.member) desk.#seat = await Seat.open(deps, desk.papers, stored.member);
    if (stored?.register) {
      const { len } = JSON.parse(stored.register) as { len: number };
      const frontier = decodeFrontier(len, stored.frontier ?? Buffer.alloc(0));
      desk.#register = Register.open(deps, desk.papers, stored.register, frontier);
    }
    return desk;
  }

  get book(): string {
    return this.papers.book;
  }

  get seat(): Seat | null {
    return this.#seat;
  }

  get register(): Register | null {
    return this.#register;
  }

  /** How often time is to pass for it, ms. */
  get everyMs(): number {
    const leaseMs = this.papers.mandate(this.papers.knows.m)?.claims.leaseMs ?? 10_000;
    return Math.min(500, Math.max(20, leaseMs / 20));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last.catch(() => undefined);
    await Promise.allSettled([...this.#slots.values()].map(({ flight }) => flight));
  }

  /** Does one thing after what is under way; then says what is to be said. */
  do<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => this.#flush(),
      (error: unknown) => (error instanceof LotbookError ? this.#flush() : this.onDoubt(this, error)),
    );
    return result;
  }

  tick(): Promise<void> {
    return this.do(async () => {
      if (this.#register) await this.#say(await this.#register.step({ type: 'tick' }));
      if (this.#seat) await this.#say(await this.#seat.step({ type: 'tick' }));
    });
  }

  /** An event of the seat that no message brought. */
  tell(event: MemberEvent): Promise<void> {
    return this.do(async () => {
      if (this.#seat) await this.#say(await this.#seat.step(event));
    });
  }

  propose: Seat['propose'] = (...given) =>
    this.do(async () => {
      const proposed = (await this.#seat?.propose(...given)) ?? null;
      if (proposed) await this.#say(proposed.out);
      return proposed;
    });

  takeSeat(seat: Seat): void {
    this.#seat = seat;
  }

  takeRegister(register: Register | null): void {
    this.#register = register;
  }

  /** The mandate that is known last comes into force at the registrar; where there is no register yet, with its first term. */
  async enact(base: { len: number; frontier: readonly string[] } | null): Promise<void> {
    const { papers, deps } = this;
    const claims = papers.mandate(papers.knows.m)?.claims;
    if (!claims) return;
    const mandate = mandateOf(claims);
    if (this.#register) {
      await this.#say(await this.#register.step({ type: 'mandate', mandate }));
      return this.#learnTerm();
    }
    const { organisation: self } = deps;
    if (!base || papers.knows.n > 0 || (mandate.witness ?? mandate.primary) !== self) return;
    const { primary: holder } = mandate;
    const term = {
      n: claims.term,
      m: mandate.m,
      holder,
      insync: [holder],
      registrar: self,
      why: 'appoint' as const,
    };
    const frontier: Frontier = { length: base.len, nodes: base.frontier };
    const record = { self, mandate, next: null, term, head: headOf(frontier), covers: false };
    this.#register = await Register.create(deps, papers, record, frontier);
  }

  /** Tells the own seat of a term that this node learnt otherwise than by a message. */
  learnTerm(): Promise<void> {
    return this.do(() => this.#learnTerm());
  }

  async #learnTerm(): Promise<void> {
    const term = this.papers.term(this.papers.knows.n);
    const mandate = term && this.papers.mandate(term.claims.m);
    if (!term || !mandate) return;
    const message = { type: 'term', term: termOf(term.claims), mandate: mandateOf(mandate.claims) } as const;
    await this.#toSeat(term.claims.registrar, message);
    if (term.claims.registrar !== this.deps.organisation) this.#register = null;
    await this.#leave(mandate.claims);
  }

  /** A member that the mandate in force does not name gives up its seat, and the book with it - but for the owner's own. */
  async #leave({ primary, backup }: MandateClaims): Promise<void> {
    const { organisation, pool, bell, log } = this.deps;
    const isNamed = [primary, backup].some((named) => named?.organisation === organisation);
    if (!this.#seat || isNamed || this.papers.owner === organisation) return;
    this.#seat = null;
    await inTransaction(pool, (client) => closeReplica(client, this.book));
    log.info({ book: this.book }, 'this node is no member of the authority of a book any more');
    bell.ring(this.book);
  }

  /** What another node sent; the answer is what there is to say to it. */
  receive(from: string, envelope: Envelope): Promise<EnvelopeInput> {
    return this.do(async () => {
      await this.#hear(from, envelope);
      return this.#compose(from);
    });
  }

  async #hear(from: string, envelope: Envelope): Promise<void> {
    await this.papers.take(envelope);
    const slot = this.#slotOf(from);
    slot.knows = envelope.knows;
    slot.needsSeat = envelope.needsSeat;
    if (from === this.papers.owner) await this.enact(envelope.register ?? null);
    await this.#learnTerm();
    if (!this.papers.memberNamed(from)) return;
    if (envelope.seat && !this.#seat) await this.#open(envelope.seat);
    const { owner } = this.papers;
    if (envelope.introductions && from === owner) {
      await this.deps.takeIntroductions(this.book, owner, envelope.introductions);
    }
    for (const message of envelope.messages) await this.#hearOne(from, message);
  }

  /** Takes the seat that the mandate names this node for, in place of a local copy of the book. */
  async #open({ title, slotKey, createdAt }: NonNullable<Envelope['seat']>): Promise<void> {
    const { pool, organisation } = this.deps;
    const { book, papers } = this;
    const { m, n } = papers.knows;
    const claims = papers.mandate(m)?.claims;
    const term = papers.term(n)?.claims;
    const isMember = [claims?.primary, claims?.backup].some((named) => named?.organisation === organisation);
    if (!isMember || !term) return;
    const text = Seat.textOf({ final: EMPTY_HEAD, opening: null, recovering: false, frozen: null });
    await inTransaction(pool, async (client) => {
      const key = Buffer.from(slotKey, 'base64');
      const whole = { id: book, title, owner: papers.owner, authority: term.holder, slotKey: key };
      await openReplica(client, { ...whole, createdAt: new Date(createdAt) });
      await writeAuthority(client, { book, mandate: m, term: n, member: { before: null, after: text } });
    });
    this.#seat = await Seat.open(this.deps, papers, text);
    this.deps.log.info({ book }, 'this node holds a book as a member of its authority from now on');
    this.deps.bell.ring(book);
  }

  async #hearOne(from: string, wire: WireMessage): Promise<void> {
    switch (wire.type) {
      case 'append':
        return this.#appended(from, wire);
      case 'receipt':
      case 'countersigned':
        return this.#receipted(from, wire);
      case 'countersign':
        return this.#countersign(from, wire, wire.leaves);
      case 'missing':
        return this.#toSeat(from, wire, [wire.end.len, wire.final.len]);
      case 'lease':
        return this.#toSeat(from, wire);
      case 'standing':
      case 'term': {
        const term = this.papers.term(wire.n);
        const mandate = term && this.papers.mandate(term.claims.m);
        if (!term || !mandate) return;
        const { n: _, ...rest } = wire;
        const message = { ...rest, term: termOf(term.claims), mandate: mandateOf(mandate.claims) } as Message;
        return this.#toSeat(from, message, wire.type === 'standing' ? [wire.head.len] : []);
      }
      case 'renew':
      case 'ask':
      case 'propose':
        return this.#toRegister(from, wire, []);
    }
  }

  async #toSeat(
    from: string,
    message: Message,
    lens: readonly number[] = [],
    frames: readonly TailFrame[] = [],
    certificate: Certificate | null = null,
  ): Promise<void> {
    if (!this.#seat) return;
    const mine = await this.#seat.headsAt(lens);
    await this.#say(await this.#seat.step({ type: 'message', from, message, mine }, frames, certificate));
  }

  async #toRegister(from: string, message: Message, leaves: readonly string[]): Promise<void> {
    if (!this.#register) return;
    const leads = message.type === 'countersign' && this.#register.leads(message.from, message.to, leaves);
    const event = { type: 'message', from, message, leads } as const;
    await this.#say(await this.#register.step(event, leads ? leaves : []));
  }

  async #countersign(
    from: string,
    { n, from: begin, to }: { n: number; from: Head; to: Head },
    leaves: readonly string[],
  ): Promise<void> {
    return this.#toRegister(from, { type: 'countersign', n, from: begin, to }, leaves);
  }

  /** The holder's log: its entries must lead to its heads, and its word on what is final must be signed. */
  async #appended(from: string, wire: Extract<WireMessage, { type: 'append' }>): Promise<void> {
    const seat = this.#seat;
    const term = this.papers.term(wire.n);
    const mandate = term && this.papers.mandate(term.claims.m);
    if (!term || !mandate) return;
    if (!seat) return;
    const frames: TailFrame[] = [];
    let after: Frontier | null = await seat.frontierAt(wire.prev);
    for (const frame of after ? wire.frames : []) {
      const held: Frontier | null = await seat.frontierAt(frame.to);
      const received = held ? null : receivedFrame(after as Frontier, frame);
      if (!held && !received) {
        this.deps.log.error(
          { book: this.book, from, to: frame.to.len },
          'entries do not lead to the head that was claimed',
        );
        return;
      }
      if (received) frames.push(received);
      after = held ?? (received as TailFrame).frontier;
    }
    const wrong = await this.#check(seat, frames);
    if (wrong !== null) {
      this.deps.log.error({ book: this.book, from, wrong }, 'what the holder proposes is not stored');
      return;
    }
    const certificate = this.#certificateOf(wire);
    const message = {
      type: 'append',
      term: termOf(term.claims),
      mandate: mandateOf(mandate.claims),
      prev: wire.prev,
      frames: after ? wire.frames.map(({ to, n }) => ({ to, n })) : [],
      final: certificate?.at ?? EMPTY_HEAD,
    } as const;
    const lens = [wire.prev.len, ...wire.frames.map(({ to }) => to.len)];
    await this.#toSeat(from, message, lens, frames, certificate);
  }

  async #check(seat: Seat, frames: readonly TailFrame[]): Promise<string | null> {
    const [first] = frames;
    if (!first) return null;
    const records = frames.flatMap(({ body }) => body.entries.map(({ record }) => record));
    const heads = await seat.versionsAt(first.prev, records);
    return checkFrames(this.papers, frames, await this.deps.keysOf(this.papers.owner), heads);
  }

  #certificateOf(wire: Extract<WireMessage, { type: 'append' }>): Certificate | null {
    const { final: at, approval, receipt } = wire;
    if (approval === null) return null;
    const { book, papers } = this;
    for (let { n } = papers.knows; n > 0; n -= 1) {
      const term = papers.term(n);
      if (!term) continue;
      const { holder: issuer, registrar } = term.claims;
      const checked = verifyApproval(approval, { keys: papers.keysFor(issuer, n), issuer, book, registrar });
      if (!checked.ok || checked.claims.n !== n) continue;
      const { len, head, receipts } = checked.claims;
      const isCovered = receipt !== null ? receipts.includes(tokenHash(receipt)) : issuer === registrar;
      return isCovered && len === at.len && head === at.head ? { at, approval, receipt } : null;
    }
    return null;
  }

  async #receipted(
    from: string,
    wire: Extract<WireMessage, { type: 'receipt' | 'countersigned' }>,
  ): Promise<void> {
    const { n, at, token } = wire;
    const keys = this.papers.keysFor(from, n);
    const checked = verifyReceipt(token, { keys, issuer: from, book: this.book });
    const says = checked.ok ? checked.claims : null;
    if (says?.n !== n || says.len !== at.len || says.head !== at.head) {
      this.deps.log.warn({ book: this.book, from }, 'a receipt is not signed as it must be');
      return;
    }
    this.#seat?.keepReceipt(at, token);
    await this.#toSeat(from, { type: wire.type, n, at } as Message, [at.len]);
  }

  /** Hands outputs on: to the own register or seat at once, to others with the next envelope. */
  async #say(out: readonly (Output | Sent)[]): Promise<void> {
    const { organisation } = this.deps;
    for (const output of out) {
      if ('append' in output) {
        const slot = this.#slotOf(output.to);
        // What waits already begins earlier, and reaches to the end as well.
        if (!slot.append || output.append.from.len < slot.append.len) slot.append = output.append.from;
      } else if (output.to !== organisation) {
        this.#slotOf(output.to).messages.set(output.message.type, output.message);
      } else if (output.message.type === 'countersign') {
        const { from, to } = output.message;
        const leaves = await this.#leaves(from, to);
        await this.#countersign(organisation, { ...output.message, to: leaves.to }, leaves.leaves);
      } else if (['renew', 'ask', 'propose'].includes(output.message.type)) {
        await this.#toRegister(organisation, output.message, []);
      } else {
        const { message } = output;
        const lens =
          message.type === 'standing'
            ? [message.head.len]
            : message.type === 'countersigned'
              ? [message.at.len]
              : [];
        await this.#toSeat(organisation, message, lens);
      }
    }
  }

  /** Hashes of the entries behind `from`, up to the end of a frame at or before `to`. */
  async #leaves(from: Head, to: Head): Promise<{ to: Head; leaves: string[] }> {
    const seat = this.#seat;
    if (!seat) return { to: from, leaves: [] };
    const { final } = seat.state;
    let upTo = to;
    const leaves: string[] = [];
    if (from.len < final.len) {
      const end = Math.min(final.len, to.len, from.len + MOST_LEAVES);
      const at = end === Math.min(final.len, to.len) ? end : await seat.endBefore(from.len, end);
      for (const token of await readTokens(this.deps.pool, this.book, from.len, at))
        leaves.push(tokenHash(token));
      if (at < to.len && at < final.len) return { to: await seat.headAt(at), leaves };
      upTo = final.len <= to.len ? final : to;
    }
    for (const frame of seat.tailAfter(from.len > final.len ? from : final)) {
      if (frame.to.len > to.len) break;
      for (const { hash } of frame.body.entries) leaves.push(hash);
      upTo = frame.to;
    }
    return { to: upTo, leaves };
  }

  #slotOf(node: string): Slot {
    let slot = this.#slots.get(node);
    if (!slot) {
      slot = {
        append: null,
        messages: new Map(),
        knows: { m: 0, n: 0 },
        needsSeat: false,
        introduced: '',
        flight: null,
      };
      this.#slots.set(node, slot);
    }
    return slot;
  }

  /** Puts what waits for a node into an envelope. */
  async #compose(to: string): Promise<EnvelopeInput> {
    const slot = this.#slotOf(to);
    const { append, messages } = slot;
    slot.append = null;
    slot.messages = new Map();
    const wire: EnvelopeInput['messages'] = [];
    if (append) wire.push(...(await this.#composeAppend(append)));
    for (const message of messages.values()) wire.push(...(await this.#composeMessage(message)));
    const { papers, deps } = this;
    const claims = papers.mandate(papers.knows.m)?.claims;
    const isMember = [claims?.primary, claims?.backup].some(
      (named) => named?.organisation === deps.organisation,
    );
    const toMember = [claims?.primary, claims?.backup].some((named) => named?.organisation === to);
    return {
      book: this.book,
      knows: papers.knows,
      ...papers.after(slot.knows),
      messages: wire,
      ...(isMember && !this.#seat ? { needsSeat: true } : {}),
      ...(slot.needsSeat && toMember && this.#seat ? { seat: await this.#composeSeat() } : {}),
      ...(toMember && papers.owner === deps.organisation ? await this.#introductions(slot) : {}),
    };
  }

  /** The owner's partners, where they are others than those that the other member was told of. */
  async #introductions(slot: Slot): Promise<{ introductions?: unknown[] }> {
    const introductions = [...(await this.deps.introductionsOf(this.book))];
    const text = JSON.stringify(introductions);
    if (text === slot.introduced) return {};
    slot.introduced = text;
    return { introductions };
  }

  async #composeSeat(): Promise<NonNullable<EnvelopeInput['seat']>> {
    const whole = await readWholeBook(this.deps.pool, this.book);
    if (!whole?.slotKey) throw new LotbookError('INTERNAL', `${this.book} is not here`);
    const { title, slotKey, createdAt } = whole;
    return { title, slotKey: slotKey.toString('base64'), createdAt: createdAt.toISOString() };
  }

  async #composeAppend(from: Head): Promise<NonNullable<EnvelopeInput['messages']>> {
    const seat = this.#seat;
    if (!seat?.isHolder() || !(await seat.frontierAt(from))) return [];
    const { final, term } = seat.state;
    const isOld = from.len < final.len;
    const frames = isOld
      ? await finalFrames(this.deps.pool, this.book, from.len, final.len)
      : firstFrames(seat.tailAfter(from));
    const { at, approval, receipt } = seat.certificate ?? { at: EMPTY_HEAD, approval: null, receipt: null };
    return [{ type: 'append', n: term.n, prev: from, frames, final: at, approval, receipt }];
  }

  async #composeMessage(message: Message): Promise<NonNullable<EnvelopeInput['messages']>> {
    const { organisation, signer, clock } = this.deps;
    const receipt = (n: number, at: Head, as: 'member' | 'witness') =>
      signReceipt({ iss: organisation, book: this.book, n, ...at, iat: clock() / 1000, as }, signer);
    switch (message.type) {
      case 'append':
      case 'unable':
        return [];
      case 'receipt':
        return [{ ...message, token: await receipt(message.n, message.at, 'member') }];
      case 'countersigned':
        return [{ ...message, token: await receipt(message.n, message.at, 'witness') }];
      case 'countersign': {
        const { to, leaves } = await this.#leaves(message.from, message.to);
        return leaves.length === 0 ? [] : [{ ...message, to, leaves }];
      }
      case 'standing':
        return [{ type: 'standing', n: message.term.n, head: message.head, askedAt: message.askedAt }];
      case 'term':
        return [{ type: 'term', n: message.term.n }];
      default:
        return [message];
    }
  }

  /** Sends what waits, to each node one envelope at a time. */
  #flush(): void {
    for (const [to, slot] of this.#slots) {
      if (this.#isClosed || slot.flight || (!slot.append && slot.messages.size === 0)) continue;
      slot.flight = this.#send(to).finally(() => {
        slot.flight = null;
        this.#flush();
      });
    }
  }

  async #send(to: string): Promise<void> {
    try {
      const envelope = await this.do(() => this.#compose(to));
      const leaseMs = this.papers.mandate(this.papers.knows.m)?.claims.leaseMs ?? 0;
      const answer = await this.deps.exchange(to, envelope, Math.max(SHORTEST_TIMEOUT_MS, 2 * leaseMs));
      if (answer.book !== this.book) return;
      await this.do(() => this.#hear(to, answer));
    } catch (error) {
      // Lost, as any message may be. Whoever waits for an answer asks again.
      this.#slotOf(to).introduced = '';
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
