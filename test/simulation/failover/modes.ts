import { sleep, type NodeProcess } from '../../support/nodes.ts';
import { between, pick } from '../kill/random.ts';
import { BACKUP, BOOK, PARTNERS, PRIMARY, standingOf, WITNESS } from './network.ts';
import { firstApproval, nextApproval, steady, type Scene } from './scene.ts';
import type { Cut, Line } from './wire.ts';

/** One thing that happened, and how the others went on. Times of `performance.now()`. */
export interface Happening {
  what: string;
  at: number;
  /** When a partner was first told of an approval by another holder; absent where the right was not to move. */
  movedAt?: number;
  /** When a partner was first told of an approval of what it had asked for since. */
  nextAt?: number;
}

/** Makes something happen, and leaves when all is repaired and the primary has the right again. */
export type Mode = (scene: Scene) => Promise<Happening[]>;

const MOST_TRIES = 3;

export const MODES = { kill, freeze, cut, backup, both, handover, yesterday } as const satisfies Record<
  string,
  Mode
>;
export type ModeName = keyof typeof MODES;

/** The primary is killed. Now and then it is back before anybody has noticed, or killed again while it catches up. */
async function kill(scene: Scene): Promise<Happening[]> {
  const { network, random, watch } = scene;
  const node = network.node(PRIMARY);
  const isQuick = random() < 0.15;
  const isAgain = random() < 0.25;
  await steady(scene);
  const n = await termOf(node);
  const at = performance.now();
  await node.kill9();
  const happened: Happening = { what: isQuick ? 'killed and started at once' : 'killed', at };
  if (!isQuick) {
    happened.movedAt = (await firstApproval(scene, { by: BACKUP, since: at, n })).at;
    await watch.look();
    await sleep(between(random, 0, 1_000));
  }
  await node.restart();
  if (isAgain) {
    happened.what += ', killed again';
    await sleep(between(random, 0, 1_500));
    await node.kill9();
    await node.restart();
  }
  await steady(scene);
  return [happened];
}

/** The primary is stopped in the middle of whatever it does, and goes on after another has the right. */
async function freeze(scene: Scene): Promise<Happening[]> {
  const { network, random, watch } = scene;
  const node = network.node(PRIMARY);
  const n = await termOf(node);
  const at = performance.now();
  process.kill(node.pid(), 'SIGSTOP');
  const { at: movedAt } = await firstApproval(scene, { by: BACKUP, since: at, n });
  await watch.look();
  await sleep(between(random, 0, 1_000));
  process.kill(node.pid(), 'SIGCONT');
  await steady(scene);
  return [{ what: 'frozen', at, movedAt }];
}

const others = [BACKUP, WITNESS, ...PARTNERS];
const CUTS: readonly { what: string; lines: readonly Line[]; moves: boolean }[] = [
  { what: 'primary from backup and witness', lines: bothWays(PRIMARY, [BACKUP, WITNESS]), moves: true },
  { what: 'primary from everybody', lines: bothWays(PRIMARY, others), moves: true },
  { what: 'calls of the primary', lines: others.map((other) => [PRIMARY, other] as const), moves: true },
  { what: 'primary from backup', lines: bothWays(PRIMARY, [BACKUP]), moves: false },
  { what: 'primary from witness', lines: bothWays(PRIMARY, [WITNESS]), moves: false },
  { what: 'backup from witness', lines: bothWays(BACKUP, [WITNESS]), moves: false },
  { what: 'calls of the backup to the primary', lines: [[BACKUP, PRIMARY]], moves: false },
  { what: 'partners from primary', lines: bothWays(PRIMARY, PARTNERS), moves: false },
];

/** The network is cut between some nodes for a while. */
async function cut(scene: Scene): Promise<Happening[]> {
  const { network, random, watch } = scene;
  const { what, lines, moves } = pick(random, CUTS);
  const how: Cut = pick(random, ['silent', 'reset']);
  const n = await termOf(network.node(PRIMARY));
  const at = performance.now();
  network.wire.cut(lines, how);
  const happened: Happening = { what: `${what} cut (${how})`, at };
  if (moves) happened.movedAt = (await firstApproval(scene, { by: BACKUP, since: at, n })).at;
  else happened.nextAt = (await nextApproval(scene, at)).at;
  await watch.look();
  await sleep(between(random, 0, 3_000));
  network.wire.mend();
  await steady(scene);
  return [happened];
}

