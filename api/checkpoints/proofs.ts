import { LotbookError } from '../errors.ts';
import { proveHeads, type HeadProof } from '../ledger/heads/proof.ts';
import { consistencyProof, inclusionProof } from '../ledger/proofs.ts';
import { checkpointAt, lastCheckpoint, type StoredCheckpoint } from '../store/checkpoints.ts';
import type { Pool } from '../store/database.ts';
import { pageReader } from '../store/log-nodes.ts';
import { nodeReader } from './log-nodes.ts';

export type { StoredCheckpoint } from '../store/checkpoints.ts';

/** What is proved of a book that this node holds in full: of nothing behind its last checkpoint. */
export interface Proofs {
  /** That of this size, or the last one; null where there is none. */
  checkpoint(book: string, size: number | null): Promise<StoredCheckpoint | null>;
  /** As RFC 9162 section 2.1.3 has it; `seq` from 1. Rejects with NOT_FOUND, BAD_INPUT. */
  inclusion(book: string, seq: number, size: number): Promise<string[]>;
  /** As RFC 9162 section 2.1.4 has it. Rejects likewise. */
  consistency(book: string, from: number, to: number): Promise<string[]>;
  /** Of records, in their order, by the map that the checkpoint of this size covers. Rejects with NOT_FOUND for an old one. */
  heads(book: string, size: number, records: readonly string[]): Promise<HeadProof[]>;
}

export function openProofs(pool: Pool): Proofs {
  const check = async (book: string, isWithin: boolean, size: number): Promise<void> => {
    if (!isWithin) throw new LotbookError('BAD_INPUT', 'Ask for places within the log, the smaller first.');
    const last = (await lastCheckpoint(pool, book))?.size ?? 0;
    if (size > last) throw new LotbookError('NOT_FOUND', 'There is no checkpoint as large as that here.');
  };
  return {
    checkpoint: (book, size) => (size === null ? lastCheckpoint(pool, book) : checkpointAt(pool, book, size)),
    inclusion: async (book, seq, size) => {
      await check(book, seq >= 1 && seq <= size, size);
      return inclusionProof(seq, size, nodeReader(pool, book));
    },
    consistency: async (book, from, to) => {
      await check(book, from >= 0 && from <= to, to);
      return consistencyProof(from, to, nodeReader(pool, book));
    },
    heads: async (book, size, records) => {
      const checkpoint = await checkpointAt(pool, book, size);
      const read = checkpoint && pageReader(pool, book, checkpoint.covered);
      // The first page of a map that is forgotten is not there.
      if (!read || (await read([''])).size === 0) {
        throw new LotbookError(
          'NOT_FOUND',
          'The map of heads is not kept for this checkpoint: ask by the last one.',
        );
      }
      return proveHeads(records, read);
    },
  };
}
