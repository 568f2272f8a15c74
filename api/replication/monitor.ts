import type { BookKeys } from '../identity/book-keys.ts';
import { KEY_RECORD_PREFIX } from '../identity/key-state.ts';
import { verifyCompactAsync, type PinnedKeys } from '../identity/jws.ts';
import { changeClaims, typOf, type EntryKind, type RecordKind } from '../ledger/change.ts';
import { HEADS_RECORD, verifyHeads } from '../ledger/statements/heads.ts';
import { verifyDecision } from '../ledger/statements/decision.ts';
import type { NewEntry } from '../store/commit.ts';
import type { TailFrame } from './frames.ts';
import type { Papers } from './papers.ts';

/** The version that a record has behind the entries so far, and the hash that its next one continues. */
export type HeadOf = ReadonlyMap<string, { version: number; hash: string }>;

/**
 * What a member checks before it stores what the holder proposes, and stands by it: that each entry is signed by the holder
 * of its term, is of this place of this book, and continues its record; and that what it states of the heads of all records is so. So no second version of a record can become final
 * without two signatures that contradict each other. Null where all is well, else what is wrong and where.
 */
export async function checkFrames(
  papers: Papers,
  frames: readonly TailFrame[],
  ownerKeys: PinnedKeys,
  heads: HeadOf,
  /** The root of the map of heads over the first entries, as it is here. */
  headsRoot: (size: number) => Promise<string>,
  /** Which keys were in force where, up to these frames. */
  keys: BookKeys,
): Promise<string | null> {
  const now = new Map(heads);
  const checks: Promise<string | null>[] = [];
  for (const { body, n } of frames) {
    for (const entry of body.entries) {
      const signer = signerOf(papers, n, ownerKeys, keys);
      if (entry.kind === 'KEY') {
        const wrong = takeKey(papers, entry, keys);
        if (wrong !== null) return wrong;
        continue;
      }
      if (!isOfRecord(entry)) {
        checks.push(
          entry.kind === 'HEADS'
            ? checkHeads(papers, entry, signer, headsRoot)
            : Promise.resolve(checkLogged(papers, entry, signer)),
        );
        continue;
      }
      const before = now.get(entry.record);
      if (entry.version !== (before?.version ?? 0) + 1)
        return `entry ${entry.seq}: not the next version of its record`;
      checks.push(checkChange(papers, entry, signer, before?.hash));
      now.set(entry.record, { version: entry.version, hash: entry.hash });
    }
  }
  return (await Promise.all(checks)).find((wrong) => wrong !== null) ?? null;
}

/** Who may sign in a term, with all keys that it ever had, and which of them counts at a place. */
interface TermSigner {
  issuer: string;
  keys: PinnedKeys;
  /** What is wrong with one of its signatures at a place; null when nothing is. */
  fault: (signed: { seq: number; kid: string }) => string | null;
}

function signerOf(papers: Papers, n: number, ownerKeys: PinnedKeys, logged: BookKeys): TermSigner {
  const term = papers.term(n);
  const issuer = term?.claims.holder ?? papers.owner;
  const keys = papers.keys.all(issuer, term ? papers.pinnedFor(issuer, n) : ownerKeys);
  const fault = (signed: { seq: number; kid: string }): string | null => {
    const isLater = papers.keys.numberOf(issuer, signed.kid) > 1;
    if (isLater && logged.lastOf(issuer) === 0) return 'KEY_NOT_LOGGED';
    return logged.faultAt(issuer, keys, signed);
  };
  return { issuer, keys, fault };
}

/** A key statement must be the very one that is known of somebody who signs in the book, and follow the one before. */
function takeKey(
  papers: Papers,
  { record, version: nr, token, seq }: NewEntry,
  keys: BookKeys,
): string | null {
  const organisation = record.startsWith(KEY_RECORD_PREFIX) ? record.slice(KEY_RECORD_PREFIX.length) : '';
  const isKnown = papers.signing.includes(organisation) && papers.keys.holds(organisation, nr, token);
  const taken = isKnown ? keys.take({ organisation, nr, seq, token }) : null;
  return taken?.ok && taken.isNew ? null : `entry ${seq}: not the next key statement`;
}

function isOfRecord(entry: NewEntry): entry is NewEntry & { kind: RecordKind } {
  return entry.recordKey !== null;
}

async function checkChange(
  papers: Papers,
  { kind, token, record, version, seq }: NewEntry & { kind: RecordKind },
  { issuer, keys, fault }: TermSigner,
  prev: string | undefined,
): Promise<string | null> {
  const signed = await verifyCompactAsync(token, { typ: typOf(kind), keys });
  if (!signed.ok) return `entry ${seq}: ${signed.code}`;
  const parsed = changeClaims.safeParse(signed.claims);
  if (!parsed.success) return `entry ${seq}: not the shape of a change`;
  const { data: claims } = parsed;
  const isIts =
    claims.iss === issuer &&
    claims.book === papers.book &&
    claims.kind === kind &&
    claims.sub === record &&
    claims.ver === version &&
    claims.seq === seq &&
    claims.prev === prev;
  if (!isIts) return `entry ${seq}: signed for something else`;
  const wrongKey = fault({ seq, kid: signed.kid });
  return wrongKey && `entry ${seq}: ${wrongKey}`;
}

/** Signed by the holder of its term, for this place; and the root is the one that this node works out for itself. */
async function checkHeads(
  papers: Papers,
  { record, version, token, seq }: NewEntry,
  { issuer, keys, fault }: TermSigner,
  headsRoot: (size: number) => Promise<string>,
): Promise<string | null> {
  const { book } = papers;
  const checked = verifyHeads(token, { keys, issuer, book });
  if (!checked.ok) return `entry ${seq}: ${checked.code}`;
  const wrongKey = fault({ seq, kid: checked.kid });
  if (wrongKey) return `entry ${seq}: ${wrongKey}`;
  const { size, root } = checked.claims;
  const isIts = checked.claims.seq === seq && version === seq && record === HEADS_RECORD;
  if (!isIts) return `entry ${seq}: signed for something else`;
  return (await headsRoot(size)) === root ? null : `entry ${seq}: states other heads than the records have`;
}

/** A mandate or a term must be the very one that is known; a decision is signed by the holder of its term. */
function checkLogged(
  papers: Papers,
  { kind, version, token, seq }: NewEntry,
  { issuer, keys, fault }: TermSigner,
): string | null {
  const { book } = papers;
  const holds: Partial<Record<EntryKind, () => boolean>> = {
    MANDATE: () => papers.mandate(version)?.token === token,
    TERM: () => papers.term(version)?.token === token,
    DECISION: () => {
      const checked = verifyDecision(token, { keys, issuer, book });
      return checked.ok && checked.claims.seq === seq && fault({ seq, kid: checked.kid }) === null;
    },
  };
  return holds[kind]?.() ? null : `entry ${seq}: not the ${kind.toLowerCase()} that it claims to be`;
}
