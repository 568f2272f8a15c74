import type { MemberEvent } from '../authority/member.ts';
import type { Message, Output, Sent } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { decodeFrontier, type Frontier } from '../ledger/tree.ts';
import { closeReplica, openReplica, readAuthority, writeAuthority } from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { anewSince, giveUpForAnew, storedAnew } from './anew.ts';
import { EMPTY_HEAD, headOf } from './frames.ts';
import { Hearing } from './hearing.ts';
import { plain, readAppend, readReceipted, readStanding, Untrue, type Read } from './incoming.ts';
import { leavesOf } from './leaves.ts';
import { Mail, type MailDeps } from './mail.ts';
import { isMember, mandateOf, termOf, Papers, type PapersDeps } from './papers.ts';
import { Register } from './register.ts';
import { Seat, type SeatDeps } from './seat.ts';
import { STARTING, textOf } from './seat-text.ts';
import type { Envelope, EnvelopeInput, WireMessage } from './wire.ts';

export interface DeskDeps extends PapersDeps, SeatDeps, MailDeps {
  /** The owner's partners, who are known to a member of the authority of its book. */
  takeIntroductions: (owner: string, list: readonly unknown[]) => Promise<void>;
  /** Those whom the owner lets ask the registrar of its book for terms. */
  takeRegisterReaders: (book: string, owner: string, list: readonly unknown[]) => Promise<void>;
}

/**
 * A node's part in the authority of one book: what it knows of mandates and terms, its seat if it is a member, the register if
 * it is the registrar, and what waits to be said to the others. All events of a book go one after the other; what they make
 * this node say leaves when they are stored, one envelope at a time to each node.
 */
