import { sleep } from '../../support/nodes.ts';
import { feedOf } from '../kill/copies.ts';
import type { Acknowledged } from '../kill/load.ts';
import { BACKUP, BOOK, PRIMARY, rowsOf, standingOf, WITNESS, type Network } from './network.ts';

interface EntryRow {
  seq: number;
  kind: string;
  record: string;
  version: number;
  token: string;
  state: string | null;
}

/** What is not as it has to be, each kind counted by itself. */
export interface Findings {
  lost: string[];
  doubled: string[];
  forks: string[];
  /** Requests undecided, copies that differ, statements that contradict each other, the right with another. */
  others: string[];
}

const PATIENCE_MS = 60_000;
/** Kinds of entries that change a record which partners are shown. */
const SHOWN = new Set(['LOT', 'EVENT', 'PRODUCT']);

/** Whether all nodes ended with one history that holds everything acknowledged, once. */
export async function checkNetwork(
  network: Network,
  acknowledged: ReadonlyMap<string, Acknowledged>,
): Promise<Findings> {
  const others = await settled(network);
  const logs = new Map<string, EntryRow[]>();
  for (const organisation of network.everybody)
    if (organisation !== WITNESS) logs.set(organisation, await logOf(network, organisation));
  const log = logs.get(PRIMARY) ?? [];
  const findings: Findings = {
    lost: checkKept(log, acknowledged),
    doubled: checkOnce(log),
    forks: [],
    others,
  };
  findings.forks.push(...compareLogs(log, logs.get(BACKUP) ?? [], `${PRIMARY} and ${BACKUP}`));
  for (const partner of network.partners) {
    const shown = log.filter(({ kind }) => SHOWN.has(kind));
    const held = (logs.get(partner) ?? []).filter(({ kind }) => SHOWN.has(kind));
    findings.forks.push(...compareLogs(shown, held, `${PRIMARY} and ${partner}`));
  }
  findings.others.push(...checkPlaces(log), ...(await checkRecords(network)), ...(await checkNodes(network)));
  return findings;
}

/** Waits for the copies; what is still behind after a while. */
async function settled(network: Network): Promise<string[]> {
  const length = async (organisation: string): Promise<number> => {
    const sql = 'SELECT coalesce(max(seq), 0)::int AS seq FROM entry WHERE book = $1 AND kind = ANY($2)';
    const [row] = await rowsOf<{ seq: number }>(network.databaseUrl(organisation), sql, [BOOK, [...SHOWN]]);
    return row?.seq ?? 0;
  };
  const behind = [BACKUP, ...network.partners].map(async (organisation) => {
    for (const endsAt = Date.now() + PATIENCE_MS; Date.now() < endsAt; await sleep(100)) {
      if ((await length(organisation)) >= (await length(PRIMARY))) return [];
    }
    return [`${organisation} does not catch up`];
  });
  return (await Promise.all(behind)).flat();
}

function logOf(network: Network, organisation: string): Promise<EntryRow[]> {
  return rowsOf<EntryRow>(
    network.databaseUrl(organisation),
    'SELECT seq, kind, record, version, token, state FROM entry WHERE book = $1 ORDER BY seq',
    [BOOK],
  );
}

function checkKept(log: readonly EntryRow[], acknowledged: ReadonlyMap<string, Acknowledged>): string[] {
  const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
  const lost: string[] = [];
  for (const { key, outcome, marks } of acknowledged.values()) {
    for (const { record, version, seq } of outcome) {
      const entry = bySeq.get(seq);
      const isThere = entry?.record === record && entry.version === version;
      const isThat = isThere && marks.some((mark) => entry.state?.includes(JSON.stringify(mark)));
      if (!isThat)
        lost.push(`lost: ${key} was acknowledged at ${seq}, where there is ${entry?.record ?? 'nothing'}`);
    }
    if (outcome.length !== marks.length)
      lost.push(`lost: ${key} has ${outcome.length} of ${marks.length} changes`);
  }
  return lost;
}

