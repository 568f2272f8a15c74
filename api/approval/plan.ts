import { treat } from '../authority/once.ts';
import { ALL_RULES } from '../authority/rules.ts';
import { LotbookError } from '../errors.ts';
import { sha256 } from '../identity/sha256.ts';
import type { Signer } from '../identity/signer.ts';
import { tokenHash, type RecordKind } from '../ledger/change.ts';
import { issueChanges, type ChangeInput } from '../ledger/issue.ts';
import { signDecision, type DecisionClaims } from '../ledger/statements/decision.ts';
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
import type { PreparedChange, PreparedUpdate, RecordVersion, RequestError } from './update.ts';
import { decidedRequest } from './view.ts';

/** Under which right a book's changes are approved. */
export interface Standing {
  term: number;
  /** Hash of the mandate; null where this node alone approves: then nobody else has to stand by its refusals. */
  mandate: string | null;
}

/** That of a book whose owner has appointed nobody else. */
export const ALONE: Standing = { term: 1, mandate: null };

export interface PlanDeps {
  grants: Grants;
  signer: Signer;
  /** This organisation: the issuer of its changes. */
  organisation: string;
  /** ms */
  clock: () => number;
  randomBytes: (length: number) => Buffer;
  uuid: () => string;
}

export type Sequenced =
  | { kind: 'DECIDED'; request: StoredRequest | DecidedRequest }
  /** The records moved since the update was prepared: prepare it again. */
  | { kind: 'AGAIN' }
  | { kind: 'FAILED'; error: LotbookError };

/** A state of a book on which a group is planned: what is committed, and over it what the group before will commit. */
export interface Base {
  standing: Standing;
  head: BookHead;
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

  const draft = new Draft(deps, book, base, heads, grants);
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
  /** By their place among the entries. */
  private readonly decisions = new Map<number, DecisionClaims>();
  private readonly requests: DecidedRequest[] = [];
  private readonly head: BookHead;
  private readonly now: number;
  private seq: number;

  constructor(
    private readonly deps: PlanDeps,
    private readonly book: string,
    private readonly base: Base,
    private readonly heads: ReadonlyMap<string, RecordHead>,
    private readonly grants: readonly Grant[],
  ) {
    this.now = deps.clock();
    this.head = base.head;
    this.seq = base.head.length;
  }

  decide(update: PreparedUpdate, before: StoredRequest | DecidedRequest | undefined): Sequenced {
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
    const [changes, decisions] = await Promise.all([
      issueChanges(this.inputs, this.deps.signer),
      Promise.all([...this.decisions.values()].map((claims) => signDecision(claims, this.deps.signer))),
    ]);
    const entries = this.entries.map((entry, index): NewEntry => {
      const decision = this.decisions.has(index) ? (decisions.shift() as string) : null;
      return {
        ...entry,
        ...(decision ? { token: decision, hash: tokenHash(decision) } : changes.shift()),
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
        head: { ...this.head, length: this.seq, grantsSeq },
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
    const request = decidedRequest(update, { state, error, outcome, at: new Date(this.now) });
    this.requests.push(request);
    if (error && this.base.standing.mandate !== null) this.log(update, error.code);
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
    this.log(update, null);
    return { kind: 'DECIDED', request };
  }

  /** Where another node may have to stand by it, a refusal is an entry of the log. `code` is null where a person refused. */
  private log({ id, requester, input, contentHash }: PreparedUpdate, code: string | null): void {
    const { book, deps } = this;
    const seq = (this.seq += 1);
    const { term, mandate } = this.base.standing;
    this.decisions.set(this.entries.length, {
      iss: deps.organisation,
      book,
      seq,
      term,
      ...(mandate === null ? {} : { mandate }),
      iat: this.now / 1000,
      jti: deps.uuid(),
      txn: id,
      requester: requester.id,
      key: sha256(input.key),
      content: contentHash,
      ...(code === null ? { state: 'REJECTED' } : { state: 'REFUSED', code }),
    });
    this.entries.push({
      seq,
      kind: 'DECISION',
      record: `urn:lotbook:request:${id}`,
      version: 1,
      firstSeq: seq,
      state: null,
      request: id,
      recordKey: null,
      eventTime: null,
      links: [],
    });
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
      term: this.base.standing.term,
      mandate: this.base.standing.mandate ?? undefined,
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
}
