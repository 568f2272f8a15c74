import { verifyCompactAsync, type PinnedKeys } from '../identity/jws.ts';
import { changeClaims, typOf, type EntryKind, type RecordKind } from '../ledger/change.ts';
import { verifyDecision } from '../ledger/statements/decision.ts';
import type { NewEntry } from '../store/commit.ts';
import type { TailFrame } from './frames.ts';
import type { Papers } from './papers.ts';

/** The version that a record has behind the entries so far, and the hash that its next one continues. */
export type HeadOf = ReadonlyMap<string, { version: number; hash: string }>;

/**
 * What a member checks before it stores what the holder proposes, and stands by it: that each entry is signed by the holder
 * of its term, is of this place of this book, and continues its record. So no second version of a record can become final
 * without two signatures that contradict each other. Null where all is well, else what is wrong and where.
 */
export async function checkFrames(
  papers: Papers,
  frames: readonly TailFrame[],
  ownerKeys: PinnedKeys,
  heads: HeadOf,
): Promise<string | null> {
  const now = new Map(heads);
  const checks: Promise<string | null>[] = [];
  for (const { body, n } of frames) {
    for (const entry of body.entries) {
      if (!isOfRecord(entry)) {
        checks.push(Promise.resolve(checkLogged(papers, entry, n)));
        continue;
      }
      const before = now.get(entry.record);
      if (entry.version !== (before?.version ?? 0) + 1)
        return `entry ${entry.seq}: not the next version of its record`;
      checks.push(checkChange(papers, entry, n, ownerKeys, before?.hash));
      now.set(entry.record, { version: entry.version, hash: entry.hash });
    }
  }
  return (await Promise.all(checks)).find((wrong) => wrong !== null) ?? null;
}

function isOfRecord(entry: NewEntry): entry is NewEntry & { kind: RecordKind } {
  return entry.recordKey !== null;
}

async function checkChange(
  papers: Papers,
  { kind, token, record, version, seq }: NewEntry & { kind: RecordKind },
  n: number,
  ownerKeys: PinnedKeys,
  prev: string | undefined,
): Promise<string | null> {
  const term = papers.term(n);
  const issuer = term?.claims.holder ?? papers.owner;
  const keys = term ? papers.keysFor(issuer, n) : ownerKeys;
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
  return isIts ? null : `entry ${seq}: signed for something else`;
}

/** A mandate or a term must be the very one that is known; a decision is signed by the holder of its term. */
function checkLogged(papers: Papers, { kind, version, token, seq }: NewEntry, n: number): string | null {
  const { book } = papers;
  const issuer = papers.term(n)?.claims.holder ?? papers.owner;
  const holds: Partial<Record<EntryKind, () => boolean>> = {
    MANDATE: () => papers.mandate(version)?.token === token,
    TERM: () => papers.term(version)?.token === token,
    DECISION: () => {
      const checked = verifyDecision(token, { keys: papers.keysFor(issuer, n), issuer, book });
      return checked.ok && checked.claims.seq === seq;
    },
  };
  return holds[kind]?.() ? null : `entry ${seq}: not the ${kind.toLowerCase()} that it claims to be`;
}
