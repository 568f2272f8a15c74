import { ownerOf } from '../identity/request-token.ts';
import { type AskedThing, keyOf } from './hops.ts';
import type { TraceEnd } from './trace.ts';

/** Why an organisation that was asked shows nothing of a thing. */
export type SilenceReason = 'NO_RECORD' | 'WITHHELD' | 'NOT_FORWARDED';

/** Ends at which those who were asked may know more than is known. */
const OPEN: ReadonlySet<string> = new Set(['NO_RECEIPT', 'NO_RECORD', 'WITHHELD']);
/** Ends that are the chain's own, as far as their organisation shows: only its node's absence makes them doubtful. */
const CLOSED: ReadonlySet<string> = new Set(['IN_STOCK', 'ORIGIN']);

/** Who may know more at an end: those at the places, or the parties, that it names, and the owner of the book that tells of it. */
export function whoMayKnow({ thing, reason, ask, event }: TraceEnd): {
  identifiers: readonly string[];
  organisation: string | null;
} {
  if (thing === null || !(OPEN.has(reason) || CLOSED.has(reason))) {
    return { identifiers: [], organisation: null };
  }
  return { identifiers: ask, organisation: event && ownerOf(event.book) };
}

/** What the organisations that were asked have said, by which each end of the trace is explained. */
export class Answers {
  /** Organisations by what they were asked about. */
  private readonly asked = new Map<string, Set<string>>();
  private readonly silent = new Map<string, SilenceReason>();
  private readonly away = new Map<string, number>();
  private readonly answered = new Set<string>();
  private readonly refused = new Set<string>();

  ask(organisation: string, things: readonly AskedThing[]): void {
    for (const thing of things) {
      const key = keyOf(thing);
      const known = this.asked.get(key);
      if (known) known.add(organisation);
      else this.asked.set(key, new Set([organisation]));
    }
  }

  /** It has said all that it will, of itself. */
  answer(organisation: string): void {
    this.answered.add(organisation);
    this.away.delete(organisation);
  }

  /** Its node does not answer, since then (ms). One that has answered on another way has. */
  miss(organisation: string, since: number): void {
    if (!this.answered.has(organisation) && !this.away.has(organisation)) this.away.set(organisation, since);
  }

  /** It does not take the inquiry: what it has is withheld. */
  refuse(organisation: string): void {
    this.refused.add(organisation);
  }

  silence(organisation: string, reason: SilenceReason, things: readonly AskedThing[]): void {
    for (const thing of things) {
      this.ask(organisation, [thing]);
      // Withheld towards some and not towards others: what is known most counts.
      const key = `${organisation} ${keyOf(thing)}`;
      if (this.silent.get(key) !== 'NO_RECORD') this.silent.set(key, reason);
    }
  }

  /** The end as those see it who were asked about it: one for each who does not show more, and says why. */
  explain(end: TraceEnd): TraceEnd[] {
    const { thing, direction, reason } = end;
    if (thing === null) return [end];
    const key = keyOf({ thing, direction });
    const told: TraceEnd[] = [];
    for (const organisation of this.asked.get(key) ?? []) {
      const since = this.away.get(organisation);
      const isTeller = end.event !== null && ownerOf(end.event.book) === organisation;
      if (since !== undefined && (OPEN.has(reason) || (CLOSED.has(reason) && isTeller))) {
        told.push({ ...end, reason: 'UNREACHABLE', organisation, since, fields: [] });
        continue;
      }
      const isRefused = this.refused.has(organisation) && !this.answered.has(organisation);
      const silence = isRefused ? 'WITHHELD' : this.silent.get(`${organisation} ${key}`);
      const isKnown = reason === 'WITHHELD' || !OPEN.has(reason);
      if (silence && !isKnown) told.push({ ...end, reason: silence, organisation });
    }
    const isReplaced = told.length > 0 && reason !== 'WITHHELD';
    return isReplaced ? told : [end, ...told];
  }
}
