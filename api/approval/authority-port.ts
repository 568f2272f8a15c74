import type { Head } from '../authority/words.ts';
import type { UnableClaims } from '../ledger/statements/unable.ts';

/** What this node can do about a request for a book. */
export type Part =
  /** The book has no mandate: its owner's node decides, if this is it. */
  | 'SOLO'
  /** Holds the right to approve. Whether it can use it now shows when it decides. */
  | 'HOLDER'
  /** A member that hears the holder. */
  | 'HEARS_HOLDER'
  /** A member that has not heard the holder for some time. */
  | 'SILENT'
  /** Another process of this node has its seat. */
  | 'ELSEWHERE'
  /** The book has a mandate that does not name this node as a member. */
  | 'NONE';

/** This node's part in the authority of books, as far as requests need it. */
export interface AuthorityPort {
  standing(book: string): Part;
  /** Without a quorum: nothing is answered (strict), or provisionally (available). */
  mode(book: string): 'strict' | 'available';
  /** The organisations of the members, by the newest mandate of a book that this node holds; none for every other book. */
  members(book: string): readonly string[];
  /** The end of the log that is final here. */
  final(book: string): Head;
  /** A requester's verified and fresh notice that the holder does not answer it. */
  notice(book: string, unable: UnableClaims): void;
  /** Hands requests of an organisation to the holder; its answers as they came, in their order. */
  relay(book: string, tokens: readonly string[], organisation: string): Promise<unknown>;
}
