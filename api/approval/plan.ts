import type { Fields } from '../events/fields.ts';
import type { Link } from '../events/links.ts';
import { treat } from '../authority/once.ts';
import { ALL_RULES } from '../authority/rules.ts';
import { LotbookError } from '../errors.ts';
import type { KeyStatement } from '../identity/key-statement.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash, type RecordKind } from '../ledger/change.ts';
import { erasedState, erasureOf, type Erasure } from '../ledger/erasure.ts';
import { lockIdOf, lockState } from '../ledger/entry-lock.ts';
import { issueChanges, type ChangeInput } from '../ledger/issue.ts';
import { namesGranted } from '../sharing/permitted.ts';
import type { Grant } from '../sharing/grant.ts';
import { attributesOf, type SubjectAttributes } from '../sharing/subject.ts';
import {
  readHeads,
  type BookHead,
  type DecidedRequest,
  type NewEntry,
  type RecordHead,
} from '../store/commit.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import { knownRequests, type StoredRequest } from '../store/requests.ts';
import { decide } from './decide.ts';
import type { Base, Plan, PlanDeps, Sequenced } from './planned.ts';
import { endsLock, lockAfter } from './decide-lock.ts';
import { grantsShowing } from './grants-showing.ts';
import { decisionStatement, keyStatement, statementEntry } from './own-entries.ts';
import type {
  LockAct,
  LogStatement,
  PreparedChange,
  PreparedUpdate,
  RecordVersion,
  RequestError,
} from './update.ts';
import { decidedRequest } from './view.ts';

/** Decides a group of updates, numbers what is approved and seals it. Reads; writes nothing. */
export async function planGroup(
  deps: PlanDeps,
  source: Pool | PoolClient,
  book: string,
  base: Base,
  updates: readonly PreparedUpdate[],
): Promise<Plan> {
  const grants = await deps.grants.at(source, book, base.head.grantsSeq);
  const stored = await knownRequests(source, book, updates.map(keyOf));
  const records = updates.flatMap(({ changes }) => changes.flatMap(recordsOf));
  const heads = await readHeads(source, book, records);
  for (const [record, head] of base.records) heads.set(record, head);
  const known = new Map<string, StoredRequest | DecidedRequest>(
    stored.map((request) => [nameOf(request), request]),
  );
  for (const [name, request] of base.requests) known.set(name, request);

  const erased = updates.flatMap(({ changes }) =>
    changes.flatMap((change) => (change.erases ? change.record : [])),
  );
  const shown = await grantsShowing(source, book, erased, grants);
  // Another process has changed the key and used it here: the old one is good for nothing behind that.
  if (base.head.keyNr > deps.keys.now().statements.length) await deps.keys.refresh();
  const draft = new Draft(deps, book, base, heads, grants, shown);
  const results = updates.map((update) => draft.decide(update, known.get(nameOf(keyOf(update)))));
  return draft.seal(results);
}

/** The records whose versions decide about a change: its own, its lock, the one that a lock is for. */
function recordsOf({ record, seenVersion, act }: PreparedChange): string[] {
  if (act) return [record, act.record];
  return seenVersion > 0 ? [record, lockIdOf(record)] : [record];
}

/** What the next version of each record continues. */
export function headsAfter(entries: readonly NewEntry[]): Map<string, RecordHead> {
  const heads = new Map<string, RecordHead>();
  for (const { record: id, kind, version, seq, firstSeq, hash, recordKey: key } of entries) {
    if (key !== null) heads.set(id, { id, kind: kind as RecordKind, version, seq, firstSeq, hash, key });
  }
  return heads;
}

function keyOf(update: PreparedUpdate): { requester: string; key: string } {
  return { requester: update.requester.id, key: update.input.key };
}

export function nameOf({ requester, key }: { requester: string; key: string }): string {
  return `${requester} ${key}`;
}

class Draft {
  private readonly inputs: ChangeInput[] = [];
  private readonly entries: Omit<NewEntry, 'token' | 'hash'>[] = [];
  /** What seals those that change no record, by their place among the entries. */
  private readonly statements = new Map<number, () => Promise<string>>();
  private readonly requests: DecidedRequest[] = [];
  private readonly head: BookHead;
  private readonly now: number;
  private seq: number;
  private readonly signer: Signer;
  private keyNr = 0;

