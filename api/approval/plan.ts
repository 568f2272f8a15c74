import { treat } from '../authority/once.ts';
import { ALL_RULES } from '../authority/rules.ts';
import { LotbookError } from '../errors.ts';
import type { KeyStatement } from '../identity/key-statement.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash, type RecordKind } from '../ledger/change.ts';
import { erasedState, erasureOf, type Erasure } from '../ledger/erasure.ts';
import { issueChanges, type ChangeInput } from '../ledger/issue.ts';
import { namesGranted } from '../sharing/permitted.ts';
import type { Grant } from '../sharing/grant.ts';
import {
  readHeads,
  type BookHead,
  type DecidedRequest,
  type NewEntry,
  type RecordHead,
} from '../store/commit.ts';
import type { Pool, PoolClient } from '../store/database.ts';
import type { Grants } from '../store/grants.ts';
import { knownRequests, type StoredRequest } from '../store/requests.ts';
import { decide } from './decide.ts';
import { grantsShowing } from './grants-showing.ts';
import { decisionStatement, keyStatement, statementEntry } from './own-entries.ts';
import type { LogStatement, PreparedChange, PreparedUpdate, RecordVersion, RequestError } from './update.ts';
import { decidedRequest } from './view.ts';

/** Under which right a book's changes are approved. */
export interface Standing {
  term: number;
  /** Hash of the mandate; null where this node alone approves: then nobody else has to stand by its refusals. */
  mandate: string | null;
}

/** That of a book whose owner has appointed nobody else. */
export const ALONE: Standing = { term: 1, mandate: null };

/** With what this node signs. */
export interface SigningKeys {
  /** At this moment: its key log, and the key that is in force by it. */
  now(): { statements: readonly KeyStatement[]; signer: Signer };
  /** Takes up what another process of the node has entered. */
  refresh(): Promise<void>;
}

export interface PlanDeps {
  grants: Grants;
  keys: SigningKeys;
  /** This organisation: the issuer of its changes. */
  organisation: string;
  /** ms */
  clock: () => number;
  randomBytes: (length: number) => Buffer;
  uuid: () => string;
}

export type Sequenced =
  | { kind: 'DECIDED'; request: StoredRequest | DecidedRequest }
  /** A statement stands in the log at this place. */
  | { kind: 'LOGGED'; seq: number }
  /** The records moved since the update was prepared: prepare it again. */
  | { kind: 'AGAIN' }
  | { kind: 'FAILED'; error: LotbookError };

/** A statement of somebody's key log that the log of a book is to hold. */
export interface DueKey {
  organisation: string;
  nr: number;
  token: string;
}

/** A state of a book on which a group is planned: what is committed, and over it what the group before will commit. */
export interface Base {
  standing: Standing;
  head: BookHead;
  /** Of the others who sign in this book. */
  dueKeys: readonly DueKey[];
  records: ReadonlyMap<string, RecordHead>;
  /** By requester and key. */
  requests: ReadonlyMap<string, DecidedRequest>;
}

/** What a group will write, sealed and numbered for one state of the book. It is good only while that state holds. */
export interface Plan {
  base: BookHead;
  standing: Standing;
  at: Date;
  entries: NewEntry[];
  requests: DecidedRequest[];
  /** One for each update of the group. */
  results: Sequenced[];
  /** The base of the next group. */
  next: Base;
}

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
  const records = updates.flatMap(({ changes }) => changes.map(({ record }) => record));
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
    const request = isKept ? decided : { ...decided, token: null };
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
    const state = erases ? erasedState(this.erasureOf(change)) : change.state;
    if (!state || !after) throw new Error('an approved change has a state');
    const head = this.heads.get(record);
    if (change.same && head) return { record, version: head.version, seq: head.seq };
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
      links: change.links,
    });
    return { record, version, seq };
  }
}
