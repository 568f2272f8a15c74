import { toLotbookError } from '../../errors.ts';
import {
  cosign,
  cosignedAt,
  parseCheckpoint,
  withSignatures,
  type SignedCheckpoint,
} from '../../ledger/checkpoint.ts';
import type { NoteSigner } from '../../ledger/note.ts';
import { verifyInclusion } from '../../ledger/proofs.ts';
import { keepCheckpoint, lastCheckpoint } from '../../store/checkpoints.ts';
import { readCopies } from '../../store/feeds.ts';
import { readSigners } from '../apply.ts';
import type { FeedReaderOptions } from '../feed-reader.ts';
import type { Signers } from '../signers.ts';
import { askCheckpoint, askInclusion } from './ask.ts';
import { areOneHistory, unlessRefused } from './compare.ts';
import { openAlarms, type Alarms } from './faults.ts';
import { gossip, type GossipMode } from './gossip.ts';
import { verifyHeads } from './heads.ts';
import {
  verifyNote,
  verifyPair,
  type CheckedSource,
  type CheckpointPair,
  type CheckpointTaker,
  type VerifiedPair,
} from './pair.ts';

export type CheckerOptions = Omit<FeedReaderOptions, 'checker'> & {
  /** To whom checkpoints are shown. */
  gossip: GossipMode;
  /** Whether checkpoints of the books that are followed are cosigned too. */
  cosigns: boolean;
  noteSigner: () => NoteSigner;
};

/** Verifies the checkpoints of the books that this node follows. */
export interface Checker extends CheckpointTaker {
  /**
   * Somebody else shows a checkpoint of a book that is followed here: it is compared with the last one that was verified, which
   * is the answer; null where there is none, or the one that is shown is not genuine. A longer one is compared once this node
   * has a checkpoint as large.
   */
  shown(book: string, note: string): Promise<string | null>;
  alarms: Alarms;
  /** Resolves when nothing is under way. Takes nothing new. */
  stop(): Promise<void>;
}

export function openChecker(given: CheckerOptions): Checker {
  const alarms = openAlarms(given);
  const options = { ...given, alarms };
  /** The checkpoint to verify next, of each book; a newer one takes its place. */
  const next = new Map<string, { source: CheckedSource; pair: CheckpointPair | null }>();
  const running = new Map<string, Promise<void>>();
  /** What others have shown and could not be compared yet. */
  const ahead = new Map<string, SignedCheckpoint>();
  let isStopped = false;

  const run = async (book: string): Promise<void> => {
    for (let due = next.get(book); due; due = next.get(book)) {
      next.delete(book);
      const { source } = due;
      const isLast = (): boolean => !isStopped && !next.has(book);
      try {
        const pair = due.pair ?? (await askCheckpoint(given.peers, source.from, book, null));
        const verified =
          pair && (await verifyReceived(options, source, { ...pair, wasAsked: !due.pair }, isLast));
        const shown = ahead.get(book);
        // By whoever handed out the longer one, who can prove what it continues.
        if (!verified || !shown || shown.size > verified.size) continue;
        ahead.delete(book);
        await areOneHistory(options, source, shown, verified);
      } catch (error) {
        const { code } = toLotbookError(error);
        const tell = code === 'INTERNAL' ? given.log.error : given.log.info;
        tell.call(
          given.log,
          { err: error, code, book },
          'a checkpoint could not be verified; the next one will be',
        );
      }
    }
    running.delete(book);
  };
  const take = (source: CheckedSource, pair: CheckpointPair | null): void => {
    if (isStopped || (pair === null && next.has(source.book))) return;
    next.set(source.book, { source, pair });
    if (!running.has(source.book)) running.set(source.book, run(source.book));
  };
  return {
    received: take,
    begin: (source) => take(source, null),
    shown: async (book, note) => {
      const copy = (await readCopies(given.db.pool)).find((each) => each.book === book);
      const known = copy && (await lastCheckpoint(given.db.pool, book));
      if (!copy || !known) return null;
      const { owner } = copy;
      const root = { book, owner, keys: await given.keysOf(owner) };
      const theirs = verifyNote(note, await readSigners(given.db.pool, root));
      if (!theirs) return null;
      const longest = ahead.get(book);
      if (!longest || longest.size <= theirs.size) ahead.set(book, theirs);
      take({ book, owner, from: copy.authority }, null);
      return known.note;
    },
    alarms,
    stop: async () => {
      isStopped = true;
      next.clear();
      await Promise.all(running.values());
    },
  };
}

