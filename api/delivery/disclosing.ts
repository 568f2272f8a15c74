import type { Caller } from '../sharing/caller.ts';
import type { ListedBook } from '../store/book-list.ts';
import { isChange, type KeyedEntry } from '../store/entries.ts';
import { handOut } from './hand-out.ts';
import { scopeOf, type ScopeServices } from './scope.ts';

/** A book read from its beginning to its end for somebody. */
export interface Disclosed {
  book: ListedBook;
  /** With whose eyes; null where everything is shown that this node holds. */
  audience: string | null;
  /** What opens the fields of an entry that may be shown; null for one that may not. */
  disclose(entry: KeyedEntry): readonly string[] | null;
}

/**
 * What a caller, or with `viewAs` an organisation, may see of a book at this moment. Ask again for each part of a long log: what
 * was withdrawn meanwhile is not shown any more. Who may see anything of a book may see who could sign in it, and with which key.
 *
 * @throws LotbookError as `scopeOf`
 */
export async function openDisclosed(
  services: ScopeServices,
  caller: Caller,
  bookId: string,
  viewAs: string | null,
): Promise<Disclosed> {
  const { book, grants, question } = await scopeOf(services, caller, bookId, viewAs);
  return {
    book,
    audience: question === 'OWN' ? null : question.audience.organisation,
    disclose: (keyed) => {
      if (isChange(keyed)) return handOut(keyed.entry, keyed.key, grants, question)?.disclosures ?? null;
      return keyed.entry.kind === 'DECISION' && question !== 'OWN' ? null : [];
    },
  };
}