/** The backup is killed: the primary goes on with the witness. */
async function backup(scene: Scene): Promise<Happening[]> {
  const { network, random } = scene;
  const node = network.node(BACKUP);
  const at = performance.now();
  await node.kill9();
  const { at: nextAt } = await nextApproval(scene, at);
  await sleep(between(random, 0, 2_000));
  await node.restart();
  await steady(scene);
  return [{ what: 'killed', at, nextAt }];
}

/** Both members are killed. The time counts from when the first of them serves again. */
async function both(scene: Scene): Promise<Happening[]> {
  const { network, random, watch } = scene;
  const nodes = [PRIMARY, BACKUP].map((member) => network.node(member));
  if (random() < 0.5) nodes.reverse();
  const [first, second] = nodes as [NodeProcess, NodeProcess];
  await Promise.all(nodes.map((node) => node.kill9()));
  await watch.look();
  await sleep(between(random, 0, 1_500));
  await first.restart();
  const at = performance.now();
  const happened: Happening = { what: `killed, ${first.organisation} started first`, at };
  if (random() < 0.5) {
    happened.nextAt = (await nextApproval(scene, at)).at;
    happened.what += ' and alone';
  }
  await sleep(between(random, 0, 1_500));
  await second.restart();
  happened.nextAt ??= (await nextApproval(scene, at)).at;
  await steady(scene);
  return [happened];
}

/** The right is given to the backup, and back, while all are at work. */
async function handover(scene: Scene): Promise<Happening[]> {
  const happened: Happening[] = [];
  for (const [from, to] of [
    [PRIMARY, BACKUP],
    [BACKUP, PRIMARY],
  ] as const) {
    const node = scene.network.node(from);
    const n = await termOf(node);
    const at = await handOver(node);
    const { at: movedAt } = await firstApproval(scene, { by: to, since: at, n });
    happened.push({ what: `to ${to}`, at, movedAt });
    await sleep(between(scene.random, 300, 1_500));
  }
  await steady(scene);
  return happened;
}

/** When the hand-over began that went through: on a busy machine the other member may be behind for longer than one waits. */
async function handOver(node: NodeProcess): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const at = performance.now();
    try {
      await node.mutate(
        'mutation ($book: ID!) { handOverAuthority(book: $book) { error { message duty } } }',
        {
          book: BOOK,
        },
      );
      return at;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
    }
  }
}

/** The primary's data is replaced by an older copy, and its operator says so. */
async function yesterday(scene: Scene): Promise<Happening[]> {
  const { network, random, watch } = scene;
  const node = network.node(PRIMARY);
  await node.stop();
  await network.copyDatabase(PRIMARY);
  await node.restart();
  await steady(scene);
  await sleep(between(random, 500, 3_000));
  const n = await termOf(node);
  const isNoticed = random() < 0.5;
  const at = performance.now();
  await node.kill9();
  const happened: Happening = { what: isNoticed ? 'restored after a take-over' : 'restored at once', at };
  if (isNoticed) happened.movedAt = (await firstApproval(scene, { by: BACKUP, since: at, n })).at;
  await watch.look();
  await network.restoreDatabase(PRIMARY);
  watch.forget(PRIMARY);
  await node.restart(['--restored']);
  happened.nextAt = (await nextApproval(scene, at)).at;
  await steady(scene);
  return [happened];
}

function bothWays(one: string, list: readonly string[]): Line[] {
  return list.flatMap((other) => [[one, other] as const, [other, one] as const]);
}

async function termOf(node: NodeProcess): Promise<number> {
  const standing = await standingOf(node);
  if (!standing) throw new Error(`${node.organisation} knows no mandate`);
  return standing.term;
}
