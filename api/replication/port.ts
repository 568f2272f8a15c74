import type { Head } from '../authority/words.ts';
import type { UnableClaims } from '../ledger/statements/unable.ts';
import type { Desk } from './desk.ts';
import { EMPTY_HEAD } from './frames.ts';
import type { Replication, SeatStanding } from './replication.ts';

/** Hands requests of an organisation to another node; its answers as they came. */
type Carry = (to: string, tokens: readonly string[]) => Promise<unknown>;

/** This node's part in the authority of books, as whoever decides on requests uses it. */
export function authorityPort(replication: Replication, carry: Carry) {
  const seated = (book: string): Desk | null => {
    const desk = replication.deskOf(book);
    return desk?.seat ? desk : null;
  };
  const mandateOf = (book: string) => seated(book)?.seat?.state.mandate;
  return {
    standing: (book: string): SeatStanding | 'ELSEWHERE' => {
      if (seated(book)) return replication.standing(book);
      if (replication.isSeated(book)) return 'ELSEWHERE';
      return replication.deskOf(book) ? 'NONE' : 'SOLO';
    },
    mode: (book: string): 'strict' | 'available' => {
      const papers = seated(book)?.papers;
      return papers?.mandate(papers.knows.m)?.claims.mode ?? 'strict';
    },
    members: (book: string): readonly string[] => {
      const mandate = mandateOf(book);
      return mandate ? [mandate.primary, mandate.backup].filter((member) => member !== null) : [];
    },
    final: (book: string): Head => seated(book)?.seat?.state.final ?? EMPTY_HEAD,
    notice: (book: string, unable: UnableClaims): void => replication.notice(book, unable),
    relay: (book: string, tokens: readonly string[]): Promise<unknown> => {
      const holder = seated(book)?.seat?.state.term.holder;
      return holder === undefined ? Promise.resolve(null) : carry(holder, tokens);
    },
  };
}