type Options = CheckerOptions & { alarms: Alarms };

/**
 * 1. the holder of the book signed it, and its last entry;
 * 2. it continues the last one that was verified here;
 * 3. that entry, which states the map of heads, is the last one of its log;
 * 4. the witness that the mandate names has cosigned it, else people are told;
 * 5. it is kept; then the heads of the records that are held are verified by it, and others are shown it.
 */
async function verifyReceived(
  options: Options,
  source: CheckedSource,
  { wasAsked, ...pair }: CheckpointPair & { wasAsked: boolean },
  isLast: () => boolean,
): Promise<SignedCheckpoint | null> {
  const { alarms, clock, db, peers } = options;
  const { book, owner, from } = source;
  const root = { book, owner, keys: await options.keysOf(owner) };
  const signers = await readSigners(db.pool, root);
  const verified = verifyPair(pair, signers);
  if ('fault' in verified) {
    const seq = parseCheckpoint(pair.note)?.size ?? 0;
    const item = JSON.stringify(pair).slice(0, 100_000);
    // What is asked for may run ahead of the feed, which tells first who may sign.
    if (!wasAsked) await alarms.fault(book, { code: 'BAD_CHECKPOINT', seq, detail: verified.fault, item });
    return null;
  }
  const { checkpoint, last: tokenHash } = verified;
  const known = await lastCheckpoint(db.pool, book);
  const before = known && parseCheckpoint(known.note);
  // A node that did not make the last one may have an older one, and no proof of what came later.
  if (before && before.size > checkpoint.size) return null;
  if (before && !(await areOneHistory(options, source, before, checkpoint))) return null;
  const { size, root: logRoot } = checkpoint;
  const isKnown = before?.size === size && known?.heads === pair.heads;
  if (!isKnown) {
    const proof = await unlessRefused(askInclusion(peers, from, book, size));
    if (!proof || !verifyInclusion({ tokenHash, seq: size, size, root: logRoot }, proof)) {
      const detail = 'the entry that states the heads is not the last one of its log';
      const item = JSON.stringify({ ...pair, proof });
      await alarms.fault(book, { code: 'BAD_PROOF', seq: size, detail, item });
      return null;
    }
  }
  noteCosignature(options, signers, verified);
  const note = await withOwn(options, verified);
  await keepCheckpoint(db.pool, book, {
    size,
    root: logRoot,
    heads: pair.heads,
    note,
    at: new Date(clock()),
  });
  // Once: who was shown it shows its own in turn.
  const shown = isKnown ? null : gossip(options, source, signers, { ...checkpoint, text: note });
  await Promise.all([verifyHeads(options, { ...root, from }, verified, isLast), shown]);
  return checkpoint;
}

function noteCosignature({ log }: Options, signers: Signers, { checkpoint }: VerifiedPair): void {
  const { witness } = signers.mandate ?? {};
  if (!witness) return;
  const { origin: book, size } = checkpoint;
  if (cosignedAt(checkpoint, witness.organisation, signers.keysOf(witness).values()) !== null) return;
  log.warn({ book, size, witness: witness.organisation }, 'the witness has not cosigned a checkpoint');
}

async function withOwn(
  { cosigns, noteSigner, clock }: Options,
  { checkpoint, note }: VerifiedPair,
): Promise<string> {
  return cosigns ? withSignatures(checkpoint, await cosign(checkpoint, noteSigner(), clock())) : note;
}
