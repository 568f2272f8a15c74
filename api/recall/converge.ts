import type { Leg } from './leg.ts';
import type { EndReason, TraceEnd } from './trace.ts';

/** A lot or a place upstream, and which legs it explains. */
export interface Candidate {
  kind: 'THING' | 'PLACE';
  identifier: string;
  /** Places of the legs in the list of legs. */
  explains: readonly number[];
  unexplained: readonly number[];
  /** FoodChain-Lab's score: the share of all cases at legs that it reaches; 1 is a common link. */
  score: number;
  /** Leaving out each leg in turn: in which share of these it has the best score; null with a single leg. */
  robustness: number | null;
  /** Transformations away from the legs that it explains, in all. */
  distance: number;
}

/** A record that is missing, and what it could change: if it led to that candidate, the candidate would have that score. */
export interface MissingRecord {
  end: TraceEnd;
  /** The legs that have this end. */
  legs: readonly number[];
  candidate: Candidate;
  score: number;
  /** Whether another candidate than now would come first, alone or together. */
  changesFirst: boolean;
}

/** Legs as bits: sets of them are compared and joined a lot. */
type Legs = bigint;

interface Weighted {
  candidate: Candidate;
  mask: Legs;
}

/** At most so many are told. */
const MOST_MISSING = 20;

/** Ranks what is upstream of the legs: the best score first, then the nearest. */
export function rank(legs: readonly Leg[]): Candidate[] {
  return weigh(legs).map(({ candidate }) => candidate);
}

function weigh(legs: readonly Leg[]): Weighted[] {
  const reached = [...reach(legs, 'THING'), ...reach(legs, 'PLACE')];
  const total = weightOf(legs, -1n);
  const weights = new Map<Legs, number>();
  for (const { mask } of reached) if (!weights.has(mask)) weights.set(mask, weightOf(legs, mask));
  const robust = robustnessOf(legs, weights);
  const list = reached.map(({ mask, ...which }): Weighted => {
    const score = total === 0 ? 0 : (weights.get(mask) as number) / total;
    const explains = indexes(legs, mask);
    const unexplained = indexes(legs, ~mask);
    const robustness = robust.get(mask) ?? null;
    return { mask, candidate: { ...which, explains, unexplained, score, robustness } };
  });
  return list.sort(
    ({ candidate: a }, { candidate: b }) =>
      b.score - a.score || a.distance - b.distance || (a.identifier < b.identifier ? -1 : 1),
  );
}

function* reach(
  legs: readonly Leg[],
  kind: Candidate['kind'],
): Generator<Pick<Candidate, 'kind' | 'identifier' | 'distance'> & { mask: Legs }> {
  const reached = new Map<string, { mask: Legs; distance: number }>();
  for (const [at, { things, places }] of legs.entries()) {
    for (const [identifier, depth] of kind === 'THING' ? things : places) {
      const known = reached.get(identifier) ?? { mask: 0n, distance: 0 };
      reached.set(identifier, { mask: known.mask | (1n << BigInt(at)), distance: known.distance + depth });
    }
  }
  for (const [identifier, one] of reached) yield { kind, identifier, ...one };
}

/** Only which legs a candidate explains matters, and few sets of legs are among many candidates. */
function robustnessOf(legs: readonly Leg[], weights: ReadonlyMap<Legs, number>): Map<Legs, number> {
  const robust = new Map<Legs, number>();
  if (legs.length < 2) return robust;
  const leads = new Map<Legs, number>();
  for (const [at, { cases }] of legs.entries()) {
    const bit = 1n << BigInt(at);
    const without = (mask: Legs, weight: number) => (mask & bit ? weight - cases : weight);
    const best = [...weights].reduce((most, [mask, weight]) => Math.max(most, without(mask, weight)), 0);
    for (const [mask, weight] of weights) {
      if (without(mask, weight) === best) leads.set(mask, (leads.get(mask) ?? 0) + 1);
    }
  }
  for (const mask of weights.keys()) robust.set(mask, (leads.get(mask) ?? 0) / legs.length);
  return robust;
}

/** Where somebody who has the record could say what is upstream. */
const OPEN: ReadonlySet<EndReason> = new Set(['NO_RECORD', 'WITHHELD', 'NO_LOT', 'DEPTH', 'DATES']);

/** So many ends, those of the most cases, are held against so many candidates, the best. */
const MOST_ENDS = 200;
const MOST_CANDIDATES = 1_000;

/**
 * The missing records that could change the ranking most: each open end, as if it led to the candidate that would gain
 * the best score by it. Those first by which another one would come first.
 */
export function missingRecords(legs: readonly Leg[]): MissingRecord[] {
  const weighted = weigh(legs).slice(0, MOST_CANDIDATES);
  const [first] = weighted;
  if (!first) return [];
  const total = weightOf(legs, -1n);
  const ends = openEnds(legs)
    .sort((a, b) => weightOf(legs, b.mask) - weightOf(legs, a.mask))
    .slice(0, MOST_ENDS);
  const missing = ends.flatMap(({ end, mask }): MissingRecord[] => {
    let best: MissingRecord | null = null;
    for (const { candidate, mask: explained } of weighted) {
      if ((mask & ~explained) === 0n || !isBeyond(legs, candidate, end, mask)) continue;
      const score = weightOf(legs, explained | mask) / total;
      if (best && score <= best.score) continue;
      const changesFirst = candidate.score < first.candidate.score && score >= first.candidate.score;
      best = { end, legs: indexes(legs, mask), candidate, score, changesFirst };
    }
    return best ? [best] : [];
  });
  const gainOf = ({ score, candidate }: MissingRecord) => score - candidate.score;
  const rankOf = (one: MissingRecord) => Number(one.changesFirst);
  return missing
    .sort((a, b) => rankOf(b) - rankOf(a) || b.score - a.score || gainOf(b) - gainOf(a))
    .slice(0, MOST_MISSING);
}

/** What lies between a leg and its end cannot be what the end would lead to. */
function isBeyond(legs: readonly Leg[], { kind, identifier }: Candidate, end: TraceEnd, mask: Legs): boolean {
  return indexes(legs, mask).every((at) => {
    const { things, places } = legs[at] as Leg;
    const distance = (kind === 'THING' ? things : places).get(identifier);
    return distance === undefined || distance > (things.get(end.thing ?? '') ?? end.depth);
  });
}

function openEnds(legs: readonly Leg[]): { end: TraceEnd; mask: Legs }[] {
  const ends = new Map<string, { end: TraceEnd; mask: Legs }>();
  for (const [at, leg] of legs.entries()) {
    for (const end of leg.ends) {
      if (!OPEN.has(end.reason)) continue;
      const key = `${end.thing} ${end.reason} ${end.organisation}`;
      const mask = (ends.get(key)?.mask ?? 0n) | (1n << BigInt(at));
      ends.set(key, { end, mask });
    }
  }
  return [...ends.values()];
}

function weightOf(legs: readonly Leg[], mask: Legs): number {
  return legs.reduce((sum, { cases }, at) => (mask & (1n << BigInt(at)) ? sum + cases : sum), 0);
}

function indexes(legs: readonly Leg[], mask: Legs): number[] {
  return [...legs.keys()].filter((at) => mask & (1n << BigInt(at)));
}
