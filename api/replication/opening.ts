import type { EntryKind } from '../ledger/change.ts';
import { tokenHash } from '../ledger/change.ts';
import type { NewEntry } from '../store/commit.ts';
import type { TailFrame } from './frames.ts';
import type { Papers } from './papers.ts';

/** The highest mandate and term that a log holds. */
export interface Logged {
  m: number;
  n: number;
}

const LOG_RECORDS = { MANDATE: 'urn:lotbook:mandate', TERM: 'urn:lotbook:term' } as const;

/** The first entries of an own term: the mandates and terms that the log does not hold yet. */
export function openingEntries(
  papers: Papers,
  logged: Logged,
  length: number,
  uuid: () => string,
): NewEntry[] {
  const { mandates, terms } = papers.after(logged);
  const named = [
    ...mandates.map((token) => ['MANDATE', token] as const),
    ...terms.map((token) => ['TERM', token] as const),
  ];
  return named.map(([kind, token], index) =>
    logEntry(kind, numberOf(papers, kind, token), token, length + 1 + index, uuid()),
  );
}

/** What a log holds with these frames behind it. */
export function withFrames(before: Logged, frames: readonly TailFrame[]): Logged {
  let { m, n } = before;
  for (const { body } of frames) {
    for (const { kind, version } of body.entries) {
      if (kind === 'MANDATE') m = Math.max(m, version);
      if (kind === 'TERM') n = Math.max(n, version);
    }
  }
  return { m, n };
}

function logEntry(
  kind: 'MANDATE' | 'TERM',
  version: number,
  token: string,
  seq: number,
  request: string,
): NewEntry {
  return {
    seq,
    kind: kind satisfies EntryKind,
    record: LOG_RECORDS[kind],
    version,
    firstSeq: seq,
    token,
    hash: tokenHash(token),
    state: null,
    request,
    recordKey: null,
    eventTime: null,
    links: [],
  };
}

function numberOf(papers: Papers, kind: 'MANDATE' | 'TERM', token: string): number {
  const { m, n } = papers.knows;
  const last = kind === 'MANDATE' ? m : n;
  for (let nr = last; nr > 0; nr -= 1) {
    if ((kind === 'MANDATE' ? papers.mandate(nr) : papers.term(nr))?.token === token) return nr;
  }
  throw new Error('a statement has no number');
}
