import type pg from 'pg';
import type { Logger } from 'pino';
import { LotbookError, toLotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { issueChanges, type ChangeInput } from '../ledger/issue.ts';
import { namesGranted } from '../sharing/permitted.ts';
import type { Grant } from '../sharing/grant.ts';
import type { Bell } from '../store/bell.ts';
import {
  lockBook,
  readHeads,
  writeEntries,
  writeRequests,
  type BookHead,
  type DecidedRequest,
  type NewEntry,
  type RecordHead,
} from '../store/commit.ts';
import type { Grants } from '../store/grants.ts';
import { knownRequests, type StoredRequest } from '../store/requests.ts';
import { inTransaction } from '../store/transaction.ts';
import { decide } from './decide.ts';
import type { PreparedChange, PreparedUpdate, RecordVersion, RequestError } from './update.ts';
import { decidedRequest } from './view.ts';

/** The term of a book whose authority has never changed. */
const FIRST_TERM = 1;

export interface SequencerDeps {
  pool: pg.Pool;
  bell: Bell;
  grants: Grants;
  signer: Signer;
  /** This organisation: the issuer of its changes. */
  organisation: string;
  /** ms */
  clock: () => number;
  randomBytes: (length: number) => Buffer;
  uuid: () => string;
  log: Logger;
  /** Most changes in one commit. */
  groupCommit: number;
  /** Most changes that wait for their commit, over all books. */
  maxQueue: number;
}

export type Sequenced =
  | { kind: 'DECIDED'; request: StoredRequest | DecidedRequest }
  /** The records moved since the update was prepared: prepare it again. */
  | { kind: 'AGAIN' }
  | { kind: 'FAILED'; error: LotbookError };

interface Waiting {
  update: PreparedUpdate;
  resolve: (result: Sequenced) => void;
}

export interface Sequencer {
  /** Decides the update, and when it is approved seals and commits it. FAILED: TOO_BUSY, IN_USE, SHUTTING_DOWN, ... */
  submit(update: PreparedUpdate): Promise<Sequenced>;
  /** Changes that wait for their commit. */
  waiting(): number;
  /** Takes nothing new; resolves when what waits is committed. */
  drain(): Promise<void>;
}

/**
 * Sequence, sign, commit: the one way by which a book changes.
 *
 * Updates queue for their book. One group at a time is taken: whatever arrives while its commit is under way goes into
 * the next. For a group, in one transaction:
 *   1. lock the book's row - the operation lock; of all processes of the node one has it;
 *   2. read what the decisions need: earlier requests of the same keys, the records' heads, the grants;
 *   3. decide each update (decide.ts), number the approved changes and seal them (ledger/);
 *   4. write entries, records, links, requests and the book's new length;
 *   5. COMMIT - the commit point. Before it nothing happened; after it everything did.
 * Then the bell is rung and the callers are answered.
 *
 * Invariants: seq has no gap and no repeat, since it is the book's length under its lock; a request has one effect, since
 * its row commits with its entries; a caller is told "approved" only after the commit.
 */
export function openSequencer(deps: SequencerDeps): Sequencer {
  const queues = new Map<string, Waiting[]>();
  const running = new Map<string, Promise<void>>();
  let size = 0;
  let draining = false;

  const run = async (book: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      // What the event loop already holds joins this group.
      await new Promise(setImmediate);
      const group = takeGroup(queue, deps.groupCommit);
      await commitGroup(deps, book, group);
      for (const { update } of group) size -= update.changes.length;
    }
    queues.delete(book);
    running.delete(book);
  };

  return {
    submit(update) {
      if (draining) return failed('SHUTTING_DOWN', 'This process is stopping.', 1_000);
      if (size > 0 && size + update.changes.length > deps.maxQueue) {
        return failed('TOO_BUSY', 'Too many updates wait for their commit.', 500);
      }
      size += update.changes.length;
      return new Promise((resolve) => {
        const { book } = update.input;
        const queue = queues.get(book);
        const waiting = { update, resolve };
        if (queue) {
          queue.push(waiting);
          return;
        }
        const started = [waiting];
        queues.set(book, started);
        running.set(book, run(book, started));
      });
    },
    waiting: () => size,
    async drain() {
      draining = true;
      await Promise.all(running.values());
    },
  };
}

