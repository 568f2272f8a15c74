import { type Root, type Signatory, Signers } from '../delivery/signers.ts';
import { peekClaims } from '../identity/jws.ts';
import { tokenHash } from '../ledger/change.ts';
import { verifyDecision } from '../ledger/statements/decision.ts';
import { verifyHeads } from '../ledger/statements/heads.ts';
import { verifyChange } from '../ledger/verify-change.ts';
import type { StoredEntry } from '../store/entries.ts';

/** An entry of a book's log, as a member of its authority keeps it. */
export type LogEntry = Pick<StoredEntry, 'seq' | 'kind' | 'record' | 'version' | 'token'>;

/** Where two logs are not the same, byte for byte. */
export function logDifferences(one: readonly LogEntry[], other: readonly LogEntry[]): string[] {
  const longer = one.length > other.length ? one : other;
  return longer
    .map((_, at) => at)
    .filter((at) => one[at]?.token !== other[at]?.token || one[at]?.seq !== other[at]?.seq)
    .map((at) => `entry ${at + 1}: ${nameOf(one[at])} and ${nameOf(other[at])}`);
}

function nameOf(entry: LogEntry | undefined): string {
  return entry ? `${entry.kind} ${entry.record} ${tokenHash(entry.token).slice(0, 8)}` : 'nothing';
}

/**
 * Reads a log as somebody who has nothing but the owner's key: entries are numbered without a gap, mandates and terms continue
 * those before, each change continues its record, and is signed by who held the right at that place of the log.
 */
export function logFaults(root: Root, log: readonly LogEntry[]): string[] {
  const reading: Reading = { signers: new Signers(root), term: 1, heads: new Map() };
  return log.flatMap((entry, at) => {
    const place = entry.seq === at + 1 ? [] : [`entry ${at + 1} has number ${entry.seq}`];
    const why = entryFault(reading, entry);
    return why === null ? place : [...place, `${entry.kind} at ${entry.seq}: ${why}`];
  });
}

interface Reading {
  signers: Signers;
  /** The one in which the next entry has to be. */
  term: number;
  heads: Map<string, { ver: number; hash: string }>;
}

function entryFault(reading: Reading, entry: LogEntry): string | null {
  const { kind, token } = entry;
  if (kind === 'MANDATE' || kind === 'TERM') {
    const taken = reading.signers.take(kind, token, entry.seq);
    if (!taken.ok) return taken.code;
    if (kind === 'TERM') reading.term = Number(peekClaims(token)?.['n']);
    return null;
  }
  if (kind === 'KEY') {
    const taken = reading.signers.takeKey(token, entry.seq);
    return taken.ok ? null : taken.code;
  }
  const signatory = reading.signers.of(reading.term)[0];
  if (!signatory) return `nobody may sign in term ${reading.term}`;
  if (kind === 'DECISION') return statementFault(reading, entry, signatory, verifyDecision);
  if (kind === 'HEADS') return statementFault(reading, entry, signatory, verifyHeads);
  return changeFault(reading, entry, signatory);
}

function statementFault(
  { signers, term }: Reading,
  { token, seq }: LogEntry,
  by: Signatory,
  verify: typeof verifyDecision | typeof verifyHeads,
): string | null {
  const expected = { keys: by.keys, issuer: by.organisation, book: signers.root.book };
  const verified = verify(token, expected);
  if (!verified.ok) return verified.code;
  const wrongKey = signers.keyFault(by.organisation, { seq, kid: verified.kid });
  if (wrongKey) return wrongKey.code;
  return verified.claims.term === term ? null : `of term ${verified.claims.term}, not ${term}`;
}

function changeFault({ signers, term, heads }: Reading, entry: LogEntry, by: Signatory): string | null {
  const { seq, record, version, token } = entry;
  const previous = heads.get(record) ?? { ver: 0, hash: '' };
  const expect = { issuer: by.organisation, book: signers.root.book };
  const verified = verifyChange({ token, disclosures: [], keys: by.keys, expect, previous });
  if (!verified.ok) return verified.code;
  const { change } = verified;
  const wrongKey = signers.keyFault(by.organisation, change);
  if (wrongKey) return wrongKey.code;
  heads.set(record, { ver: change.ver, hash: change.hash });
  if (change.term !== term) return `of term ${change.term}, not ${term}`;
  const isHere = change.seq === seq && change.record === record && change.ver === version;
  return isHere ? null : 'signed for another place';
}
