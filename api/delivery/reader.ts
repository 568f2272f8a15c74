import { hasRole, type Caller } from '../sharing/caller.ts';
import type { Audience } from '../sharing/grant.ts';
import type { Database } from '../store/database.ts';
import { audienceIn } from '../store/introductions.ts';

/** Who reads: the owner's own people, who see all that is held, or an audience, which needs grants. */
export type Reader = 'OWN' | Audience;

/** A book as far as it decides who may read it here. */
interface HeldBook {
  id: string;
  owner: string;
  /** Held in full, as its owner or as a member of its authority; else a local copy. */
  full: boolean;
}

/**
 * As whom a caller reads a book; null when it may see nothing of it.
 *
 * | book is                        | own people with VIEWER | own people without it | everybody else             |
 * | ------------------------------ | ---------------------- | --------------------- | -------------------------- |
 * | this organisation's            | everything             | by grants             | by grants                  |
 * | a local copy                   | everything             | nothing               | nothing                    |
 * | held in full for another owner | by that owner's grants | nothing               | by that owner's grants, if |
 * |                                |                        |                       | that owner introduced them |
 */
export async function readerIn(
  { db, organisation: self }: { db: Pick<Database, 'pool'>; organisation: string },
  { id, owner, full }: HeldBook,
  caller: Caller,
): Promise<Reader | null> {
  const isViewer = hasRole(caller, 'VIEWER', id);
  if (isViewer && (owner === self || !full)) return 'OWN';
  if (!full || (caller.own && !isViewer && owner !== self)) return null;
  return audienceIn(db.pool, { id, owner, self }, caller);
}