  constructor(
    private readonly deps: PlanDeps,
    private readonly book: string,
    private readonly base: Base,
    private readonly heads: ReadonlyMap<string, RecordHead>,
    private readonly grants: readonly Grant[],
    /** By record that is to be erased: the grants under which a version of it could be seen. */
    private readonly shown: ReadonlyMap<string, readonly string[]>,
  ) {
    this.now = deps.clock();
    this.head = base.head;
    this.seq = base.head.length;
    const { statements, signer } = deps.keys.now();
    // One key for the whole group, whatever happens to the node's meanwhile.
    this.signer = signer;
    this.logKeys(statements);
  }

  decide(update: PreparedUpdate, before: StoredRequest | DecidedRequest | undefined): Sequenced {
    if (update.statement) return this.state(update.id, update.statement);
    if (update.statement === null) return { kind: 'LOGGED', seq: this.seq };
    if (update.approval || update.rejection) {
      if (before?.state !== 'PENDING') {
        const error = new LotbookError('ALREADY_DECIDED', 'The request has been decided already.');
        return { kind: 'FAILED', error };
      }
    } else if (before && before.state !== 'PROVISIONAL' && before.state !== 'QUEUED') {
      return { kind: 'DECIDED', request: this.sameAgain(update, before) };
    }
    if (update.rejection) return this.reject(update, update.rejection);
    const decision = decide(update, (record) => this.heads.get(record)?.version ?? 0, this.grants, this.now);
    switch (decision.kind) {
      case 'AGAIN':
        return { kind: 'AGAIN' };
      case 'REFUSE':
        return this.keep(update, 'REFUSED', [], decision.error);
      case 'PEND':
        return this.keep(update, 'PENDING', [], null);
      case 'APPROVE': {
        const outcome = update.changes.map((change) => this.add(update, change));
        return this.keep(update, 'APPROVED', outcome, null);
      }
    }
  }

  async seal(results: Sequenced[]): Promise<Plan> {
    const [changes, statements] = await Promise.all([
      issueChanges(this.inputs, this.signer),
      Promise.all([...this.statements.values()].map((sign) => sign())),
    ]);
    const entries = this.entries.map((entry, index): NewEntry => {
      const statement = this.statements.has(index) ? (statements.shift() as string) : null;
      return {
        ...entry,
        ...(statement ? { token: statement, hash: tokenHash(statement) } : changes.shift()),
      } as NewEntry;
    });
    const grantsSeq = entries.findLast(({ kind }) => kind === 'GRANT')?.seq ?? this.head.grantsSeq;
    return {
      base: this.head,
      standing: this.base.standing,
      at: new Date(this.now),
      entries,
      requests: this.requests,
      results,
      next: {
        standing: this.base.standing,
        dueKeys: [],
        head: { ...this.head, length: this.seq, grantsSeq, keyNr: this.keyNr },
        records: headsAfter(entries),
        requests: new Map(this.requests.map((request) => [nameOf(request), request])),
      },
    };
  }

  /** The same request again gets the same answer; another one under its key is refused. */
  private sameAgain(
    update: PreparedUpdate,
    before: StoredRequest | DecidedRequest,
  ): StoredRequest | DecidedRequest {
    const known = { content: before.contentHash, isFinal: true };
    if (treat(known, update.contentHash, ALL_RULES) === 'ANSWER') return before;
    const message = 'This idempotency key was used for another content.';
    const error: RequestError = { code: 'KEY_REUSED', message, place: 'key' };
    return decidedRequest(update, { state: 'REFUSED', error, outcome: [], at: before.createdAt });
  }

  private keep(
    update: PreparedUpdate,
    state: 'APPROVED' | 'PENDING' | 'REFUSED',
    outcome: RecordVersion[],
    error: RequestError | null,
  ): Sequenced {
    const decided = decidedRequest(update, { state, error, outcome, at: new Date(this.now) });
    // What was asked for is found by the entry that it led to, when its record is erased: without one it is not kept.
    const isKept = state === 'PENDING' || update.changes.every(({ ofErased, same }) => !ofErased && !same);
    const request = isKept ? decided : { ...decided, token: null, changes: null };
    this.requests.push(request);
    if (error && this.base.standing.mandate !== null)
      this.state(update.id, this.decision(update, error.code));
    return { kind: 'DECIDED', request };
  }

