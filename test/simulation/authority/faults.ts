import type { NodeId } from '../../../api/authority/words.ts';
import { between, pick, type Random } from '../kill/random.ts';

/** One thing that goes wrong, or that people do. Each can be left out, and the schedule still makes sense. */
export type Fault =
  | { readonly at: number; readonly kind: 'crash' | 'pause'; readonly node: NodeId; readonly forMs: number }
  /** Its disk comes from a copy that is so old. */
  | {
      readonly at: number;
      readonly kind: 'restore';
      readonly node: NodeId;
      readonly forMs: number;
      readonly ageMs: number;
    }
  | Bad
  /** A notice that the holder is unable, whether it is or not; a request to both members at once; a key for two contents. */
  | { readonly at: number; readonly kind: 'lie' | 'both' | 'reuse'; readonly node: NodeId }
  | { readonly at: number; readonly kind: 'hand-over' }
  /** The owner replaces a member, `forMs` after it was lost (0: it is there, but nobody's member any more). */
  | { readonly at: number; readonly kind: 'replace'; readonly node: NodeId; readonly forMs: number };

/** A direction between two nodes that loses, doubles or delays; `*` is every node. */
export interface Bad {
  readonly at: number;
  readonly kind: 'network';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly forMs: number;
  readonly loss: number;
  readonly copy: number;
  readonly delayMs: number;
}

interface Scene {
  readonly random: Random;
  readonly registrar: NodeId;
  readonly servers: readonly NodeId[];
  readonly requesters: readonly NodeId[];
  readonly peaceAt: number;
}

type Recipe = (scene: Scene, at: number) => Fault[];

const QUIET = { kind: 'network', loss: 0, copy: 0, delayMs: 0 } as const;
const cut = (at: number, from: NodeId, to: NodeId, forMs: number): Bad => {
  return { ...QUIET, at, from, to, forMs, loss: 1 };
};
const slow = (at: number, from: NodeId, to: NodeId, forMs: number, delayMs: number): Bad => {
  return { ...QUIET, at, from, to, forMs, delayMs };
};
/** Often short, sometimes long. */
const aWhile = (random: Random): number => Math.floor(5 + 4000 * random() ** 3);
const oneOf = (scene: Scene): NodeId => pick(scene.random, scene.servers);
/** A member that does not keep the register: a register that was set back or lost is not covered, its node has to be replaced. */
const memberOf = ({ random, registrar }: Scene): NodeId =>
  pick(
    random,
    ['P', 'B'].filter((member) => member !== registrar),
  );

const restore: Recipe = (scene, at) => {
  const ageMs = between(scene.random, 20, 3000);
  return [{ at, kind: 'restore', node: memberOf(scene), forMs: aWhile(scene.random), ageMs }];
};

