import { peekClaims } from '../../identity/jws.ts';
import { tokenHash } from '../../ledger/change.ts';
import { verifyHead } from '../../ledger/heads/proof.ts';
import { ORDINARY_PURPOSE, type Grant } from '../../sharing/grant.ts';
import { readBookHead } from '../../store/entries.ts';
import { readUnverified, setVerified, type UnverifiedRecord } from '../../store/verification.ts';
import { applyBatch, readAnew, type Source } from '../apply.ts';
import type { FeedReaderOptions } from '../feed-reader.ts';
import { askChanges, askHeads } from './ask.ts';
import { unlessRefused } from './compare.ts';
import type { Alarms } from './faults.ts';
import type { VerifiedPair } from './pair.ts';

type Options = Pick<
  FeedReaderOptions,
  'bell' | 'clock' | 'db' | 'grants' | 'log' | 'organisation' | 'peers'
> & {
  alarms: Alarms;
};

const BATCH = 100;
/** Of the records that were verified before, so many are verified again by each checkpoint, the longest ago first. */
const AGAIN = 200;

/**
 * Verifies by a checkpoint that the records of a local copy are as everybody else has them: that the current token of each, at
 * the length that the map of heads covers, is the one that is held. What is new is verified at once, the rest in turn. So a
 * change that the feed left out comes out, the last one too, and a second branch of a record.
 *
 * @param isLast asked between batches: false ends the pass, for a later checkpoint goes on with it
 */
export async function verifyHeads(
  options: Options,
  source: Omit<Source, 'anew' | 'self'>,
  pair: VerifiedPair,
  isLast: () => boolean,
): Promise<void> {
  const { db, peers } = options;
  const { book, from } = source;
  const { size } = pair.claims;
  let after = { verified: -1, id: '' };
  let again = 0;
  while (isLast() && again < AGAIN) {
    const records = await readUnverified(db.pool, book, { size, after, limit: BATCH });
    const last = records.at(-1);
    if (!last) return;
    after = { verified: last.verified, id: last.id };
    again += records.filter(({ verified }) => verified > 0).length;
    const asked = { size: pair.checkpoint.size, records: records.map(({ id }) => id) };
    const proofs = await unlessRefused(askHeads(peers, from, book, asked));
    // A map that was asked for too late: the next checkpoint is under way.
    if (!proofs) return;
    const grants = await grantsHeld(options, book);
    for (const record of records) {
      const proof = proofs.get(record.id);
      if (!proof) {
        if (isDue(options, record, record.seq, grants)) {
          const detail = `no head of ${record.id} is shown; held: version ${record.version}`;
          await options.alarms.fault(book, { code: 'NO_PROOF', seq: record.seq, detail, item: pair.note });
        }
        continue;
      }
      const head = verifyHead(pair.claims.root, record.id, proof);
      if (head === tokenHash(record.token)) {
        const isWhole = record.isErased || record.held === record.version - record.lowest + 1;
        if (!isWhole && isDue(options, record, record.lowestSeq, grants))
          await fillGap(options, source, record);
        continue;
      }
      await differs(options, source, {
        record,
        head,
        pair,
        item: JSON.stringify({ ...pair, checkpoint: undefined, proof }),
      });
    }
    await setVerified(db.pool, book, size, asked.records);
  }
}

interface Difference {
  record: UnverifiedRecord;
  /** What the map says; null: no such record; undefined: the proof does not hold. */
  head: string | null | undefined;
  pair: VerifiedPair;
  /** What was shown, as it is kept. */
  item: string;
}

/** The map says something else than what is held: what is missing is asked for, and if it is not given, that is the proof. */
async function differs(
  options: Options,
  source: Omit<Source, 'anew' | 'self'>,
  { record, head, item }: Difference,
): Promise<void> {
  const { alarms, log, peers } = options;
  const { book, from } = source;
  const { id, version, seq, token } = record;
  if (head === undefined) {
    const detail = `the proof of the head of ${id} does not lead to the root that was signed`;
    return alarms.fault(book, { code: 'BAD_PROOF', seq, detail, item });
  }
  const shown = (await unlessRefused(askChanges(peers, from, book, id))) ?? [];
  const missing = shown.filter((change) => tokenHash(change.token) === head);
  const isApplied = missing.length > 0 && (await applyMissing(options, source, shown));
  if (isApplied) {
    log.warn({ book, record: id, version }, 'a change that the feed had left out was fetched');
    return;
  }
  const detail = `${book}: the current token of ${id} is not its version ${version}, which was handed out last`;
  await alarms.contradiction(book, { kind: 'HEADS', detail, first: item, second: token });
}

/**
 * Of a record that is given whole by a rule, a version between two that are held is missing: it is asked for. If it is not given,
 * the version behind it, which names it, shows that it is withheld.
 */
async function fillGap(
  options: Options,
  source: Omit<Source, 'anew' | 'self'>,
  { id, version, lowest, seq, token }: UnverifiedRecord,
): Promise<void> {
  const { alarms, log, peers } = options;
  const { book, from } = source;
  const shown = (await unlessRefused(askChanges(peers, from, book, id))) ?? [];
  const versions = new Set(shown.map((change) => peekClaims(change.token)?.['ver']));
  let isWhole = true;
  for (let each = lowest; each <= version; each += 1) isWhole &&= versions.has(each);
  if (isWhole && (await applyMissing(options, source, shown))) {
    log.warn({ book, record: id, version }, 'a change that the feed had left out was fetched');
    return;
  }
  const detail = `not every version of ${id} from ${lowest} to ${version} is shown`;
  await alarms.fault(book, { code: 'WITHHELD', seq, detail, item: token });
}

/** True where everything that was shown is held now. */
async function applyMissing(
  { bell, clock, db, grants, organisation: self }: Options,
  source: Omit<Source, 'anew' | 'self'>,
  shown: readonly { kind: string; token: string; disclosures: readonly string[] }[],
): Promise<boolean> {
  const items = shown.map(({ kind, token, disclosures }) => ({
    kind: kind === 'GRANT' ? 'GRANT' : 'CHANGE',
    token,
    disclosures,
    grants: [],
  }));
  const whole = { ...source, self, anew: await readAnew(db.pool, source) };
  const batch = { items, cursor: undefined };
  const { applied, quarantined } = await applyBatch(db.pool, whole, grants, batch, new Date(clock()));
  if (applied > 0) bell.ring(source.book);
  return quarantined.length === 0;
}

async function grantsHeld({ db, grants }: Options, book: string): Promise<readonly Grant[]> {
  const head = await readBookHead(db.pool, book);
  return head ? grants.at(db.pool, book, head.grantsSeq) : [];
}

/**
 * Whether every version of a record from a place on must be shown to this organisation by a rule that is held here, whatever is
 * in it: only such a rule makes the silence of the other node a fault.
 */
function isDue(
  { organisation, clock }: Options,
  { kind }: UnverifiedRecord,
  seq: number,
  grants: readonly Grant[],
): boolean {
  return grants.some(({ right, purpose, audience, selector, fields, from, until, since }) => {
    const isOurs = audience.public || audience.organisations.includes(organisation);
    const { kinds, products, lots, records } = selector;
    const isWide =
      products.length + lots.length + records.length === 0 &&
      selector.from === null &&
      selector.until === null;
    const isNow = from === null && (until === null || until > clock());
    const covers = kind !== 'GRANT' && (kinds.length === 0 || (kinds as readonly string[]).includes(kind));
    const isWhole = right === 'READ' && purpose === ORDINARY_PURPOSE && fields.includes('*');
    return isOurs && isWide && isNow && covers && isWhole && since < seq;
  });
}
