import pg from 'pg';
import { openTracing } from '../../../api/delivery/tracing.ts';
import { connection, openDatabase } from '../../../api/store/database.ts';
import { openGrants } from '../../../api/store/grants.ts';
import { ownCaller } from '../../support/approval.ts';
import type { BenchServer } from '../support/database.ts';
import { beside, figure, median, type Figure } from '../support/figures.ts';
import { BOOK, ORGANISATION } from '../support/node.ts';
import { eventsIn, insertFamilies, lotOf, type Family } from './season.ts';

const SMALL = 200;
const LARGE = 10_000;
const TRACES = 10;
/** A trace of a hundred levels, which still has to end: what one is made of is so many lots before it. */
const DEEP = 100_000;
const DEEP_WIDTH = 1_000;

/**
 * (e) Traces forward, in books of several sizes: the answer counts, not the book. The limit is the same walk as one
 * recursive SQL query that reads the same events, which knows no windows of time, no stays and no permission.
 */
export async function benchTracing(server: BenchServer, rounds: number, quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  const sizes = quick ? [10_000, 100_000] : [10_000, 100_000, 1_000_000];
  for (const size of sizes) {
    const url = await server.freshDatabase();
    const client = new pg.Client(connection(url));
    await client.connect();
    const db = openDatabase({ url, poolSize: 4, applicationName: 'bench' });
    try {
      const events = await insertFamilies(client, BOOK, families(size));
      const bench = openBench(db, client);
      figures.push(...(await ofSize(bench, 'small', SMALL, events, rounds)));
      if (size === sizes.at(-1)) figures.push(...(await ofSize(bench, 'large', LARGE, events, rounds)));
      if (size > eventsIn(DEEP)) figures.push(...(await ofDepth(bench, events)));
    } finally {
      await db.close();
      await client.end();
    }
  }
  return figures;
}

function* families(size: number): Generator<Family> {
  const known: Family[] = [
    { name: 'small', lots: SMALL },
    { name: 'large', lots: LARGE },
    { name: 'deep', lots: DEEP, parent: (nr) => (nr === 0 ? null : Math.max(0, nr - DEEP_WIDTH)) },
  ];
  const whole = known.filter(({ lots }) => lots === SMALL || size > eventsIn(lots));
  yield* whole;
  const used = whole.reduce((sum, { lots }) => sum + eventsIn(lots), 0);
  for (let events = used, nr = 0; events < size; events += eventsIn(SMALL), nr += 1) {
    yield { name: `other${nr}`, lots: SMALL };
  }
}

interface Measured {
  events: number;
  firstMs: number;
  allMs: number;
  heapBytes: number;
}

interface Bench {
  trace(family: string): Promise<Measured>;
  query(family: string): Promise<number>;
}

function openBench(db: ReturnType<typeof openDatabase>, client: pg.Client): Bench {
  const services = { db, grants: openGrants(db.pool), clock: Date.now, organisation: ORGANISATION };
  const tracing = openTracing(services);
  const caller = ownCaller(ORGANISATION, 'VIEWER');
  return {
    trace: async (family) => {
      const before = process.memoryUsage().heapUsed;
      const startedAt = performance.now();
      const measured: Measured = { events: 0, firstMs: 0, allMs: 0, heapBytes: 0 };
      const starts = [{ thing: lotOf(family, 0) }];
      const query = {
        caller,
        starts,
        direction: 'FORWARD' as const,
        depth: 1_000,
        inOrder: false,
        most: 1_000_000,
      };
      for await (const found of tracing.trace(query)) {
        const events = found.filter(({ kind }) => kind === 'EVENT').length;
        if (measured.events === 0 && events > 0) measured.firstMs = performance.now() - startedAt;
        measured.events += events;
        measured.heapBytes = Math.max(measured.heapBytes, process.memoryUsage().heapUsed - before);
      }
      measured.allMs = performance.now() - startedAt;
      return measured;
    },
    query: async (family) => {
      const startedAt = performance.now();
      const { rows } = await client.query<{ state: string }>(RECURSIVE, [lotOf(family, 0), BOOK]);
      for (const { state } of rows) JSON.parse(state);
      return performance.now() - startedAt;
    },
  };
}

/** Once: that it ends, and what it holds meanwhile. */
async function ofDepth({ trace }: Bench, events: number): Promise<Figure[]> {
  const { events: found, firstMs, allMs, heapBytes } = await trace('deep');
  if (found !== eventsIn(DEEP)) throw new Error(`${found} of ${eventsIn(DEEP)} events`);
  const name = `trace of ${DEEP.toLocaleString('en')} lots, 100 levels, ${events.toLocaleString('en')} events in the book`;
  return [
    figure('e', name, 'events/s', [found / (allMs / 1000)]),
    figure('e', '  first result', 'ms', [firstMs]),
    figure('e', '  all', 'ms', [allMs]),
    figure('e', '  heap, at most', 'MB', [heapBytes / 1e6]),
  ];
}

const RECURSIVE = `
  WITH RECURSIVE lot(id) AS (
    SELECT $1::text
    UNION
    SELECT made.identifier FROM lot
      JOIN link used ON used.identifier = lot.id AND used.book = $2 AND used.role = 'in'
      JOIN link made ON made.book = used.book AND made.record = used.record AND made.role = 'out')
  SELECT e.record, e.state FROM record r JOIN entry e ON e.book = r.book AND e.seq = r.seq
   WHERE r.book = $2 AND r.id IN (SELECT l.record FROM lot JOIN link l ON l.identifier = lot.id AND l.book = $2)`;

async function ofSize(
  bench: Bench,
  family: string,
  lots: number,
  events: number,
  rounds: number,
): Promise<Figure[]> {
  const [all, first, heap, limit]: number[][] = [[], [], [], []];
  const times = lots > SMALL ? 2 : TRACES;
  // Round 0 warms both sides up.
  for (let round = 0; round <= rounds; round += 1) {
    const traces: Measured[] = [];
    const queries: number[] = [];
    for (let nr = 0; nr < times; nr += 1) {
      traces.push(await bench.trace(family));
      queries.push(await bench.query(family));
    }

    const wanted = eventsIn(lots);
    if (traces.some((one) => one.events !== wanted))
      throw new Error(`${traces[0]?.events} of ${wanted} events`);
    if (round === 0) continue;
    all?.push(eventsIn(lots) / (median(traces.map(({ allMs }) => allMs)) / 1000));
    limit?.push(eventsIn(lots) / (median(queries) / 1000));
    first?.push(median(traces.map(({ firstMs }) => firstMs)));
    heap?.push(median(traces.map(({ heapBytes }) => heapBytes)) / 1e6);
  }
  const name = `trace of ${lots.toLocaleString('en')} lots, ${events.toLocaleString('en')} events in the book`;
  return [
    beside(
      figure('e', name, 'events/s', all ?? []),
      'one recursive query',
      limit ?? [],
      lots > SMALL ? 0.5 : undefined,
    ),
    figure('e', '  first result', 'ms', first ?? []),
    figure(
      'e',
      '  all',
      'ms',
      (all ?? []).map((rate) => (eventsIn(lots) / rate) * 1000),
    ),
    figure('e', '  heap, at most', 'MB', heap ?? []),
  ];
}
