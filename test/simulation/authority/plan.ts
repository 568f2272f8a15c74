import type { Mandate, NodeId } from '../../../api/authority/words.ts';
import { between, pick, seeded, type Random } from '../kill/random.ts';
import type { Request } from './log.ts';

/** One thing that goes wrong, or that people do. Each can be left out, and the schedule still makes sense. */
export type Fault = { readonly at: number } & (
  | { readonly kind: 'crash'; readonly node: NodeId; readonly forMs: number }
  /** Its disk comes from a copy that is so old. */
  | { readonly kind: 'restore'; readonly node: NodeId; readonly forMs: number; readonly ageMs: number }
  | { readonly kind: 'pause'; readonly node: NodeId; readonly forMs: number }
  | Bad
  /** A notice that the holder is unable, whether it is or not. */
  | { readonly kind: 'lie'; readonly node: NodeId }
  /** A request that goes to both members at once. */
  | { readonly kind: 'both'; readonly node: NodeId }
  /** A key that is used for two contents. */
  | { readonly kind: 'reuse'; readonly node: NodeId }
  | { readonly kind: 'hand-over' }
  /** The owner replaces a member, `forMs` after it was lost (0: it is there, but nobody's member any more). */
  | { readonly kind: 'replace'; readonly node: NodeId; readonly forMs: number }
);

/** A direction between two nodes that loses, doubles or delays; `*` is every node. */
export interface Bad {
  readonly kind: 'network';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly forMs: number;
  readonly loss: number;
  readonly copy: number;
  readonly delayMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly mandate: Mandate;
  readonly requesters: readonly NodeId[];
  readonly delayMs: number;
  readonly clocks: Readonly<Record<NodeId, { readonly offsetMs: number; readonly rate: number }>>;
  /** How many frames an append carries at most. */
  readonly cap: number;
  readonly requests: readonly { readonly at: number; readonly request: Request }[];
  readonly faults: readonly Fault[];
  /** From here on nothing goes wrong any more. */
  readonly peaceAt: number;
}

type Kind = Fault['kind'] | 'isolate' | 'slow' | 'lossy';

/** What is likely to go wrong together. Chance alone would seldom bring the rare ones. */
const PROFILES: readonly (readonly Kind[])[] = [
  ['crash', 'crash', 'crash', 'network'],
  ['isolate', 'network', 'network', 'slow'],
  ['slow', 'slow', 'isolate', 'lossy', 'pause'],
  ['restore', 'crash', 'isolate', 'network'],
  ['lie', 'both', 'reuse', 'lossy', 'crash', 'isolate'],
  ['hand-over', 'hand-over', 'slow', 'pause', 'crash', 'isolate'],
  ['replace', 'isolate', 'slow', 'crash'],
  ['pause', 'pause', 'crash', 'lie', 'network'],
  [
    ...['crash', 'restore', 'pause', 'network', 'isolate', 'slow', 'lossy', 'lie', 'both', 'reuse'],
    ...['hand-over', 'replace'],
  ] as Kind[],
];

const TAKEOVER_MS = 700;
const LEASE_MS = 600;

/** Everything that chance decides before a schedule begins. */
export function planOf(seed: number): Plan {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  const hasWitness = random() < 0.85;
  const drift = 0.05;
  const mandate: Mandate = {
    m: 1,
    primary: 'P',
    backup: 'B',
    witness: hasWitness ? 'W' : null,
    leaseMs: LEASE_MS,
    drift,
    takeoverMs: TAKEOVER_MS,
    handBack: random() < 0.8,
    acceptLoss: false,
  };
  const requesters = random() < 0.5 ? ['T1', 'T2'] : ['T1', 'T2', 'T3'];
  const nodes = ['P', 'B', 'N', 'W', ...requesters];
  const peaceAt = between(random, 2500, 8000);
  const clocks = Object.fromEntries(
    nodes.map((node) => [
      node,
      { offsetMs: between(random, 0, 1e6), rate: 1 + drift * (2 * random() - 1) * 0.99 },
    ]),
  );
  return {
    seed,
    mandate,
    requesters,
    delayMs: pick(random, [5, 20, 60]),
    clocks,
    cap: pick(random, [1, 2, 100]),
    requests: requestsOf(random, requesters, peaceAt),
    faults: faultsOf(random, { hasWitness, requesters, peaceAt }),
    peaceAt,
  };
}

