import type { Head } from '../authority/words.ts';
import type { DecidedRequest, NewEntry } from '../store/commit.ts';
import type { Desk } from './desk.ts';
import { known } from './papers.ts';
import type { Seat } from './seat.ts';

/** How often the silence after which a member counts as unable a caller waits for the other nodes, and at least. */
const PATIENCE = 3;
const SHORTEST_PATIENCE_MS = 3_000;

/** The seat as the sequencer uses it. */
export function bookSeat(desk: Desk, seat: Seat) {
  const { papers } = desk;
  const patienceMs = Math.max(SHORTEST_PATIENCE_MS, PATIENCE * seat.state.mandate.takeoverMs);
  return {
    isHolder: () => seat.isHolder(),
    mayWrite: () => seat.mayWrite(),
    get holder() {
      return seat.state.term.holder;
    },
    get term() {
      return seat.state.term.n;
    },
    get mandate() {
      return known(papers.mandate(seat.state.mandate.m), 'the mandate').hash;
    },
    get end(): Head {
      return seat.end;
    },
    dueKeys: () => seat.dueKeys(),
    tail: () => seat.log.tailAfter(seat.state.final).map(({ body }) => body),
    propose: async (
      proposal: { at: Date; entries: NewEntry[]; requests: DecidedRequest[] },
      base: { length: number; term: number },
    ): Promise<Head | null> => (await desk.propose(proposal, base))?.to ?? null,
    whenFinal: (place: Head) => seat.whenFinal(place, patienceMs),
    watch: (tell: () => void) => seat.watch(tell),
    patienceMs,
  };
}
