import { LotbookError } from '../errors.ts';
import { canonicalIdentifier } from '../events/identifiers.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import { isAddressed, type Grant } from '../sharing/grant.ts';
import { findBook, listBooks, type ListedBook } from '../store/book-list.ts';
import { readCurrentEntries, readVersion, type StoredAcknowledgement } from '../store/entries.ts';
import type { RecordOrder } from '../store/records.ts';
import { readChanges, type ChangeView } from './changes.ts';
import { checkFirst, type Page } from './page.ts';
import { searchOf, type RecordFilter, type RecordSearch } from './record-search.ts';
import { searchRecords, viewOf, type RecordView } from './records.ts';
import { readerIn, type Reader } from './reader.ts';
import { readReceipts, readSharing, type Sharing, type WhatIf } from './sharing-matrix.ts';
import { isOpenTo, questionOf, scopeOf, type ScopeServices } from './scope.ts';

/** A book as the caller may see it. */
export interface BookView extends Omit<ListedBook, 'length' | 'full'> {
  localCopy: boolean;
  /** Number of entries; null for partners. */
  length: number | null;
}

interface InBook {
  caller: Caller;
  book: string;
  /** An organisation with whose eyes one of the node's own people looks. */
  viewAs?: string | null | undefined;
}

interface Paging {
  /** 1 to 100 */
  first: number;
  after?: string | null | undefined;
}

/**
 * What callers read. The node's own people see everything of its books and its local copies; everybody else, and they too
 * of a book that the node holds for another owner, see what a grant in force opens, and of that what `handOut` gives. A
 * search is decided on the permitted view.
 */
export interface Reading {
  books(caller: Caller): Promise<BookView[]>;
  book(caller: Caller, id: string): Promise<BookView | null>;
  records(query: InBook & Paging & { filter?: RecordFilter | null | undefined }): Promise<Page<RecordView>>;
  /** As `records`, with any search and order. NOT_PERMITTED where the order goes by what the caller may not see. */
  search(
    query: InBook & Paging & { search: RecordSearch; order: RecordOrder; descending: boolean },
  ): Promise<Page<RecordView>>;
  record(query: InBook & { id: string }): Promise<RecordView | null>;
  /** One version of a record; null where it is not held, or nothing of it may be seen. */
  version(query: InBook & { id: string; version: number }): Promise<RecordView | null>;
  /** Those of these records of which the caller may see something now. NOT_FOUND where that is so of the book. */
  visible(query: InBook & { ids: readonly string[] }): Promise<string[]>;
  changes(query: InBook & Paging & { record?: string | null | undefined }): Promise<Page<ChangeView>>;
  /** The sharing rules of a book that concern the caller, with its own share of their audiences. */
  grants(caller: Caller, book: string): Promise<Grant[]>;
  /** Which fields of an own book each partner may see, or would by other rules. */
  sharing(query: Omit<InBook, 'viewAs'> & { whatIf: WhatIf }): Promise<Sharing>;
  /** Who has confirmed to have received what of an own book. */
  receipts(query: Omit<InBook, 'viewAs'>): Promise<StoredAcknowledgement[]>;
}

export function openReading(services: ScopeServices): Reading {
  const { db, grants } = services;

  const show = ({ length, feed, full, ...book }: ListedBook, own: boolean): BookView => ({
    ...book,
    localCopy: !full,
    length: own ? length : null,
    feed: own ? feed : null,
  });

  const isSeen = async (caller: Caller, book: ListedBook, rules?: readonly Grant[]): Promise<boolean> => {
    if (caller.own) return hasRole(caller, 'VIEWER', book.id);
    const reader = await readerIn(services, book, caller);
    if (reader === 'OWN' || reader === null) return reader !== null;
    return isOpenTo(rules ?? (await grants.of(book.id)), questionOf(services, reader));
  };
  /** As much is read of a book that is not there: the time that it takes tells nobody which of the two it is. */
  const seenBook = async (caller: Caller, id: string) => {
    const [book, rules] = [await findBook(db.pool, id), await grants.of(id)];
    return book && (await isSeen(caller, book, rules)) ? { book, rules } : null;
  };

  const search: Reading['search'] = async ({ caller, book, viewAs, ...query }) => {
    checkFirst(query.first);
    return searchRecords(db.pool, await scopeOf(services, caller, book, viewAs), query);
  };

  return {
    books: async (caller) => {
      const seen: BookView[] = [];
      for (const book of await listBooks(db.pool)) {
        if (await isSeen(caller, book)) seen.push(show(book, caller.own));
      }
      return seen;
    },
    book: async (caller, id) => {
      const seen = await seenBook(caller, id);
      return seen && show(seen.book, caller.own);
    },
    records: async ({ filter, ...query }) =>
      search({ ...query, search: searchOf(filter), order: 'FIRST', descending: false }),
    search,
    record: async ({ caller, book, viewAs, id }) => {
      const scope = await scopeOf(services, caller, book, viewAs);
      const ids = [id, canonicalIdentifier(id)];
      const found = await readCurrentEntries(db.pool, book, ids);
      const current = ids.map((each) => found.get(each)).find((entry) => entry !== undefined);
      return current ? viewOf(scope, current) : null;
    },
    version: async ({ caller, book, viewAs, id, version }) => {
      const scope = await scopeOf(services, caller, book, viewAs);
      const entry = await readVersion(db.pool, { book, record: canonicalIdentifier(id), version });
      return entry && viewOf(scope, entry);
    },
    visible: async ({ caller, book, viewAs, ids }) => {
      const scope = await scopeOf(services, caller, book, viewAs);
      const current = await readCurrentEntries(db.pool, book, ids);
      return ids.filter((id) => {
        const entry = current.get(id);
        return entry !== undefined && viewOf(scope, entry) !== null;
      });
    },
    changes: async ({ caller, book, viewAs, ...query }) => {
      checkFirst(query.first);
      return readChanges(db.pool, await scopeOf(services, caller, book, viewAs), query);
    },
    grants: async (caller, id) => {
      const { book, rules } = found(await seenBook(caller, id), 'book');
      return grantsFor(found(await readerIn(services, book, caller), 'book'), rules);
    },
    sharing: (query) => readSharing(services, query),
    receipts: (query) => readReceipts(services, query),
  };
}

/** All rules for the owner's own people; for others those that address them, each with its own share of the audience. */
function grantsFor(reader: Reader, grants: readonly Grant[]): Grant[] {
  if (reader === 'OWN') return [...grants];
  const { organisation, groups } = reader;
  return grants
    .filter((grant) => isAddressed(grant, reader))
    .map((grant) => ({
      ...grant,
      audience: {
        organisations: grant.audience.organisations.filter((id) => id === organisation),
        groups: grant.audience.groups.filter((group) => groups.includes(group)),
        roles: [],
        public: grant.audience.public,
      },
    }));
}

/** @throws LotbookError NOT_FOUND for null */
export function found<T>(value: T | null, what: string): T {
  if (value === null)
    throw new LotbookError('NOT_FOUND', `There is no such ${what}, or none that you may see.`);
  return value;
}
