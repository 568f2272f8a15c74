import { peekClaims, peekKid } from '../identity/jws.ts';
import { KEY_RECORD_PREFIX, keyRecord } from '../identity/key-state.ts';
import { tokenHash } from '../ledger/change.ts';
import type { NewEntry } from '../store/commit.ts';
import { signedAt } from './body.ts';
import type { TailFrame } from './frames.ts';
import type { DueKey } from './key-papers.ts';
import type { Papers } from './papers.ts';

/** The highest mandate and term that a log holds. */
export interface Logged {
  m: number;
  n: number;
  /** How many statements of each key log it holds. */
  keys: ReadonlyMap<string, number>;
}

const LOG_RECORDS = { MANDATE: 'urn:lotbook:mandate', TERM: 'urn:lotbook:term' } as const;

/**
 * The first entries of an own term: the mandates and terms that the log does not hold yet, each behind the statement of the key that
 * signed it, and then the other key statements that are due.
 */
export function openingEntries(
  papers: Papers,
  logged: Logged,
  length: number,
  uuid: () => string,
): NewEntry[] {
  const { mandates, terms } = papers.after(logged);
  const due = papers.keys.due(logged.keys);
  const entries: LogToken[] = [];
  const putKeys = (isDue: (key: DueKey) => boolean): void => {
    for (const key of due.filter(isDue)) {
      due.splice(due.indexOf(key), 1);
      entries.push({ kind: 'KEY', record: keyRecord(key.organisation), version: key.nr, token: key.token });
    }
  };
  for (const [kind, tokens] of [['MANDATE', mandates] as const, ['TERM', terms] as const]) {
    for (const token of tokens) {
      const iss = String(peekClaims(token)?.['iss']);
      const signedWith = papers.keys.numberOf(iss, peekKid(token));
      putKeys(({ organisation, nr }) => organisation === iss && nr <= signedWith);
      entries.push({ kind, record: LOG_RECORDS[kind], version: numberOf(papers, kind, token), token });
    }
  }
  putKeys(() => true);
  return entries.map((entry, index) => logEntry(entry, length + 1 + index, uuid()));
}

/** What a log holds with these frames behind it. */
export function withFrames(before: Logged, frames: readonly TailFrame[]): Logged {
  let { m, n } = before;
  const keys = new Map(before.keys);
  for (const { body } of frames) {
    for (const { kind, version, record } of body.entries) {
      if (kind === 'MANDATE') m = Math.max(m, version);
      if (kind === 'TERM') n = Math.max(n, version);
      if (kind === 'KEY') keys.set(record.slice(KEY_RECORD_PREFIX.length), version);
    }
  }
  return { m, n, keys };
}

interface LogToken {
  kind: 'MANDATE' | 'TERM' | 'KEY';
  record: string;
  version: number;
  token: string;
}

function logEntry({ kind, record, version, token }: LogToken, seq: number, request: string): NewEntry {
  return {
    seq,
    kind,
    record,
    version,
    firstSeq: seq,
    token,
    hash: tokenHash(token),
    state: null,
    request,
    recordKey: null,
    eventTime: null,
    links: [],
    at: signedAt(token),
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