export class Desk {
  #seat: Seat | null = null;
  #register: Register | null = null;
  /** As long as the register must not be used. */
  #hearing: Hearing | null = null;
  readonly #mail: Mail;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly deps: DeskDeps,
    readonly papers: Papers,
    /** Told when what is stored may not be what this desk believes: it is to be opened again. */
    private readonly onDoubt: (desk: Desk, error: unknown) => void,
  ) {
    this.#mail = new Mail(deps, this);
  }

  static async open(
    deps: DeskDeps,
    book: string,
    onDoubt: (desk: Desk, error: unknown) => void,
  ): Promise<Desk> {
    const desk = new Desk(deps, await Papers.open(deps, book), onDoubt);
    const stored = await readAuthority(deps.pool, book);
    const member = stored?.member ? await storedAnew(deps, desk.papers, stored.member) : null;
    if (member !== null) desk.#seat = await Seat.open(deps, desk.papers, member);
    if (stored?.register) {
      const { len } = JSON.parse(stored.register) as { len: number };
      const frontier = decodeFrontier(len, stored.frontier ?? Buffer.alloc(0));
      desk.#register = Register.open(deps, desk.papers, stored.register, frontier);
      if (desk.#register.isRestored) desk.#hearing = new Hearing(deps.organisation, desk.papers);
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
    const sent = this.#mail.close();
    await this.#last.catch(() => undefined);
    await sent;
  }

  /** Does one thing after what is under way; then says what is to be said. */
  do<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => this.#mail.flush(),
      (error: unknown) => (error instanceof LotbookError ? this.#mail.flush() : this.onDoubt(this, error)),
    );
    return result;
  }

  tick(): Promise<void> {
    return this.do(async () => {
      if (this.#register) await this.#tickRegister(this.#register);
      if (this.#seat) await this.#say(await this.#seat.step({ type: 'tick' }));
    });
  }

  async #tickRegister(register: Register): Promise<void> {
    if (!this.#hearing) return this.#say(await register.step({ type: 'tick' }));
    const { term, mandate } = register.state;
    for (const to of this.#hearing.toAsk(this.deps.monotonic()))
      this.#mail.put({ to, message: { type: 'term', term, mandate } });
    if (this.#hearing.missing.length > 0) return undefined;
    this.#hearing = null;
    this.#register = await register.resume();
    const { n } = this.#register.state.term;
    this.deps.log.info({ book: this.book, term: n }, 'the register goes on after its members were heard');
    return this.enact(null);
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
    if (this.#hearing) return this.#learnTerm();
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
    await this.#giveUpForAnew();
    const message = { type: 'term', term: termOf(term.claims), mandate: mandateOf(mandate.claims) } as const;
    await this.#toSeat(term.claims.registrar, plain(message));
    if (term.claims.registrar !== this.deps.organisation) this.#register = null;
    await this.#leave(mandate.claims);
  }

  /** Where the owner has settled what the book is, a member other than the primary takes it again from the first entry on. */
  async #giveUpForAnew(): Promise<void> {
    const { organisation, pool, bell, log } = this.deps;
    const anew = this.#seat && anewSince(this.papers, this.#seat.state.mandate.m);
    if (!anew || anew.primary === organisation) return;
    this.#seat = null;
    const { book } = this;
    await giveUpForAnew(pool, book, anew);
    log.warn({ book, entries: anew.log.length }, 'the owner has accepted a loss: the book is taken anew');
    bell.ring(book);
  }

  /** A member that the mandate in force does not name gives up its seat, and the book with it - but for the owner's own. */
  async #leave(claims: MandateClaims): Promise<void> {
    const { organisation, pool, bell, log } = this.deps;
    if (!this.#seat || isMember(claims, organisation) || this.papers.owner === organisation) return;
    this.#seat = null;
    await inTransaction(pool, (client) => closeReplica(client, this.book));
    log.info({ book: this.book }, 'this node is no member of the authority of a book any more');
    bell.ring(this.book);
  }

  /** What another node sent; the answer is what there is to say to it. */
  receive(from: string, envelope: Envelope): Promise<EnvelopeInput> {
    return this.do(async () => {
      await this.hear(from, envelope);
      return this.#mail.compose(from);
    });
  }

  /** In its turn: see `do`. */
  async hear(from: string, envelope: Envelope): Promise<void> {
    await this.papers.take(envelope);
    this.papers.keys.noteSaid(from, envelope.keyLogs);
    this.#hearing?.note(from, envelope.knows);
    this.#mail.note(from, envelope);
    if (from === this.papers.owner) await this.enact(envelope.register ?? null);
    await this.#learnTerm();
    if (!this.papers.memberNamed(from)) return;
    if (envelope.seat && !this.#seat) await this.#open(envelope.seat);
    if (envelope.introductions && from === this.papers.owner)
      await this.#takeIntroductions(envelope.introductions);
    for (const message of envelope.messages) await this.#hearOne(from, message);
  }

  #takeIntroductions(list: readonly unknown[]): Promise<void> {
    const { papers, deps } = this;
    const claims = papers.mandate(papers.knows.m)?.claims;
    return claims && isMember(claims, deps.organisation)
      ? deps.takeIntroductions(papers.owner, list)
      : deps.takeRegisterReaders(papers.book, papers.owner, list);
  }

  /** Takes the seat that the mandate names this node for, in place of a local copy of the book. */
  async #open({ title, slotKey, createdAt }: NonNullable<Envelope['seat']>): Promise<void> {
    const { pool, organisation } = this.deps;
    const { book, papers } = this;
    const { m, n } = papers.knows;
    const claims = papers.mandate(m)?.claims;
    const term = papers.term(n)?.claims;
    if (!claims || !isMember(claims, organisation) || !term) return;
    const text = textOf(m, { ...STARTING, final: EMPTY_HEAD });
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
    const { papers } = this;
    switch (wire.type) {
      case 'append':
        return this.#appended(from, wire);
      case 'receipt':
      case 'countersigned':
        return this.#receipted(from, wire);
      case 'standing':
      case 'term':
        return this.#toSeat(from, readStanding(papers, from, wire));
      case 'missing':
        return this.#toSeat(from, plain(wire, [wire.end.len, wire.final.len]));
      case 'lease':
        return papers.term(wire.n)?.claims.registrar === from ? this.#toSeat(from, plain(wire)) : undefined;
      case 'countersign': {
        const { leaves, ...message } = wire;
        return this.#toRegister(from, message, leaves);
      }
      case 'renew':
      case 'ask':
      case 'propose':
        return this.#toRegister(from, wire);
    }
  }

  async #appended(from: string, wire: Extract<WireMessage, { type: 'append' }>): Promise<void> {
    const { papers, deps } = this;
    if (!this.#seat) return;
    try {
      const read = await readAppend(papers, this.#seat, await deps.keysOf(papers.owner), wire);
      await this.#toSeat(from, read);
    } catch (error) {
      if (!(error instanceof Untrue)) throw error;
      deps.log.error({ book: this.book, from, why: error.message }, 'what the holder proposes is not stored');
    }
  }

  async #receipted(
    from: string,
    wire: Extract<WireMessage, { type: 'receipt' | 'countersigned' }>,
  ): Promise<void> {
    const read = readReceipted(this.papers, from, wire);
    if (!read) {
      this.deps.log.warn({ book: this.book, from }, 'a receipt is not signed as it must be');
      return;
    }
    this.#seat?.keepReceipt(wire.at, wire.token);
    await this.#toSeat(from, read);
  }

  async #toSeat(from: string, read: Read | null): Promise<void> {
    if (!this.#seat || !read) return;
    const { message, lens, frames, certificate } = read;
    const mine = await this.#seat.log.headsAt(lens);
    await this.#say(await this.#seat.step({ type: 'message', from, message, mine }, frames, certificate));
  }

  async #toRegister(from: string, message: Message, leaves: readonly string[] = []): Promise<void> {
    if (!this.#register || this.#hearing) return;
    const leads = message.type === 'countersign' && this.#register.leads(message.from, message.to, leaves);
    const event = { type: 'message', from, message, leads } as const;
    await this.#say(await this.#register.step(event, leads ? leaves : []));
  }

  /** Hands outputs on: to the own register or seat at once, to others with the next envelope. */
  async #say(out: readonly (Output | Sent)[]): Promise<void> {
    for (const output of out) {
      if ('append' in output || output.to !== this.deps.organisation) this.#mail.put(output);
      else await this.#sayToSelf(output.message);
    }
  }

  async #sayToSelf(message: Message): Promise<void> {
    const { organisation, pool } = this.deps;
    switch (message.type) {
      case 'renew':
      case 'ask':
      case 'propose':
        return this.#toRegister(organisation, message);
      case 'countersign': {
        if (!this.#seat) return;
        const { leaves, ...found } = await leavesOf(pool, this.#seat, message.from, message.to);
        return this.#toRegister(organisation, { ...message, ...found }, leaves);
      }
      default:
        return this.#toSeat(organisation, plain(message));
    }
  }
}
