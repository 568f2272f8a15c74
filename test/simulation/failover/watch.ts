import { tokenHash } from '../../../api/ledger/change.ts';
import { BOOK, rowsOf, WITNESS, type Network } from './network.ts';

/**
 * What every node ever had as final, by its place in the log. Nodes are looked at again and again, so that something else at
 * a place is seen also where a node later gives it up.
 */
export interface Watch {
  faults: string[];
  /** Reads what is new at every node. */
  look(): Promise<void>;
  /** A node's data was replaced: all of it is new. */
  forget(organisation: string): void;
}

export function openWatch(network: Network): Watch {
  const faults: string[] = [];
  const seen = new Map<number, { hash: string; at: string }>();
  const readTo = new Map<string, number>();

  const lookAt = async (organisation: string): Promise<void> => {
    const rows = await rowsOf<{ seq: number; token: string }>(
      network.databaseUrl(organisation),
      'SELECT seq, token FROM entry WHERE book = $1 AND seq > $2 ORDER BY seq',
      [BOOK, readTo.get(organisation) ?? 0],
    );
    for (const { seq, token } of rows) {
      const hash = tokenHash(token);
      const known = seen.get(seq);
      if (!known) seen.set(seq, { hash, at: organisation });
      else if (known.hash !== hash)
        faults.push(`fork: ${organisation} and ${known.at} have two entries at ${seq}`);
      readTo.set(organisation, seq);
    }
  };
  return {
    faults,
    look: async () => {
      for (const organisation of network.everybody) if (organisation !== WITNESS) await lookAt(organisation);
    },
    forget: (organisation) => void readTo.delete(organisation),
  };
}