function failed(
  code: 'SHUTTING_DOWN' | 'TOO_BUSY',
  message: string,
  retryAfterMs: number,
): Promise<Sequenced> {
  return Promise.resolve({ kind: 'FAILED', error: new LotbookError(code, message, { retryAfterMs }) });
}

/** The longest head of the queue within the limit in which no record and no key occurs twice. */
function takeGroup(queue: Waiting[], limit: number): Waiting[] {
  const taken = new Set<string>();
  let changes = 0;
  let count = 0;
  for (const { update } of queue) {
    const names = [
      `key ${update.requester.id} ${update.input.key}`,
      ...update.changes.map(({ record }) => `record ${record}`),
    ];
    const fits = changes === 0 || changes + update.changes.length <= limit;
    if (!fits || names.some((name) => taken.has(name))) break;
    for (const name of names) taken.add(name);
    changes += update.changes.length;
    count += 1;
  }
  return queue.splice(0, Math.max(1, count));
}

async function commitGroup(deps: SequencerDeps, book: string, group: readonly Waiting[]): Promise<void> {
  try {
    const results = await inTransaction(deps.pool, (client) => sequence(deps, client, book, group));
    // The commit point is behind us.
    if (results.some(({ approved }) => approved)) deps.bell.ring(book);
    for (const [index, { update, resolve }] of group.entries()) {
      if (update.token || update.approval) deps.bell.ring(`request:${update.id}`);
      resolve((results[index] as GroupResult).sequenced);
    }
  } catch (error) {
    const known = toLotbookError(error);
    if (known.code === 'INTERNAL') {
      deps.log.error({ err: error, book, updates: group.length }, 'commit failed');
      // One update that cannot be written must not fail its neighbours.
      if (group.length > 1) {
        for (const waiting of group) await commitGroup(deps, book, [waiting]);
        return;
      }
    }
    for (const { resolve } of group) resolve({ kind: 'FAILED', error: known });
  }
}

interface GroupResult {
  sequenced: Sequenced;
  approved: boolean;
}

async function sequence(
  deps: SequencerDeps,
  client: pg.PoolClient,
  book: string,
  group: readonly Waiting[],
): Promise<GroupResult[]> {
  const head = await lockBook(client, book);
  if (!head) throw new LotbookError('NOT_FOUND', 'There is no such book here.');
  const updates = group.map(({ update }) => update);
  const known = await knownRequests(client, book, updates.map(keyOf));
  const records = updates.flatMap(({ changes }) => changes.map(({ record }) => record));
  const heads = await readHeads(client, book, records);
  const grants = await deps.grants.at(client, book, head.grantsSeq);
  const earlier = new Map(known.map((request) => [nameOf(request), request]));
  const now = deps.clock();
  const batch = new Batch(deps, book, head, heads, grants, now);

  const results = updates.map((update): GroupResult => {
    const before = earlier.get(nameOf(keyOf(update)));
    if (before && !(update.approval && before.state === 'PENDING')) return answerAgain(update, before);
    if (update.approval && !before)
      return refusedResult(batch, update, { code: 'NOT_FOUND', message: 'There is no such request.' });
    const decision = decide(update, (record) => heads.get(record)?.version ?? 0, grants, now);
    switch (decision.kind) {
      case 'AGAIN':
        return { sequenced: { kind: 'AGAIN' }, approved: false };
      case 'REFUSE':
        return refusedResult(batch, update, decision.error);
      case 'PEND':
        return { sequenced: batch.decided(update, { state: 'PENDING' }), approved: false };
      case 'APPROVE':
        return { sequenced: batch.approve(update), approved: true };
    }
  });
  await batch.write(client);
  return results;
}