/** Every change carries a mark of its own: each is in the log once. */
function checkOnce(log: readonly EntryRow[]): string[] {
  const places = new Map<string, number[]>();
  for (const { seq, state } of log) {
    for (const [, mark] of (state ?? '').matchAll(/"(client \d+ request \d+ \d+)"/g)) {
      const all = places.get(mark as string) ?? [];
      places.set(mark as string, [...all, seq]);
    }
  }
  return [...places]
    .filter(([, seqs]) => seqs.length > 1)
    .map(([mark, seqs]) => `doubled: ${mark} at ${seqs.join(' and ')}`);
}

function compareLogs(a: readonly EntryRow[], b: readonly EntryRow[], who: string): string[] {
  const bySeq = new Map(b.map((entry) => [entry.seq, entry]));
  const differs = a.filter(({ seq, token }) => bySeq.get(seq)?.token !== token);
  const faults = differs.map(({ seq }) => `fork: ${who} differ at ${seq}`);
  return a.length === b.length
    ? faults
    : [...faults, `fork: ${who} have ${a.length} and ${b.length} entries`];
}

function checkPlaces(log: readonly EntryRow[]): string[] {
  const versions = new Map<string, number>();
  const faults: string[] = [];
  for (const [at, { seq, kind, record, version }] of log.entries()) {
    if (seq !== at + 1) faults.push(`seq ${seq} is not in its place`);
    if (!SHOWN.has(kind)) continue;
    if (version !== (versions.get(record) ?? 0) + 1)
      faults.push(`${record} has no version before ${version}`);
    versions.set(record, version);
  }
  return faults;
}

/** What the members derive from the log is the same at both, and no request waits any more. */
async function checkRecords(network: Network): Promise<string[]> {
  const faults: string[] = [];
  const derived = async (organisation: string): Promise<string> => {
    const url = network.databaseUrl(organisation);
    const records = await rowsOf(
      url,
      'SELECT id, kind, version, seq, hash FROM record WHERE book = $1 ORDER BY id',
      [BOOK],
    );
    const links = await rowsOf(
      url,
      'SELECT record, nr, role, identifier FROM link WHERE book = $1 ORDER BY record, nr',
      [BOOK],
    );
    const sql = `SELECT id, requester, key, state, outcome FROM request
                  WHERE book = $1 AND state = 'APPROVED' AND "decidedBy" IS NOT NULL ORDER BY id`;
    return JSON.stringify([records, links, await rowsOf(url, sql, [BOOK])]);
  };
  if ((await derived(PRIMARY)) !== (await derived(BACKUP)))
    faults.push(`${PRIMARY} and ${BACKUP} derive different records, links or requests`);
  for (const organisation of network.everybody) {
    const sql = `SELECT key, state FROM request WHERE book = $1 AND state IN ('QUEUED', 'PROVISIONAL', 'PENDING')`;
    for (const { key, state } of await rowsOf<{ key: string; state: string }>(
      network.databaseUrl(organisation),
      sql,
      [BOOK],
    ))
      faults.push(`${organisation}: ${key} is ${state}`);
  }
  return faults;
}

async function checkNodes(network: Network): Promise<string[]> {
  const faults: string[] = [];
  for (const organisation of network.everybody) {
    const standing = await standingOf(network.node(organisation));
    if (standing?.holder !== PRIMARY)
      faults.push(`${organisation} says that ${standing?.holder} holds the right`);
    for (const { kind, detail } of standing?.evidence ?? [])
      faults.push(`${organisation} has evidence: ${String(kind)} ${String(detail)}`);
  }
  for (const partner of network.partners) {
    const feed = await feedOf(network.node(partner), BOOK);
    if (feed?.['state'] !== 'LIVE') faults.push(`the feed of ${partner} is ${String(feed?.['state'])}`);
    if (feed?.['quarantined'] !== 0)
      faults.push(`${partner} keeps ${String(feed?.['quarantined'])} items aside`);
  }
  return faults;
}
