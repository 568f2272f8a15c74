import { toLotbookError } from '../../errors.ts';
import type { SignedCheckpoint } from '../../ledger/checkpoint.ts';
import { membersNamed } from '../../ledger/statements/standing.ts';
import { readFeedPartners } from '../../store/feeds.ts';
import type { FeedReaderOptions } from '../feed-reader.ts';
import type { Signers } from '../signers.ts';
import { askToCompare } from './ask.ts';
import { areOneHistory } from './compare.ts';
import type { Alarms } from './faults.ts';
import { verifyNote } from './pair.ts';

/** authority: the members and the witness; partners: these, and all partners; off: nobody. */
export type GossipMode = 'authority' | 'partners' | 'off';

/**
 * Shows a verified checkpoint to others who see the book, and compares it with what they have seen: so it comes out where one
 * signer shows different logs to different readers.
 */
export async function gossip(
  options: Pick<FeedReaderOptions, 'db' | 'log' | 'organisation' | 'peers'> & {
    gossip: GossipMode;
    alarms: Alarms;
  },
  source: { book: string; from: string },
  signers: Signers,
  seen: SignedCheckpoint & { text: string },
): Promise<void> {
  const { log, peers } = options;
  const { book } = source;
  const compare = async (other: string): Promise<void> => {
    try {
      const note = await askToCompare(peers, other, book, seen.text);
      const theirs = note === null ? null : verifyNote(note, signers);
      // A longer one is compared where it was received.
      if (theirs && theirs.size <= seen.size) await areOneHistory(options, source, theirs, seen);
    } catch (error) {
      const { code } = toLotbookError(error);
      if (code === 'INTERNAL') log.error({ err: error, book, other }, 'a checkpoint could not be compared');
    }
  };
  await Promise.all((await others(options, signers)).map(compare));
}

async function others(
  { db, gossip: mode, organisation }: Parameters<typeof gossip>[0],
  { mandate, root }: Signers,
): Promise<string[]> {
  if (mode === 'off') return [];
  const named = mandate ? [...membersNamed(mandate), ...(mandate.witness ? [mandate.witness] : [])] : [];
  const partners = mode === 'partners' ? await readFeedPartners(db.pool) : [];
  const all = new Set([root.owner, ...named.map((member) => member.organisation), ...partners]);
  all.delete(organisation);
  return [...all];
}
