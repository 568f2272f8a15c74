import { sleep } from '../../support/nodes.ts';
import { openLoad } from '../kill/load.ts';
import { between, seeded } from '../kill/random.ts';
import { openAsker } from './asker.ts';
import { checkNetwork, type Findings } from './check.ts';
import { MODES, type Happening, type ModeName } from './modes.ts';
import { BACKUP, BOOK, PRIMARY, standingOf, type Network } from './network.ts';
import { approvedAfter, steady, waitingAt, type Scene } from './scene.ts';
import { openWatch } from './watch.ts';

/** How one happening went. Times in ms. */
export interface Event {
  mode: ModeName;
  what: string;
  /** Until a partner was told of an approval by the new holder; null where the right was not to move. */
  firstApprovalMs: number | null;
  /** Until a partner was told of an approval of what it asked for afterwards; null where it was not waited for. */
  nextApprovalMs: number | null;
  /** Requests of partners that waited at that moment. */
  waiting: number;
  /** The longest time in which no partner was told of an approval. */
  gapMs: number;
  /** Calls of programs, at nodes that were up, that were not answered or not with an approval. */
  failures: string[];
  /** From the happening until the primary had the right again, and both members everything. */
  repairedMs: number;
}

export interface Drill {
  events: Event[];
  acknowledged: number;
  findings: Findings;
  faults: string[];
}

const CLIENTS_OF_EACH = 3;
const PAUSE_MS = 120;
/** For the last requests, once nothing happens any more. */
const PATIENCE_MS = 60_000;

/** Lets these things happen to a network under load, one after the other, and looks for what was lost, doubled or forked. */
export async function runDrill(
  network: Network,
  input: {
    /** They may come one at a time, as when they are to happen at certain times. */
    modes: Iterable<ModeName> | AsyncIterable<ModeName>;
    seed: number;
    say?: (text: string) => void;
  },
): Promise<Drill> {
  const random = seeded(input.seed);
  const own = openAsker(network.node(PRIMARY));
  const partners = network.partners.map((organisation) => openAsker(network.node(organisation)));
  const scene: Scene = { network, random, own, partners, watch: openWatch(network) };
  const askers = [own, ...partners];
  const load = openLoad({
    book: BOOK,
    clients: CLIENTS_OF_EACH * partners.length + 1,
    targetOf: (client) => askers[Math.ceil(client / CLIENTS_OF_EACH)] ?? own,
    mayGoWithoutBase: (client) => client === 0,
    pauseMs: PAUSE_MS,
    // Of its own: how often it draws depends on the machine, what happens does not.
    random: seeded(input.seed + 1),
  });
  const events: Event[] = [];
  const faults: string[] = [];
  for await (const mode of input.modes) {
    await sleep(between(random, 500, 2_000));
    try {
      const happened = await MODES[mode](scene);
      const repairedAt = performance.now();
      for (const each of happened) {
        const event = eventOf(scene, mode, each, repairedAt);
        events.push(event);
        if (mode === 'handover') faults.push(...event.failures.map((why) => `failed in a hand-over: ${why}`));
        input.say?.(tell(event));
      }
    } catch (error) {
      faults.push(`${mode}: ${String(error)}; ${await situation(network)}`);
      input.say?.(String(faults.at(-1)));
      await repair(network);
      break;
    }
    await scene.watch.look();
  }
  const isDecided = await Promise.race([
    load.finish().then(() => true),
    sleep(PATIENCE_MS).then(() => false),
  ]);
  if (!isDecided) {
    const told = askers.map(({ organisation, waiting }) => `${organisation} ${waiting().join(', ')}`);
    faults.push(`requests stay undecided: ${told.join('; ')}`);
  }
  await steady(scene).catch((error: unknown) => faults.push(String(error)));
  const findings = await checkNetwork(network, load.acknowledged);
  await scene.watch.look();
  findings.forks.push(...scene.watch.faults);
  faults.push(...load.faults, ...Object.values(findings).flat());
  for (const { organisation, failures } of partners)
    faults.push(...failures.map(({ why }) => `${organisation} failed: ${why}`));
  return { events, acknowledged: load.acknowledged.size, findings, faults };
}

/** As every node that answers tells it. */
async function situation(network: Network): Promise<string> {
  const told = network.everybody.map(async (organisation) => {
    const standing = await standingOf(network.node(organisation)).catch(() => 'no answer');
    return `${organisation}: ${JSON.stringify(standing)}`;
  });
  return (await Promise.all(told)).join('; ');
}

/** Nothing more happens: whatever state the members were left in, they are started anew. */
async function repair(network: Network): Promise<void> {
  network.wire.mend();
  for (const member of [PRIMARY, BACKUP]) {
    await network.node(member).kill9();
    await network.node(member).restart();
  }
}

function eventOf(scene: Scene, mode: ModeName, happened: Happening, repairedAt: number): Event {
  const { what, at, movedAt, nextAt } = happened;
  const approvals = [at, ...approvedAfter(scene.partners, at).map((told) => told.at)];
  const gaps = approvals.slice(1).map((time, index) => time - (approvals[index] ?? time));
  const isUp = mode === 'handover' ? [scene.own, ...scene.partners] : scene.partners;
  const failures = isUp.flatMap((asker) => asker.failures);
  return {
    mode,
    what,
    firstApprovalMs: movedAt === undefined ? null : movedAt - at,
    nextApprovalMs: nextAt === undefined ? null : nextAt - at,
    waiting: waitingAt(scene, movedAt ?? nextAt ?? at),
    gapMs: Math.max(0, ...gaps),
    failures: failures.filter((failure) => failure.at > at && failure.at <= repairedAt).map(({ why }) => why),
    repairedMs: repairedAt - at,
  };
}

function tell({ mode, what, waiting, failures, ...times }: Event): string {
  const { firstApprovalMs, nextApprovalMs, gapMs, repairedMs } = times;
  const first = firstApprovalMs === null ? [] : [`first approval after ${seconds(firstApprovalMs)}`];
  const next = nextApprovalMs === null ? [] : [`went on after ${seconds(nextApprovalMs)}`];
  const rest = [`${waiting} waiting`, `gap ${seconds(gapMs)}`, `all as before after ${seconds(repairedMs)}`];
  return `${mode} (${what}): ${[...first, ...next, ...rest].join(', ')}${failures.length > 0 ? `, ${failures.length} failed` : ''}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
