import { sleep } from '../../support/nodes.ts';
import type { Random } from '../kill/random.ts';
import type { Asker, Told } from './asker.ts';
import { BACKUP, BOOK, PRIMARY, rowsOf, standingOf, type Network } from './network.ts';
import type { Watch } from './watch.ts';

/** Where the events of a drill happen. */
export interface Scene {
  network: Network;
  watch: Watch;
  random: Random;
  /** Programs of the partners; their nodes are never stopped. */
  partners: readonly Asker[];
  /** The owner's own. */
  own: Asker;
}

const PATIENCE_MS = 60_000;

/** Waits until both members are at work again as the owner wants it. */
export async function steady({ network }: Scene): Promise<void> {
  let seen = '';
  for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt; await sleep(50)) {
    const [primary, backup] = await Promise.all(
      [PRIMARY, BACKUP].map((member) => standingOf(network.node(member)).catch(() => null)),
    );
    seen = JSON.stringify([primary, backup]);
    const isBack = primary?.holder === PRIMARY && primary.state === 'HELD' && primary.insync.length === 2;
    if (isBack && backup?.term === primary.term && backup.state === 'HELD') return;
  }
  throw new Error(`the right does not come back: ${seen}`);
}

/**
 * The first approval that a partner is told of after `since`, of an entry that this member made in a later term than `n`.
 * Rejects when there is none for long.
 */
export async function firstApproval(
  { network, partners }: Scene,
  { by, since, n }: { by: string; since: number; n: number },
): Promise<Told> {
  for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt; await sleep(40)) {
    const terms = await termsIn(network, by);
    const isTheirs = (seq: number): boolean => {
      const term = terms.findLast((each) => each.seq < seq);
      return term !== undefined && term.holder === by && term.n > n;
    };
    const found = approvedAfter(partners, since).find(({ outcome }) =>
      outcome.some(({ seq }) => isTheirs(seq)),
    );
    if (found) return found;
  }
  throw new Error(`${by} approves nothing`);
}

/** The first approval of something that was asked for after `since`. */
export async function nextApproval({ partners }: Scene, since: number): Promise<Told> {
  for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt; await sleep(10)) {
    const found = approvedAfter(partners, since).find(({ askedAt }) => askedAt > since);
    if (found) return found;
  }
  throw new Error('nothing is approved any more');
}

/** In the order in which their programs were told. */
export function approvedAfter(askers: readonly Asker[], since: number): Told[] {
  const all = askers.flatMap(({ told }) =>
    told.filter(({ at, state }) => at > since && state === 'APPROVED'),
  );
  return all.toSorted((a, b) => a.at - b.at);
}

/** Requests of the partners that had been asked for and were not decided at a time. */
export function waitingAt({ partners }: Scene, time: number): number {
  const told = partners.flatMap((asker) => asker.told);
  return told.filter(({ askedAt, at }) => askedAt < time && at >= time).length;
}

async function termsIn(
  network: Network,
  member: string,
): Promise<{ seq: number; n: number; holder: string }[]> {
  const sql = `SELECT seq, token FROM entry WHERE book = $1 AND kind = 'TERM' ORDER BY seq`;
  const rows = await rowsOf<{ seq: number; token: string }>(network.databaseUrl(member), sql, [BOOK]);
  return rows.map(({ seq, token }) => {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      n: number;
      holder: string;
    };
    return { seq, n: claims.n, holder: claims.holder };
  });
}
