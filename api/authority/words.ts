import type { TermReason } from '../ledger/statements/term.ts';

/**
 * The words of the authority protocol (schema/PROTOCOL.md, "Authority"). Who may write is decided here by pure state machines,
 * `(state, event, now) -> (state, messages)`: one for a member of a book's authority, one for the witness that keeps the
 * register of terms, one for whoever asks for updates. Nodes and `npm run simulate` run the same ones.
 *
 * Times are milliseconds of a node's own monotonic clock; they mean nothing to another node.
 */

/** A node, by its organisation. */
export type NodeId = string;

/** A prefix of a book's log: how many entries, and the hash that they lead to. */
export interface Head {
  readonly len: number;
  readonly head: string;
}

/** Entries that were proposed together: up to `to`, in term `n`. */
export interface Frame {
  readonly to: Head;
  readonly n: number;
}

/** One unbroken holding of the right to approve, as its registrar signed it. */
export interface Term {
  readonly n: number;
  /** The mandate under which it was made. */
  readonly m: number;
  readonly holder: NodeId;
  /** The members that hold every final change: the holder, and the other one unless it was dropped. */
  readonly insync: readonly NodeId[];
  /** Who makes the next term: the witness; in a book without one, the member that keeps the register. */
  readonly registrar: NodeId;
  readonly why: TermReason;
}

/** What the owner of a book has decided about its authority. */
export interface Mandate {
  readonly m: number;
  readonly primary: NodeId;
  readonly backup: NodeId | null;
  /** Null: the primary keeps the register, and only an operator's word makes the backup take over. */
  readonly witness: NodeId | null;
  readonly leaseMs: number;
  /** How far a clock's rate may be off, such as 0.01. */
  readonly drift: number;
  /** Silence after which a member counts the other one as unable. */
  readonly takeoverMs: number;
  /** Whether the right goes back to the primary by itself. */
  readonly handBack: boolean;
  /**
   * The owner accepts that what only a lost member had is gone: the log begins anew behind this place, in the primary's hands
   * alone. Null in nearly every mandate.
   */
  readonly acceptLoss: Head | null;
}

export function membersOf({ primary, backup }: Mandate): NodeId[] {
  return backup === null ? [primary] : [primary, backup];
}

/** The member beside this one. */
export function otherOf(mandate: Mandate, self: NodeId): NodeId | null {
  return membersOf(mandate).find((member) => member !== self) ?? null;
}

/**
 * How long the registrar counts on a lease that it has just given: the holder's clock may be the slowest that is allowed
 * and its own the fastest, and a tenth on top.
 */
export function leasePeriodMs({ leaseMs, drift }: Mandate): number {
  return Math.ceil((leaseMs * 1.1 * (1 + drift)) / (1 - drift));
}

/** What a node asks the registrar for; `has` is what its log holds. */
export type Proposal =
  | { readonly kind: 'drop' }
  | { readonly kind: 'add'; readonly has: Head }
  | { readonly kind: 'hand-over' }
  | { readonly kind: 'take-over'; readonly has: Head }
  | { readonly kind: 'resign' }
  | { readonly kind: 'resume'; readonly has: Head };

/** What nodes say to one another. The driver signs and verifies; here every message is believed to be its sender's. */
export type Message =
  // holder to the other member
  | {
      readonly type: 'append';
      readonly term: Term;
      readonly mandate: Mandate;
      readonly prev: Head;
      readonly frames: readonly Frame[];
      readonly final: Head;
    }
  // and its answers
  | { readonly type: 'receipt'; readonly n: number; readonly at: Head }
  | { readonly type: 'missing'; readonly n: number; readonly end: Head; readonly final: Head }
  // member to registrar
  | { readonly type: 'renew'; readonly n: number; readonly at: number }
  | { readonly type: 'ask'; readonly at: number }
  | {
      readonly type: 'countersign';
      readonly n: number;
      readonly from: Head;
      readonly to: Head;
      /** Whether `to` is all that the holder wanted: the driver may cut off what is too much at once. */
      readonly all: boolean;
    }
  | { readonly type: 'propose'; readonly n: number; readonly proposal: Proposal }
  // and its answers
  | { readonly type: 'lease'; readonly n: number; readonly at: number }
  | { readonly type: 'countersigned'; readonly n: number; readonly at: Head }
  | {
      readonly type: 'standing';
      readonly term: Term;
      readonly mandate: Mandate;
      readonly head: Head;
      /** When the question was asked, by the clock of who asked; null for an answer to something else. */
      readonly askedAt: number | null;
    }
  // anybody to anybody who is behind
  | { readonly type: 'term'; readonly term: Term; readonly mandate: Mandate }
  // requester to a member: the holder does not answer me
  | { readonly type: 'unable'; readonly n: number };

export interface Sent {
  readonly to: NodeId;
  readonly message: Message;
}

/**
 * What the driver fills in: `prev` and `frames` of an append are to be read from the log, from `from` on; as many as the
 * driver likes to send at once.
 */
export interface SendLog {
  readonly to: NodeId;
  readonly append: {
    readonly term: Term;
    readonly mandate: Mandate;
    readonly from: Head;
    readonly final: Head;
  };
}

export type Output = Sent | SendLog;

/** What a node's own log has at a length, where that is the end of a frame; null if it is not, or not there. */
export type HeadAt = (len: number) => string | null;
