import { LotbookError, toLotbookError } from '../errors.ts';
import { tryLead, type Leadership } from '../store/leadership.ts';
import { readAuthorities, Superseded } from '../store/replica.ts';
import { Desk, type DeskDeps } from './desk.ts';

const LOCK = 'lotbook authority';
const TRY_TO_LEAD_MS = 500;
const REOPEN_MS = 200;

/** The desks of all books in whose authority this node has a part. Of several processes of the node one looks after them. */
export class Desks {
  readonly #desks = new Map<string, Desk>();
  readonly #opening = new Map<string, Promise<Desk>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #seated: ReadonlySet<string> = new Set();
  #leadership: Leadership | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = true;

  constructor(private readonly deps: DeskDeps) {}

  async start(): Promise<void> {
    this.#isStopped = false;
    await this.#lead();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    await this.#leave();
  }

  /** The desk of a book that this process looks after. */
  of(book: string): Desk | null {
    return this.#desks.get(book) ?? null;
  }

  /** Whether the node has a seat in the authority of a book, whichever process looks after it. */
  isSeated(book: string): boolean {
    return this.#seated.has(book);
  }

  get isLeading(): boolean {
    return this.#leadership !== null;
  }

  /** A desk for a book, to begin with or to go on. Throws UNABLE in a process that does not look after them. */
  async here(book: string): Promise<Desk> {
    if (this.#leadership) return this.#deskFor(book);
    const message = 'Another process of this node looks after the authority of its books.';
    throw new LotbookError('UNABLE', message, { retryAfterMs: 200 });
  }

  /** Keeps a desk where this node has a part in the book. */
  settle(desk: Desk): void {
    const { papers, seat, register, book } = desk;
    const hasPart = seat !== null || register !== null || papers.memberNamed(this.deps.organisation) !== null;
    if (seat) this.#seated = new Set([...this.#seated, book]);
    if (!hasPart || !this.#leadership || this.#isStopped || this.#desks.has(book)) return;
    this.#desks.set(book, desk);
    void this.#turn(desk);
  }

  async #turn(desk: Desk): Promise<void> {
    await desk.tick().catch(() => undefined);
    if (this.#desks.get(desk.book) !== desk) return;
    const timer = setTimeout(() => void this.#turn(desk), desk.everyMs);
    this.#timers.set(desk.book, timer);
  }

  /** A desk whose state could not be stored is opened again from what is. */
  async #doubt(desk: Desk, error: unknown): Promise<void> {
    const { book } = desk;
    const isOther = this.#desks.has(book) && this.#desks.get(book) !== desk;
    if (this.#isStopped || isOther) return;
    const isKnown = error instanceof Superseded || toLotbookError(error).code !== 'INTERNAL';
    this.deps.log[isKnown ? 'warn' : 'error'](
      { err: error, book },
      'the authority of a book is opened again',
    );
    this.#forget(book);
    await desk.close();
    await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
    if (this.#isStopped || !this.#leadership) return;
    await this.#deskFor(book).then(
      (opened) => this.settle(opened),
      (again: unknown) => this.#doubt(desk, again),
    );
  }

  #forget(book: string): void {
    clearTimeout(this.#timers.get(book));
    this.#timers.delete(book);
    this.#desks.delete(book);
  }

  #deskFor(book: string): Promise<Desk> {
    const known = this.#desks.get(book);
    if (known) return Promise.resolve(known);
    let open = this.#opening.get(book);
    if (!open) {
      const onDoubt = (desk: Desk, error: unknown): void => void this.#doubt(desk, error);
      open = Desk.open(this.deps, book, onDoubt).finally(() => this.#opening.delete(book));
      this.#opening.set(book, open);
    }
    return open;
  }

  async #lead(): Promise<void> {
    if (this.#isStopped) return;
    const { pool, log } = this.deps;
    const won = await tryLead(pool, LOCK).catch(() => null);
    const stored = await readAuthorities(pool).catch(() => []);
    this.#seated = new Set(stored.flatMap(({ book, member }) => (member === null ? [] : [book])));
    if (!won) {
      this.#retry = setTimeout(() => void this.#lead(), TRY_TO_LEAD_MS);
      return;
    }
    this.#leadership = won;
    void won.lost.then(() => (this.#leadership === won ? this.#leave() : undefined));
    for (const { book } of stored) {
      await this.#deskFor(book).then(
        (desk) => this.settle(desk),
        (error: unknown) => log.error({ err: error, book }, 'the authority of a book cannot be looked after'),
      );
    }
  }

  async #leave(): Promise<void> {
    const won = this.#leadership;
    this.#leadership = null;
    const closing = [...this.#desks.values()];
    for (const { book } of closing) this.#forget(book);
    await Promise.all(closing.map((desk) => desk.close()));
    won?.release();
    if (!this.#isStopped) this.#retry = setTimeout(() => void this.#lead(), TRY_TO_LEAD_MS);
  }
}