  private reject(update: PreparedUpdate, { by, reason }: { by: string; reason: string }): Sequenced {
    const refused = decidedRequest(update, {
      state: 'REFUSED',
      error: null,
      outcome: [],
      at: new Date(this.now),
    });
    const changes = JSON.stringify(update.input.changes);
    const request = { ...refused, state: 'REJECTED' as const, changes, reason, decidedBy: by };
    this.requests.push(request);
    this.state(update.id, this.decision(update, null));
    return { kind: 'DECIDED', request };
  }

  /**
   * The log holds the statement of a key before anything that is signed with it: so its place says which key was in force, for
   * ever. A first key that was never changed needs none: everybody knows it.
   */
  private logKeys(statements: readonly KeyStatement[]): void {
    this.keyNr = this.base.head.keyNr;
    const { organisation } = this.deps;
    const own = statements.length < 2 ? [] : statements.slice(this.keyNr);
    this.keyNr += own.length;
    const due = [
      ...own.map(({ claims, token }) => ({ organisation, nr: claims.seq, token })),
      ...this.base.dueKeys,
    ];
    for (const key of due) this.state(this.deps.uuid(), keyStatement(key));
  }

  /** An entry that changes no record. */
  private state(request: string, statement: LogStatement): Sequenced {
    const seq = (this.seq += 1);
    const place = { seq, ...this.base.standing, atMs: this.now, signer: this.signer };
    this.statements.set(this.entries.length, () => statement.sign(place));
    this.entries.push(statementEntry(statement, seq, request));
    return { kind: 'LOGGED', seq };
  }

  private decision(update: PreparedUpdate, code: string | null): LogStatement {
    const { organisation, uuid: jti } = this.deps;
    return decisionStatement({ organisation, book: this.book, jti }, update, code);
  }

  private erasureOf({ record, state }: PreparedChange): Erasure {
    return { reason: erasureOf(state)?.reason ?? '', shown: this.shown.get(record) ?? [] };
  }

  private add(update: PreparedUpdate, change: PreparedChange): RecordVersion {
    const { record, kind, after, erases = false } = change;
    if (change.act) return this.addLock(update, change, change.act);
    const state = erases ? erasedState(this.erasureOf(change)) : change.state;
    if (!state || !after) throw new Error('an approved change has a state');
    const head = this.heads.get(record);
    const version =
      change.same && head
        ? { record, version: head.version, seq: head.seq }
        : this.append(update, { record, kind, state, after, erases, links: change.links });
    if (endsLock(update, change)) this.addLock(update, change, 'SAVE');
    return version;
  }

  /** The next version of a lock. */
  private addLock(update: PreparedUpdate, change: PreparedChange, act: LockAct | 'SAVE'): RecordVersion {
    const { before, lock } = change;
    const { requester } = update;
    const given = {
      of: before?.kind ?? '',
      seq: this.seq + 1,
      now: this.now,
      longestS: this.deps.lockSeconds,
    };
    const next = lockAfter(lock?.now ?? null, act, { ...given, requester });
    const record = lockIdOf(next.record);
    const state = lockState(next, before ?? NO_ATTRIBUTES);
    const after = attributesOf('LOCK', record, state);
    return this.append(update, { record, kind: 'LOCK', state, after, erases: false, links: [] });
  }

  private append(
    update: PreparedUpdate,
    { record, kind, state, after, erases, links }: Version,
  ): RecordVersion {
    const head = this.heads.get(record);
    const seq = (this.seq += 1);
    const version = (head?.version ?? 0) + 1;
    // The key of the earlier versions goes with them.
    const recordKey = (erases ? null : head?.key) ?? this.deps.randomBytes(32);
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
      term: this.base.standing.term,
      mandate: this.base.standing.mandate ?? undefined,
      state,
      alsoNames: erases ? [] : namesGranted(this.grants, after, this.now),
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
      links,
    });
    return { record, version, seq };
  }
}

const NO_ATTRIBUTES = { products: [], lots: [], time: null };

/** A version that is to be sealed. */
interface Version {
  record: string;
  kind: RecordKind;
  state: Fields;
  after: SubjectAttributes;
  erases: boolean;
  links: readonly Link[];
}
