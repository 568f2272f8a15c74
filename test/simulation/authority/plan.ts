import type { Mandate, NodeId } from '../../../api/authority/words.ts';
import { between, pick, seeded, type Random } from '../kill/random.ts';
import { faultsOf, type Fault } from './faults.ts';
import type { Request } from './log.ts';

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
  /**
   * Who does what the protocol cannot repair: a registrar that keeps a register for each member, a disk that was set back
   * without a word. Then nothing is promised but that no final entry is given up and that a fork is noticed.
   */
  readonly liar: 'registrar' | 'disk' | null;
  /** From here on nothing goes wrong any more. */
  readonly peaceAt: number;
}

const TAKEOVER_MS = 700;
const LEASE_MS = 600;

/** Everything that chance decides before a schedule begins. */
export function planOf(seed: number): Plan {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  // A third organisation, nobody (the primary keeps the register), or the backup's node.
  const registrar = pick(random, ['W', 'W', 'W', 'W', 'W', 'P', 'B']);
  const drift = 0.05;
  const mandate: Mandate = {
    m: 1,
    primary: 'P',
    backup: 'B',
    witness: registrar === 'P' ? null : registrar,
    leaseMs: LEASE_MS,
    drift,
    takeoverMs: TAKEOVER_MS,
    handBack: random() < 0.8,
    acceptLoss: null,
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
  const liar = registrar === 'W' && random() < 0.08 ? pick(random, ['registrar', 'disk'] as const) : null;
  const plan = {
    seed,
    mandate,
    requesters,
    delayMs: pick(random, [5, 20, 60]),
    clocks,
    cap: pick(random, [1, 2, 100]),
    faults: faultsOf(random, { registrar, requesters, peaceAt, liar }),
    liar,
    peaceAt,
  };
  return { ...plan, requests: requestsOf(random, plan) };
}

/** Half of them soon after something went wrong, when it matters most. */
function requestsOf(
  random: Random,
  { requesters, peaceAt, faults }: Omit<Plan, 'requests'>,
): Plan['requests'] {
  const whenever = (): number => between(random, 0, peaceAt);
  return Array.from({ length: between(random, 5, 16) }, (_, index) => {
    const requester = pick(random, requesters);
    const base = random() < 0.6 ? null : between(random, 0, 3);
    const request = { requester, key: `k${index}`, content: 'a', record: pick(random, ['r', 's']), base };
    const at = random() < 0.5 ? whenever() : pick(random, faults).at + between(random, 0, 1500);
    return { at: Math.min(at, peaceAt), request };
  }).sort((a, b) => a.at - b.at);
}
