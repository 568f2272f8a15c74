import type { LotbookError } from '../errors.ts';
import type { KeyStatement } from '../identity/key-statement.ts';
import type { Signer } from '../identity/signer.ts';
import type { BookHead, DecidedRequest, NewEntry, RecordHead } from '../store/commit.ts';
import type { Grants } from '../store/grants.ts';
import type { StoredRequest } from '../store/requests.ts';

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
  /** For how long a record is locked at most without being renewed, s. */
  lockSeconds: number;
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