/** The same request again gets the same answer; another one under its key is refused. */
function answerAgain(update: PreparedUpdate, before: StoredRequest): GroupResult {
  if (update.approval) {
    const error = new LotbookError('ALREADY_DECIDED', 'The request has been decided already.');
    return { sequenced: { kind: 'FAILED', error }, approved: false };
  }
  if (before.contentHash !== update.contentHash) {
    const error: RequestError = {
      code: 'KEY_REUSED',
      message: 'This idempotency key was used for another content.',
      place: 'key',
    };
    const request = decidedRequest(update, { state: 'REFUSED', error, outcome: [], at: before.createdAt });
    return { sequenced: { kind: 'DECIDED', request }, approved: false };
  }
  return { sequenced: { kind: 'DECIDED', request: before }, approved: false };
}

function refusedResult(batch: Batch, update: PreparedUpdate, error: RequestError): GroupResult {
  return { sequenced: batch.decided(update, { state: 'REFUSED', error }), approved: false };
}

function keyOf(update: PreparedUpdate): { id: string; requester: string; key: string } {
  return { id: update.id, requester: update.requester.id, key: update.input.key };
}

function nameOf({ requester, key }: { requester: string; key: string }): string {
  return `${requester} ${key}`;
}

/** What one group writes: numbered, then sealed together. */
class Batch {
  private readonly inputs: ChangeInput[] = [];
  private readonly entries: Omit<NewEntry, 'token' | 'hash'>[] = [];
  private readonly requests: DecidedRequest[] = [];
  private seq: number;

  constructor(
    private readonly deps: SequencerDeps,
    private readonly book: string,
    private readonly head: BookHead,
    private readonly heads: ReadonlyMap<string, RecordHead>,
    private readonly grants: readonly Grant[],
    private readonly now: number,
  ) {
    this.seq = head.length;
  }

  decided(
    update: PreparedUpdate,
    decision: { state: 'PENDING' | 'REFUSED'; error?: RequestError },
  ): Sequenced {
    return this.keep(update, decision.state, [], decision.error ?? null);
  }

  approve(update: PreparedUpdate): Sequenced {
    const outcome = update.changes.map((change) => this.add(update, change));
    return this.keep(update, 'APPROVED', outcome, null);
  }

  private keep(
    update: PreparedUpdate,
    state: 'APPROVED' | 'PENDING' | 'REFUSED',
    outcome: RecordVersion[],
    error: RequestError | null,
  ): Sequenced {
    const request = decidedRequest(update, { state, error, outcome, at: new Date(this.now) });
    this.requests.push(request);
    return { kind: 'DECIDED', request };
  }

  private add(update: PreparedUpdate, change: PreparedChange): RecordVersion {
    const { record, kind, state, after } = change;
    if (!state || !after) throw new Error('an approved change has a state');
    const head = this.heads.get(record);
    if (change.same && head) return { record, version: head.version, seq: head.seq };
    const seq = (this.seq += 1);
    const version = (head?.version ?? 0) + 1;
    const recordKey = head?.key ?? this.deps.randomBytes(32);
    this.inputs.push({
      issuer: this.deps.organisation,
      book: this.book,
      record,
      kind,
      atMs: this.now,
      jti: this.deps.uuid(),
      txn: update.id,
      ver: version,
      seq,
      prev: head?.hash,
      term: FIRST_TERM,
      state,
      alsoNames: namesGranted(this.grants, after, this.now),
      recordKey,
      slotKey: this.head.slotKey,
    });
    this.entries.push({
      seq,
      kind,
      record,
      version,
      firstSeq: head?.firstSeq ?? seq,
      state: JSON.stringify(state),
      request: update.id,
      recordKey,
      eventTime: after.time === null ? null : new Date(after.time),
      links: change.links,
    });
    return { record, version, seq };
  }

  async write(client: pg.PoolClient): Promise<void> {
    const sealed = await issueChanges(this.inputs, this.deps.signer);
    const entries = this.entries.map((entry, index): NewEntry => ({
      ...entry,
      ...(sealed[index] as { token: string; hash: string }),
    }));
    await writeEntries(client, this.book, new Date(this.now), entries);
    await writeRequests(client, this.book, this.requests);
  }
}
