import { sha256 } from '../identity/sha256.ts';
import { isAddressed, ORDINARY_PURPOSE, type Audience, type Grant } from '../sharing/grant.ts';
import { isInForce } from '../sharing/permitted.ts';
import type { Reader } from './reader.ts';

/** What the grants of a book mean for one reader, until `staleAt`. */
export interface View {
  reader: Reader;
  /** READ grants in force for it: all that can permit a field. */
  inForce: readonly Grant[];
  /** By id, every grant that addresses it, ended ones too. */
  addressed: ReadonlyMap<string, Grant>;
  /** Whether any of those still has something to give: when none has, a stream ends. */
  remains: boolean;
  /** Readers of one class are permitted the same, under the same grants. */
  class: string;
  /** See `encodeCursor`. */
  epoch: string;
  /** ms: the next moment at which a grant begins or ends by itself. */
  staleAt: number;
}

const OWN_VIEW = { inForce: [], addressed: new Map(), remains: true, class: 'OWN', epoch: 'own' };

export function viewOf(grants: readonly Grant[], reader: Reader, now: number): View {
  if (reader === 'OWN') return { reader, ...OWN_VIEW, staleAt: Infinity };
  const addressed = grants.filter((grant) => isAddressed(grant, reader));
  const question = { audience: reader, purpose: ORDINARY_PURPOSE, now };
  const inForce = addressed.filter((grant) => grant.right === 'READ' && isInForce(grant, question));
  const moments = addressed.flatMap(({ from, until }) => [from ?? 0, until ?? 0]).filter((at) => at > now);
  return {
    reader,
    inForce,
    addressed: new Map(addressed.map((grant) => [grant.id, grant])),
    remains: addressed.some(({ until }) => until === null || now < until),
    class: inForce.map(({ id, version }) => `${id}@${version}`).join(' '),
    epoch: epochOf(addressed, reader, now),
    staleAt: Math.min(...moments, Infinity),
  };
}

/**
 * A reader who joins a group is addressed by grants that its position has passed already; so is one whose back-filling
 * grant begins only later. Both change the epoch, and the feed then starts anew.
 */
function epochOf(addressed: readonly Grant[], { groups }: Audience, now: number): string {
  const begun = addressed.filter(({ backfill, from }) => backfill && from !== null && from <= now);
  return sha256(JSON.stringify([[...groups].sort(), begun.map(({ id }) => id)])).slice(0, 8);
}