/** What goes wrong, one thing after another or together. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  crash: (scene, at) => [{ at, kind: 'crash', node: oneOf(scene), forMs: aWhile(scene.random) }],
  crashOfARequester: ({ random, requesters }, at) => [
    { at, kind: 'crash', node: pick(random, requesters), forMs: aWhile(random) },
  ],
  pause: (scene, at) => [{ at, kind: 'pause', node: oneOf(scene), forMs: aWhile(scene.random) }],
  oneWay: (scene, at) => [cut(at, oneOf(scene), oneOf(scene), aWhile(scene.random))],
  partition(scene, at) {
    const one = oneOf(scene);
    const other = scene.random() < 0.4 ? '*' : oneOf(scene);
    const forMs = between(scene.random, 100, 3000);
    return [cut(at, one, other, forMs), cut(at, other, one, forMs)];
  },
  slow: (scene, at) => [
    slow(at, oneOf(scene), oneOf(scene), between(scene.random, 100, 3000), between(scene.random, 100, 3000)),
  ],
  lossy: ({ random }, at) => [
    {
      ...slow(at, '*', '*', between(random, 100, 4000), between(random, 0, 300)),
      loss: 0.3 * random(),
      copy: 0.3 * random(),
    },
  ],
  restore,
  lie: ({ random, requesters }, at) => [
    { at, kind: pick(random, ['lie', 'both', 'reuse'] as const), node: pick(random, requesters) },
  ],
  handOver: (_scene, at) => [{ at, kind: 'hand-over' }],
  replace(scene, at) {
    const forMs = scene.random() < 0.5 ? 0 : aWhile(scene.random);
    return [{ at, kind: 'replace', node: memberOf(scene), forMs }];
  },
  /** The backup does not hear the holder and is asked to take over, though the registrar hears it well. */
  deafBackup(scene, at) {
    const { random, requesters } = scene;
    const lies = [100, 400, 700].map(
      (after) =>
        ({ at: at + after + between(random, 0, 300), kind: 'lie', node: pick(random, requesters) }) as const,
    );
    const crash = { at: at + between(random, 500, 760), kind: 'crash', node: scene.registrar } as const;
    return [
      cut(at, 'P', 'B', between(random, 1000, 3000)),
      ...lies,
      { ...crash, forMs: between(random, 1, 300) },
      slow(crash.at, scene.registrar, 'P', 800, between(random, 0, 1500)),
      ...[200, 300, 400, 500].map(
        (after) => ({ at: crash.at + after, kind: 'both', node: pick(random, requesters) }) as const,
      ),
    ];
  },
  /** The backup comes back to a holder whose words to the registrar overtake one another; then the holder is gone. */
  rejoin(scene, at) {
    const { random, requesters, registrar } = scene;
    const back = at + between(random, 900, 1500);
    const cutAt = back + between(random, 100, 500);
    return [
      { at, kind: 'crash', node: 'B', forMs: back - at },
      slow(back, 'P', registrar, 500, between(random, 100, 900)),
      cut(cutAt, 'P', 'B', 3000),
      ...[0, 60, 120].map(
        (after) => ({ at: cutAt + after, kind: 'both', node: pick(random, requesters) }) as const,
      ),
      { at: cutAt + between(random, 100, 800), kind: 'crash', node: 'P', forMs: between(random, 1500, 3000) },
    ];
  },
  /** One member is away; the other goes on alone and is set back, while the registrar is not there all the time. */
  restoredAlone(scene, at) {
    const { random, registrar } = scene;
    const alone = memberOf(scene);
    const away = alone === 'P' ? 'B' : 'P';
    const then = at + between(random, 600, 1800);
    return [
      { at, kind: 'crash', node: away, forMs: between(random, 1500, 4000) },
      {
        at: at + between(random, 600, 1600),
        kind: 'crash',
        node: registrar,
        forMs: between(random, 10, 1000),
      },
      {
        at: then,
        kind: 'restore',
        node: alone,
        forMs: between(random, 5, 300),
        ageMs: between(random, 100, 1800),
      },
    ];
  },
  /** The owner replaces a holder that is there and reads, and does not hear of it. */
  replacedAlive: (scene, at) => [
    { at, kind: 'replace', node: memberOf(scene), forMs: 0 },
    slow(at, scene.registrar, 'P', 1500, between(scene.random, 100, 1500)),
    cut(at, 'B', 'P', 1500),
  ],
};

const NAMES = Object.keys(RECIPES);

/** Up to six recipes, some of them at nearly the same time: what goes wrong together shows more. */
export function faultsOf(
  random: Random,
  setting: { registrar: NodeId; requesters: readonly NodeId[]; peaceAt: number; liar: string | null },
): Fault[] {
  const { registrar, peaceAt } = setting;
  const servers = ['P', 'P', 'B', registrar];
  const scene = { random, servers, ...setting };
  const favourite = pick(random, NAMES);
  const faults: Fault[] = [];
  let at = between(random, 100, peaceAt - 1000);
  for (let count = between(random, 1, 6); count > 0; count--) {
    if (setting.liar === 'disk' && random() < 0.5) faults.push(...restore(scene, at));
    const name = random() < 0.4 ? favourite : pick(random, NAMES);
    faults.push(...(RECIPES[name] as Recipe)(scene, at));
    at = random() < 0.5 ? at + between(random, 0, 600) : between(random, 100, peaceAt - 500);
  }
  return atMost(1, 'replace', atMost(2, 'restore', faults))
    .filter(({ at }) => at < peaceAt)
    .sort((a, b) => a.at - b.at);
}

function atMost(count: number, kind: Fault['kind'], faults: readonly Fault[]): Fault[] {
  let seen = 0;
  return faults.filter((fault) => fault.kind !== kind || ++seen <= count);
}
