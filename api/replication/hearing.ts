import { membersNamed } from '../ledger/statements/standing.ts';
import type { Papers } from './papers.ts';

const ASK_MS = 500;

/**
 * A registrar whose node was restored from an older copy may have made terms that it does not remember. It makes none, and
 * confirms nothing, before it has heard from every member which terms there are. Where a member is gone for good, the owner
 * names another one: its mandate says who is to be heard.
 */
export class Hearing {
  readonly #heard = new Set<string>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly self: string,
    private readonly papers: Papers,
  ) {}

  /** What a node says that it knows, after all that it sent was taken in. */
  note(from: string, knows: { n: number }): void {
    if (knows.n <= this.papers.hasAllTo.n) this.#heard.add(from);
  }

  /** The members that have not been heard. */
  get missing(): string[] {
    const claims = this.papers.mandate(this.papers.knows.m)?.claims;
    const members = claims ? membersNamed(claims).map(({ organisation }) => organisation) : [];
    return members.filter((member) => member !== this.self && !this.#heard.has(member));
  }

  /** Those of them to be asked at this moment, ms. */
  toAsk(now: number): string[] {
    if (now - this.#askedAt < ASK_MS) return [];
    this.#askedAt = now;
    return this.missing;
  }
}
