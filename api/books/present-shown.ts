import { viewOf } from '../delivery/records.ts';
import type { Scope } from '../delivery/scope.ts';
import { showsHolder, someoneAt } from '../sharing/holder.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { Database } from '../store/database.ts';
import { readCurrentEntries } from '../store/entries.ts';
import type { Present } from './presence.ts';

/** Somebody who is there, as one caller is told of it. */
export interface PresentView {
  organisation: string;
  /** Null where it is not shown which person it is. */
  holder: string | null;
  holderName: string;
  record: string | null;
  editing: boolean;
  since: Date;
}

/**
 * Who is there, as far as an audience may know. The owner's own people are told all; others of those in records of which they see
 * something, and of who only has the book open, their own and the owner's: a partner's partners are no business of theirs. Which person of
 * another organisation it is they are told where they are told who locks the record.
 */
export async function shownPresent(
  pool: Database['pool'],
  scope: Scope,
  organisation: string,
  present: readonly Present[],
): Promise<PresentView[]> {
  const { book, grants, question } = scope;
  if (question === 'OWN') return unique(present.map((each) => view(each, true)));
  const records = [...new Set(present.flatMap(({ record }) => record ?? []))];
  const current = records.length > 0 ? await readCurrentEntries(pool, book.id, records) : new Map();
  const shown = present.flatMap((each) => {
    const isOwn = each.organisation === organisation;
    if (each.record === null) return isOwn || each.organisation === book.owner ? view(each, isOwn) : [];
    const keyed = current.get(each.record);
    if (!keyed || !viewOf(scope, keyed)) return [];
    const { record, kind, state } = keyed.entry;
    const about = attributesOf(kind, record, state ?? {});
    return view(each, isOwn || showsHolder(grants, about, each.organisation, question));
  });
  return unique(shown);
}

function view(
  { organisation, holder, name, record, editing, since }: Present,
  isNamed: boolean,
): PresentView {
  const who = isNamed
    ? { holder, holderName: name ?? holder }
    : { holder: null, holderName: someoneAt(organisation) };
  return { organisation, ...who, record, editing, since: new Date(since) };
}

/** Once for each person and record, however many windows are open; who edits in one of them edits. */
function unique(views: readonly PresentView[]): PresentView[] {
  const found = new Map<string, PresentView>();
  for (const each of views) {
    const key = JSON.stringify([each.holderName, each.organisation, each.record]);
    const before = found.get(key);
    if (!before || (each.editing && !before.editing)) found.set(key, each);
  }
  return [...found.values()].toSorted((a, b) => a.since.getTime() - b.since.getTime());
}
