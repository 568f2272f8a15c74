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
import { checkpointAt, keepCheckpoint, lastCheckpoint } from '../../store/checkpoints.ts';
import { readCopies } from '../../store/feeds.ts';
import { readSigners } from '../apply.ts';
import type { FeedReaderOptions } from '../feed-reader.ts';
import type { Signers } from '../signers.ts';
import { askCheckpoint, askInclusion } from './ask.ts';
import { Aside } from './aside.ts';
import { areOneHistory, unlessRefused } from './compare.ts';
import { openAlarms, type Alarms } from './faults.ts';
import { gossip, type GossipMode } from './gossip.ts';
import { verifyHeads } from './heads.ts';
import { watchOverdue } from './overdue.ts';
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
  /** ms that only grow. */
  monotonic: () => number;
  /** How long entries that were handed out may wait for a checkpoint that covers them. */
  overdueMs: number;
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

/** What is to be verified next of a book. */
interface Due {
  source: CheckedSource;
  /** Null: the one that the source answers with. */
  pair: CheckpointPair | null;
  /** Notes that it took the place of before anybody looked at them. */
  passed: readonly string[];
}

const MOST_PASSED = 8;

export function openChecker(given: CheckerOptions): Checker {
  const alarms = openAlarms(given);
  const aside = new Aside();
  const options = { ...given, alarms, aside };
  const next = new Map<string, Due>();
  const running = new Map<string, Promise<void>>();
  let isStopped = false;

  const run = async (book: string): Promise<void> => {
    for (let due = next.get(book); due; due = next.get(book)) {
      next.delete(book);
      const { source } = due;
      const isLast = (): boolean => !isStopped && !next.has(book);
      try {
        const pair = due.pair ?? (await askCheckpoint(given.peers, source.from, book, null));
        const signers = await signersOf(options, source);
        const passed = due.passed.map((note) => verifyNote(note, signers));
        for (const each of passed) if (each) aside.put(each, given.monotonic());
        const received = pair && { ...pair, wasAsked: !due.pair };
        const verified = received && (await verifyReceived(options, source, signers, received, isLast));
        if (verified) await compareAside(options, source, verified);
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
    const waiting = next.get(source.book);
    if (isStopped || (pair === null && waiting)) return;
    const notes = [...(waiting?.passed ?? []), ...(waiting?.pair ? [waiting.pair.note] : [])];
    next.set(source.book, { source, pair, passed: [...new Set(notes)].slice(0, MOST_PASSED) });
    if (!running.has(source.book)) running.set(source.book, run(source.book));
  };
  return {
    received: take,
    begin: (source) => take(source, null),
    lookOverdue: watchOverdue({ ...given, pool: given.db.pool, alarms, aside }),
    shown: async (book, note) => {
      const copy = (await readCopies(given.db.pool)).find((each) => each.book === book);
      const known = copy && (await lastCheckpoint(given.db.pool, book));
      if (!copy || !known) return null;
      const source = { book, owner: copy.owner, from: copy.authority };
      const theirs = verifyNote(note, await signersOf(options, source));
      if (!theirs) return null;
      aside.put(theirs, given.monotonic());
      take(source, null);
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

type Options = CheckerOptions & { alarms: Alarms; aside: Aside };

async function signersOf({ db, keysOf }: Options, { book, owner }: CheckedSource): Promise<Signers> {
  return readSigners(db.pool, { book, owner, keys: await keysOf(owner) });
}

/** What waits to be compared, by whoever handed out a longer one, who can prove what it continues. */
async function compareAside(
  options: Options,
  source: CheckedSource,
  verified: SignedCheckpoint,
): Promise<void> {
  const { aside } = options;
  for (const each of aside.upTo(source.book, verified.size)) {
    await areOneHistory(options, source, each, verified);
    aside.remove(each);
  }
}

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
  signers: Signers,
  { wasAsked, ...pair }: CheckpointPair & { wasAsked: boolean },
  isLast: () => boolean,
): Promise<SignedCheckpoint | null> {
  const { alarms, aside, clock, db, peers } = options;
  const { book, from } = source;
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
  if (before && before.size > checkpoint.size) {
    // A node that did not make the last one may have an older one, and no proof of what came later.
    const same = await checkpointAt(db.pool, book, checkpoint.size);
    if (same?.root !== checkpoint.root) aside.put(checkpoint, options.monotonic());
    return null;
  }
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
    covered: verified.claims.size,
    note,
    at: new Date(clock()),
  });
  // Once: who was shown it shows its own in turn.
  const shown = isKnown ? null : gossip(options, source, signers, { ...checkpoint, text: note });
  await Promise.all([verifyHeads(options, { ...signers.root, from }, verified, isLast), shown]);
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
