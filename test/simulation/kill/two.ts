import pg from 'pg';
import { connection } from '../../../api/store/database.ts';
import { sleep, type NodeProcess } from '../../support/nodes.ts';
import { checkAuthority, type Findings } from './check.ts';
import { openLoad } from './load.ts';
import { answerOf, publicKeyOf } from './run.ts';
import { seeded } from './random.ts';

export interface TwoRun extends Findings {
  /** From each kill to the next answer of the other process, ms. */
  gapsMs: number[];
}

/**
 * Two processes of one node on one database; one of them is killed while it holds the operation lock, between its BEGIN
 * and its COMMIT. Its clients go on at the other one, under the same keys.
 */
export async function killOneOfTwo(
  [first, second]: readonly [NodeProcess, NodeProcess],
  input: { book: string; moments: number; seed: number; databaseUrl: string },
): Promise<TwoRun> {
  const { book, databaseUrl } = input;
  const lives = new Set([first, second]);
  const targetOf = (client: number): NodeProcess => {
    const own = client % 2 === 0 ? first : second;
    return lives.has(own) ? own : second;
  };
  const load = openLoad({ book, targetOf, clients: 8, random: seeded(input.seed) });
  const watch = new pg.Client(connection(databaseUrl));
  await watch.connect();
  const gapsMs: number[] = [];
  try {
    for (let moment = 0; moment < input.moments; moment += 1) {
      await answerOf(load);
      await freezeInCommit(first, watch);
      lives.delete(first);
      const killedAt = performance.now();
      await first.kill9();
      await answerOf(load);
      gapsMs.push(performance.now() - killedAt);
      await first.restart();
      lives.add(first);
    }
    await answerOf(load);
    await load.finish();
  } finally {
    await watch.end();
  }
  const { acknowledged } = load;
  const findings = await checkAuthority(databaseUrl, { book, jwk: await publicKeyOf(first), acknowledged });
  return { ...findings, faults: [...load.faults, ...findings.faults], gapsMs };
}

/** Stops the process where it stands, again and again, until one of its transactions is open and holds the book. */
async function freezeInCommit(node: NodeProcess, watch: pg.Client): Promise<void> {
  for (let attempt = 0; attempt < 2_000; attempt += 1) {
    process.kill(node.pid(), 'SIGSTOP');
    // What its transactions were told before it stopped is done soon; the other process's last a few milliseconds.
    const before = await openTransactions(watch);
    if (before.length > 0) {
      await sleep(30);
      const after = await openTransactions(watch);
      if (after.some((each) => before.includes(each))) return;
    }
    process.kill(node.pid(), 'SIGCONT');
    await sleep(2 + (attempt % 10));
  }
  throw new Error('the process was never seen in a commit');
}

async function openTransactions(watch: pg.Client): Promise<string[]> {
  const { rows } = await watch.query<{ transaction: string }>(
    `SELECT DISTINCT pid || ' ' || xact_start AS transaction FROM pg_stat_activity JOIN pg_locks USING (pid)
      WHERE datname = current_database() AND application_name = 'lotbook' AND state = 'idle in transaction'
        AND relation = 'book'::regclass AND mode = 'RowShareLock' AND granted`,
  );
  return rows.map(({ transaction }) => transaction);
}
