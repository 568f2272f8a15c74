import { useMemo } from 'react';
import { useAll } from '../../components/all.ts';
import { CaseEntriesDocument, type CaseEntriesQuery } from '../../operations/generated/documents.ts';
import { paramsOf as legParams, type Leg } from '../converge/legs.ts';
import type { EntryKind } from './entry-kinds.ts';

/** An entry of the file of a case. */
export interface Entry {
  id: string;
  kind: EntryKind;
  version: number;
  content: Readonly<Record<string, unknown>>;
}

/** The entries of a case as they are now, and how to ask for them anew. */
export interface Work {
  entries: readonly Entry[];
  isOpen: boolean;
  again: () => void;
}

const KINDS: EntryKind[] = ['CASE_LINE', 'SUSPECT', 'TASK', 'CASE_DECISION', 'CHECK'];
const NONE: readonly Entry[] = [];
const recordsOf = (data: CaseEntriesQuery) => data.records;

/** All entries of a case, but those that were erased. */
export function useEntries(book: string): [entries: readonly Entry[], again: () => void, areRead: boolean] {
  const [all, again] = useAll(CaseEntriesDocument, { book, kinds: KINDS }, recordsOf);
  const entries = useMemo(() => all?.flatMap((node) => (node.erased ? [] : [node as Entry])) ?? NONE, [all]);
  return [entries, again, all !== null];
}

export function textOf({ content }: Pick<Entry, 'content'>, name: string): string | null {
  const value = content[name];
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}

/** Identifiers that an entry names. */
export function thingsOf(entry: Entry): string[] {
  return ['lot', 'product', 'place', 'subject'].flatMap((name) => textOf(entry, name) ?? []);
}

/** Where a trace of the case begins: the lots of its lines, and the suspects that are not cleared. */
export function startsOf(entries: readonly Entry[]): string[] {
  const starts = entries.flatMap((entry) => {
    if (entry.kind === 'CASE_LINE') return textOf(entry, 'lot') ?? [];
    const isLot = entry.kind === 'SUSPECT' && entry.content['type'] === 'LOT';
    return isLot && entry.content['state'] !== 'CLEARED' ? (textOf(entry, 'subject') ?? []) : [];
  });
  return [...new Set(starts)];
}

/** The points where cases were, for convergence: one for each place, or where none is told for each lot. */
export function legsOf(entries: readonly Entry[], nameOf: (id: string) => string): Leg[] {
  const legs = new Map<string, { name: string; cases: number; starts: Set<string> }>();
  for (const entry of entries) {
    if (entry.kind !== 'CASE_LINE' || entry.content['type'] === 'SAMPLE') continue;
    const [place, lot] = [textOf(entry, 'place'), textOf(entry, 'lot')];
    const start = lot ?? place;
    if (start === null) continue;
    const key = place ?? start;
    const leg = legs.get(key) ?? { name: nameOf(key), cases: 0, starts: new Set() };
    leg.cases += Math.max(1, Number(textOf(entry, 'count') ?? 1));
    leg.starts.add(start);
    legs.set(key, leg);
  }
  return [...legs.values()].map(({ name, cases, starts }) => ({ name, cases, starts: [...starts] }));
}

export function traceLink(starts: readonly string[]): string {
  return `/trace?${new URLSearchParams(starts.map((id) => ['thing', id])).toString()}`;
}

export function convergeLink(legs: readonly Leg[]): string {
  return `/converge?${legParams(legs).toString()}`;
}
