import type { Logger } from 'pino';
import { ALL_RULES } from '../authority/rules.ts';
import {
  startWitness,
  stepWitness,
  type WitnessEvent,
  type WitnessRecord,
  type WitnessState,
} from '../authority/witness.ts';
import type { Head, Sent } from '../authority/words.ts';
import type { Signer } from '../identity/signer.ts';
import { signTerm } from '../ledger/statements/term.ts';
import { encodeFrontier, extendFrontier, type Frontier } from '../ledger/tree.ts';
import { keepStatement } from '../store/authority.ts';
import { forgetCosigned } from '../store/checkpoints.ts';
import type { Pool } from '../store/database.ts';
import { writeAuthority } from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { headOf } from './frames.ts';
import { frontierOf, known, mandateOf, termOf, type Papers } from './papers.ts';

export interface RegisterDeps {
  pool: Pool;
  signer: Signer;
  organisation: string;
  /** ms since 1970, for what is signed. */
  clock: () => number;
  /** ms that only grow, for leases. */
  monotonic: () => number;
  log: Logger;
}

/** What is stored of a register beside the frontier; the lengths also say that nobody else has written it. */
interface RegisterText {
  n: number;
  len: number;
  covers: boolean;
  /** The number of a mandate that waits for its term. */
  next: number | null;
  /** The operator's word that it is an older copy, see Hearing. */
  restored?: boolean;
}

/** The register of a book's terms: the state machine of the registrar, its signed terms, and the frontier of the log that it countersigns. */
export class Register {
  #state: WitnessState;
  #text: string | null;
  #frontier: Frontier;

  constructor(
    private readonly deps: RegisterDeps,
    private readonly papers: Papers,
    opened: { record: WitnessRecord; text: string | null; frontier: Frontier },
  ) {
    this.#state = startWitness(opened.record, deps.monotonic(), ALL_RULES);
    this.#text = opened.text;
    this.#frontier = opened.frontier;
  }

  /** As it was stored. */
  static open(deps: RegisterDeps, papers: Papers, text: string, frontier: Frontier): Register {
    const { next, covers } = JSON.parse(text) as RegisterText;
    const { m, n } = papers.knows;
    const term = termOf(known(papers.term(n), 'the term').claims);
    const record = {
      self: deps.organisation,
      mandate: mandateOf(known(papers.mandate(term.m), 'the mandate').claims),
      next:
        next === null || next <= term.m ? null : mandateOf(known(papers.mandate(m), 'the mandate').claims),
      term,
      head: headOf(frontier),
      covers,
    };
    return new Register(deps, papers, { record, text, frontier });
  }

  /** The register of a book that had none here: its next term is entered at once. */
  static async create(
    deps: RegisterDeps,
    papers: Papers,
    record: WitnessRecord,
    frontier: Frontier,
    /** The operator who makes the backup take over. */
    confirmedBy?: string,
  ): Promise<Register> {
    const register = new Register(deps, papers, { record, text: null, frontier });
    await register.#store(register.#state, frontier, { isNew: true, confirmedBy });
    return register;
  }

  /** Whether it may have made terms that it does not remember. */
  get isRestored(): boolean {
    return this.#text !== null && (JSON.parse(this.#text) as RegisterText).restored === true;
  }

  /** Goes on from the last term that is known by now. */
  async resume(): Promise<Register> {
    const { papers, deps } = this;
    const { next, covers } = JSON.parse(this.#text ?? '{}') as RegisterText;
    const { m, n } = known(papers.term(papers.knows.n), 'the term').claims;
    const text = JSON.stringify({ n, len: this.#frontier.length, covers, next } satisfies RegisterText);
    const register = { before: this.#text, after: text, frontier: encodeFrontier(this.#frontier) };
    await inTransaction(deps.pool, (client) =>
      writeAuthority(client, { book: papers.book, mandate: m, term: n, register }),
    );
    return Register.open(deps, papers, text, this.#frontier);
  }

  get state(): WitnessState {
    return this.#state;
  }

  get frontier(): Frontier {
    return this.#frontier;
  }

  /** One event; stored before anything in the answer leaves. `leaves` are those that came with a countersign. */
  async step(event: WitnessEvent, leaves: readonly string[] = []): Promise<readonly Sent[]> {
    const before = this.#state;
    const isCountersign = event.type === 'message' && event.message.type === 'countersign';
    const further = isCountersign ? extendFrontier(this.#frontier, leaves) : this.#frontier;
    const { state, out } = stepWitness(before, event, this.deps.monotonic(), ALL_RULES);
    const anew = state.mandate === before.mandate ? undefined : this.#logAnew(state.mandate.m);
    const frontier = anew ?? (state.head.len === further.length ? further : this.#frontier);
    const isStored =
      state.term === before.term &&
      state.head === before.head &&
      state.next === before.next &&
      state.covers === before.covers;
    if (!isStored) await this.#store(state, frontier, { isNew: state.term !== before.term, anew });
    this.#state = state;
    this.#frontier = frontier;
    return out;
  }

  /** Where the owner has settled what the log is, the register goes on from there. */
  #logAnew(m: number): Frontier | undefined {
    const anew = this.papers.mandate(m)?.claims.acceptLoss;
    return anew && frontierOf(anew);
  }

  /** Whether these leaves lead from what is countersigned to a head. */
  leads(from: Head, to: Head, leaves: readonly string[]): boolean {
    if (from.len !== this.#frontier.length || from.len + leaves.length !== to.len) return false;
    return headOf(extendFrontier(this.#frontier, leaves)).head === to.head;
  }

  async #store(
    { term, next, head, covers, mandate }: WitnessState,
    frontier: Frontier,
    {
      isNew,
      anew,
      confirmedBy,
    }: { isNew: boolean; anew?: Frontier | undefined; confirmedBy?: string | undefined },
  ): Promise<void> {
    const { pool, clock, signer, organisation, log } = this.deps;
    const { book } = this.papers;
    const text = JSON.stringify({
      n: term.n,
      len: head.len,
      covers,
      next: next?.m ?? null,
    } satisfies RegisterText);
    const token = isNew
      ? await signTerm(
          {
            iss: organisation,
            book,
            iat: clock() / 1000,
            ...term,
            insync: [...term.insync],
            ...head,
            ...this.#previous(term.n),
            ...(confirmedBy === undefined ? {} : { confirmedBy }),
          },
          signer,
        )
      : null;
    await inTransaction(pool, async (client) => {
      await writeAuthority(client, {
        book,
        mandate: mandate.m,
        term: term.n,
        register: { before: this.#text, after: text, frontier: encodeFrontier(frontier) },
      });
      if (anew) await forgetCosigned(client, book, anew.length);
      if (token !== null)
        await keepStatement(client, { book, kind: 'TERM', nr: term.n, token, at: new Date(clock()) });
    });
    this.#text = text;
    if (token === null) return;
    await this.papers.take({ mandates: [], terms: [token] });
    log.info(
      { book, term: term.n, holder: term.holder, why: term.why },
      'a term was entered in the register',
    );
  }

  #previous(n: number): { prev?: string } {
    const before = this.papers.term(n - 1);
    return before ? { prev: before.hash } : {};
  }
}
