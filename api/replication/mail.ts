import type { Head, Message, SendLog, Sent } from '../authority/words.ts';
import { LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { signReceipt } from '../ledger/statements/receipt.ts';
import type { Pool } from '../store/database.ts';
import { readWholeBook } from '../store/replica.ts';
import { EMPTY_HEAD, finalFrames, firstFrames } from './frames.ts';
import { leavesOf } from './leaves.ts';
import { isMember, type Papers } from './papers.ts';
import type { Seat } from './seat.ts';
import type { Envelope, EnvelopeInput } from './wire.ts';

export interface MailDeps {
  pool: Pool;
  signer: Signer;
  organisation: string;
  /** ms since 1970, for what is signed. */
  clock: () => number;
  /** Hands an envelope to another node; its answer. Rejects when there is none. */
  exchange: (organisation: string, envelope: EnvelopeInput, timeoutMs: number) => Promise<Envelope>;
  /** The owner's partners, as the other member has to know them while it holds the right. */
  introductionsOf: (book: string) => Promise<readonly unknown[]>;
  /** Those of them to whom the book is open, as the registrar has to know them. */
  registerReadersOf: (book: string) => Promise<readonly unknown[]>;
}

/** Whose mail it is. */
export interface Sender {
  readonly papers: Papers;
  readonly seat: Seat | null;
  /** Does one thing after what is under way. */
  do<T>(work: () => Promise<T>): Promise<T>;
  hear(from: string, answer: Envelope): Promise<void>;
}

const SHORTEST_TIMEOUT_MS = 2_000;
const PAUSE_MS = 50;
const MOST_DOUBLINGS = 3;

/** What waits to be said to one node: of each kind of message only the last, for it says what the earlier ones said. */
interface Slot {
  append: Head | null;
  messages: Map<Message['type'], Message>;
  knows: { m: number; n: number; keys: Record<string, number> };
  heard: number;
  needsSeat: boolean;
  /** The introductions that it was last given, as text. */
  introduced: string;
  flight: Promise<void> | null;
  /** Exchanges in a row that came to nothing: a busy node is given more time. */
  failures: number;
}

/** What one node has to say to the others about one book: one envelope at a time to each, filled when it leaves. */
export class Mail {
  readonly #slots = new Map<string, Slot>();
  #isClosed = false;

  constructor(
    private readonly deps: MailDeps,
    private readonly sender: Sender,
  ) {}

  put(output: Sent | SendLog): void {
    const slot = this.#slotOf(output.to);
    if ('message' in output) {
      slot.messages.set(output.message.type, output.message);
      return;
    }
    const { from } = output.append;
    // What waits already may begin earlier, and reaches to the end as well.
    if (!slot.append || from.len < slot.append.len) slot.append = from;
  }

  /** What an envelope says of its sender. */
  note(from: string, { knows, heard, needsSeat }: Envelope): void {
    Object.assign(this.#slotOf(from), { knows, heard, needsSeat });
  }

  /** Sends what waits. */
  flush(): void {
    for (const [to, slot] of this.#slots) {
      if (this.#isClosed || slot.flight || (!slot.append && slot.messages.size === 0)) continue;
      slot.flight = this.#send(to).finally(() => {
        slot.flight = null;
        this.flush();
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([...this.#slots.values()].map(({ flight }) => flight));
  }

  #slotOf(node: string): Slot {
    let slot = this.#slots.get(node);
    if (!slot) {
      const knows = { m: 0, n: 0, keys: {} };
      slot = {
        append: null,
        messages: new Map(),
        knows,
        heard: 0,
        needsSeat: false,
        introduced: '',
        flight: null,
        failures: 0,
      };
      this.#slots.set(node, slot);
    }
    return slot;
  }

  /** Puts what waits for a node into an envelope. */
  async compose(to: string): Promise<EnvelopeInput> {
    const slot = this.#slotOf(to);
    const { append, messages } = slot;
    slot.append = null;
    slot.messages = new Map();
    const wire: EnvelopeInput['messages'] = [];
    if (append) wire.push(...(await this.#composeAppend(append)));
    for (const message of messages.values()) wire.push(...(await this.#composeMessage(message)));
    const { papers, seat } = this.sender;
    const { organisation } = this.deps;
    const claims = papers.mandate(papers.knows.m)?.claims;
    const toMember = isMember(claims, to);
    return {
      book: papers.book,
      knows: { ...papers.hasAllTo, keys: papers.keys.known },
      heard: papers.keys.said(to),
      ...papers.after(slot.knows),
      keyLogs: papers.keys.after(slot.knows.keys, slot.heard),
      messages: wire,
      ...(isMember(claims, organisation) && !seat ? { needsSeat: true } : {}),
      ...(slot.needsSeat && toMember && seat ? { seat: await this.#composeSeat() } : {}),
      ...(papers.owner === organisation ? await this.#introductions(slot, claims, to) : {}),
    };
  }

  /** The owner's partners as the other node has to know them, where they are others than those that it was told of. */
  async #introductions(
    slot: Slot,
    claims: MandateClaims | undefined,
    to: string,
  ): Promise<{ introductions?: unknown[] }> {
    const { introductionsOf, registerReadersOf } = this.deps;
    const isRegistrar = claims?.witness?.organisation === to;
    if (!isMember(claims, to) && !isRegistrar) return {};
    const listOf = isMember(claims, to) ? introductionsOf : registerReadersOf;
    const introductions = [...(await listOf(this.sender.papers.book))];
    const text = JSON.stringify(introductions);
    if (text === slot.introduced) return {};
    slot.introduced = text;
    return { introductions };
  }

  async #composeSeat(): Promise<NonNullable<EnvelopeInput['seat']>> {
    const { book } = this.sender.papers;
    const whole = await readWholeBook(this.deps.pool, book);
    if (!whole?.slotKey) throw new LotbookError('INTERNAL', `${book} is not here`);
    const { title, slotKey, createdAt } = whole;
    return { title, slotKey: slotKey.toString('base64'), createdAt: createdAt.toISOString() };
  }

  async #composeAppend(from: Head): Promise<NonNullable<EnvelopeInput['messages']>> {
    const { seat } = this.sender;
    if (!seat?.isHolder() || !(await seat.log.frontierAt(from))) return [];
    const { final, term } = seat.state;
    const isOld = from.len < final.len;
    const frames = isOld
      ? await finalFrames(this.deps.pool, seat.book, from.len, final.len)
      : firstFrames(seat.log.tailAfter(from));
    const { at, approval, receipt } = seat.certificate ?? { at: EMPTY_HEAD, approval: null, receipt: null };
    return [{ type: 'append', n: term.n, prev: from, frames, final: at, approval, receipt }];
  }

  async #composeMessage(message: Message): Promise<NonNullable<EnvelopeInput['messages']>> {
    const { organisation, signer, clock, pool } = this.deps;
    const { papers, seat } = this.sender;
    const receipt = (n: number, at: Head, as: 'member' | 'witness') =>
      signReceipt({ iss: organisation, book: papers.book, n, ...at, iat: clock() / 1000, as }, signer);
    switch (message.type) {
      case 'append':
      case 'unable':
        return [];
      case 'receipt':
        return [{ ...message, token: await receipt(message.n, message.at, 'member') }];
      case 'countersigned':
        return [{ ...message, token: await receipt(message.n, message.at, 'witness') }];
      case 'countersign': {
        const found = seat && (await leavesOf(pool, seat, message.from, message.to));
        return found && found.leaves.length > 0 ? [{ ...message, ...found }] : [];
      }
      case 'standing':
        return [{ type: 'standing', n: message.term.n, head: message.head, askedAt: message.askedAt }];
      case 'term':
        return [{ type: 'term', n: message.term.n }];
      default:
        return [message];
    }
  }

  async #send(to: string): Promise<void> {
    const { sender, deps } = this;
    const slot = this.#slotOf(to);
    try {
      const envelope = await sender.do(() => this.compose(to));
      const { papers } = sender;
      const leaseMs = papers.mandate(papers.knows.m)?.claims.leaseMs ?? 0;
      const patience = 2 ** Math.min(slot.failures, MOST_DOUBLINGS);
      const timeoutMs = Math.max(SHORTEST_TIMEOUT_MS, 2 * leaseMs) * patience;
      const answer = await deps.exchange(to, envelope, timeoutMs);
      slot.failures = 0;
      if (answer.book === papers.book) await sender.do(() => sender.hear(to, answer));
    } catch {
      // Lost, as any message may be. Whoever waits for an answer asks again.
      slot.introduced = '';
      slot.failures += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