function requestsOf(random: Random, requesters: readonly NodeId[], peaceAt: number): Plan['requests'] {
  return Array.from({ length: between(random, 4, 14) }, (_, index) => {
    const requester = pick(random, requesters);
    const base = random() < 0.6 ? null : between(random, 0, 3);
    const request = { requester, key: `k${index}`, content: 'a', record: pick(random, ['r', 's']), base };
    return { at: between(random, 0, peaceAt), request };
  }).sort((a, b) => a.at - b.at);
}

function faultsOf(
  random: Random,
  {
    hasWitness,
    requesters,
    peaceAt,
  }: { hasWitness: boolean; requesters: readonly NodeId[]; peaceAt: number },
): Fault[] {
  const profile = pick(random, PROFILES);
  const servers = hasWitness ? ['P', 'P', 'B', 'W'] : ['P', 'B', 'B'];
  const all = [...new Set(servers), ...requesters];
  const faults: Fault[] = [];
  const add = (kind: Kind, at: number): void => {
    const forMs = Math.floor(100 + 3900 * random() ** 2);
    const bad = { at, kind: 'network', forMs, loss: 0, copy: 0, delayMs: 0 } as const;
    const node = pick(random, servers);
    const from = pick(random, random() < 0.8 ? servers : all);
    switch (kind) {
      case 'network': // nothing arrives, in one direction
        return void faults.push({ ...bad, from, to: pick(random, servers), loss: 1 });
      case 'isolate': {
        const other = random() < 0.4 ? '*' : pick(random, servers);
        return void faults.push(
          { ...bad, from: node, to: other, loss: 1 },
          { ...bad, from: other, to: node, loss: 1 },
        );
      }
      case 'slow':
        return void faults.push({
          ...bad,
          from,
          to: pick(random, servers),
          delayMs: between(random, 100, 3000),
        });
      case 'lossy':
        return void faults.push({
          ...bad,
          from: '*',
          to: '*',
          loss: 0.3 * random(),
          copy: 0.3 * random(),
          delayMs: between(random, 0, 300),
        });
      case 'crash':
      case 'pause':
        return void faults.push({ at, kind, node: random() < 0.9 ? node : pick(random, all), forMs });
      case 'restore':
        // A register that was set back is not covered: its node has to be replaced.
        return void faults.push({
          at,
          kind,
          node: hasWitness ? pick(random, ['P', 'B']) : 'B',
          forMs,
          ageMs: between(random, 50, 3000),
        });
      case 'replace':
        return void faults.push({
          at,
          kind,
          node: hasWitness ? pick(random, ['P', 'B']) : 'B',
          forMs: random() < 0.5 ? 0 : forMs,
        });
      case 'hand-over':
        return void faults.push({ at, kind });
      default:
        return void faults.push({ at, kind, node: pick(random, requesters) });
    }
  };
  // Some come in a burst: what goes wrong together finds more.
  const count = between(random, 1, 7);
  let at = between(random, 100, peaceAt);
  for (let index = 0; index < count; index++) {
    add(pick(random, profile), at);
    at = random() < 0.5 ? Math.min(peaceAt, at + between(random, 0, 400)) : between(random, 100, peaceAt);
  }
  const restores = faults.filter(({ kind }) => kind === 'restore').length;
  const replaces = faults.filter(({ kind }) => kind === 'replace').length;
  return faults
    .filter(({ kind }, index) => {
      if (kind === 'restore' && restores > 2)
        return faults.findIndex((fault) => fault.kind === kind) === index;
      if (kind === 'replace' && replaces > 1)
        return faults.findIndex((fault) => fault.kind === kind) === index;
      return true;
    })
    .sort((a, b) => a.at - b.at);
}
