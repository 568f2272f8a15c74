import { beginAnew } from '../authority/member.ts';
import type { Frontier } from '../ledger/tree.ts';
import type { Pool } from '../store/database.ts';
import { dropTail, writeAuthority } from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import { voidReplica } from '../store/void.ts';
import { headOf } from './frames.ts';
import { frontierOf, type Papers } from './papers.ts';
import { memberOf, textOf } from './seat-text.ts';

export interface Anew {
  m: number;
  primary: string;
  /** The log that is left. */
  log: Frontier;
}

/**
 * The mandate by which the book begins anew, where one came into force after mandate `since`: its owner has accepted that what
 * only a lost member had is gone. What the primary has is the book; whatever another node has behind it is void.
 */
export function anewSince(papers: Papers, since: number): Anew | undefined {
  const inForce = papers.term(papers.knows.n)?.claims.m ?? 0;
  for (let m = inForce; m > since; m -= 1) {
    const { acceptLoss, primary } = papers.mandate(m)?.claims ?? {};
    if (acceptLoss && primary) return { m, primary: primary.organisation, log: frontierOf(acceptLoss) };
  }
  return undefined;
}

/** Gives up a member's copy of the book, in whose place it gets the primary's. */
export async function giveUpForAnew(pool: Pool, book: string, { log }: Anew): Promise<void> {
  await inTransaction(pool, (client) => voidReplica(client, book, log.length));
}

/**
 * A seat as it was stored before this node stopped, in line with what it had just learnt. Null: it was given up, and is to be
 * taken anew.
 */
export async function storedAnew(
  { pool, organisation }: { pool: Pool; organisation: string },
  papers: Papers,
  text: string,
): Promise<string | null> {
  const stored = memberOf(text);
  const anew = anewSince(papers, stored.m);
  if (!anew) return text;
  const { book } = papers;
  if (anew.primary !== organisation) {
    await giveUpForAnew(pool, book, anew);
    return null;
  }
  const { m, n } = papers.knows;
  const settled = beginAnew({ ...stored, tail: [] }, headOf(anew.log));
  const after = textOf(anew.m, settled);
  await inTransaction(pool, async (client) => {
    await writeAuthority(client, { book, mandate: m, term: n, member: { before: text, after } });
    await dropTail(client, book);
  });
  return after;
}
