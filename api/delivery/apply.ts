import { LotbookError } from '../errors.ts';
import { peekClaims } from '../identity/jws.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { namedIn } from '../ledger/statements/standing.ts';
import type { Database, PoolClient } from '../store/database.ts';
import {
  lockFeed,
  readCopiedEntries,
  readCopiedHeads,
  writeCopies,
  setHolder,
  type QuarantinedItem,
} from '../store/copies.ts';
import type { Grants } from '../store/grants.ts';
import { inTransaction } from '../store/transaction.ts';
import { voidCopy } from '../store/void.ts';
import { readKeyEntries, writeKeyEntries } from '../store/key-entries.ts';
import { keepEvidence, keepStatement, readStatements } from '../store/authority.ts';
import { isSeq } from './page.ts';
import { checkItem, claimedPlace, evidenceOf, type Origin, type ReceivedItem } from './copies.ts';
import { Copy } from './copy.ts';
import { fault, type ItemFault, type Proof } from './item-fault.ts';
import { heldByRevoked } from './revoked.ts';
import { Signers, type Root } from './signers.ts';

/** Where a batch comes from. */
export interface Source extends Root {
  /** The organisation whose node sent it: the owner, or another member of the book's authority. */
  from: string;
  /** This node's organisation. */
  self: string;
  /** The mandate by which the book had last begun anew when the cursor was read from which this source goes on; 0: it never had. */
  anew: number;
}

export interface Batch {
  items: readonly ReceivedItem[];
  /** Undefined leaves the feed where it is. */
  cursor: string | undefined;
}

export interface Applied {
  /** Items that brought something new. */
  applied: number;
  quarantined: QuarantinedItem[];
  /** Whether the batch told something new of who may write. */
  authorityChanged: boolean;
  /** Organisations of which it told a new key. */
  keysOf: readonly string[];
}

/**
 * Verifies a batch and writes it with the cursor in one transaction. What fails verification is kept aside and does not
 * keep the rest from being applied. Applying a batch again changes nothing.
 *
 * Rejects with NOT_AUTHORITY, and without any effect, where a member that has lost the right hands out what only the holder
 * can vouch for; with NOT_FOUND where no local copy is kept any more; with CURSOR_EXPIRED where the book has begun anew since the
 * source was opened.
 */
export async function applyBatch(
  pool: Database['pool'],
  source: Source,
  grants: Pick<Grants, 'at'>,
  batch: Batch,
  now: Date,
): Promise<Applied> {
  try {
    return await applyWhole(pool, source, grants, batch, now);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return applyOneByOne(pool, source, grants, batch, now);
  }
}

async function applyWhole(
  pool: Database['pool'],
  source: Source,
  grants: Pick<Grants, 'at'>,
  { items, cursor }: Batch,
  now: Date,
): Promise<Applied> {
  const { book, from, self } = source;
  return inTransaction(pool, async (client) => {
    const grantsSeq = await lockCopy(client, book);
    const held = await grants.at(client, book, grantsSeq);
    const signers = await readSigners(client, source);
    if ((signers.anew?.m ?? 0) !== source.anew) throw begunAnew();
    const places = items.flatMap(({ token }) => claimedPlace(token) ?? []);
    const heads = await readCopiedHeads(client, book, [...new Set(places.map(({ record }) => record))]);
    const around = places.flatMap(({ record, version }) =>
      [version - 1, version, version + 1].map((number) => ({ record, version: number })),
    );
    const versions = [...around, ...heads.map(({ id, version }) => ({ record: id, version }))];
    const seqs = [...places, ...items].flatMap(({ seq }) => (isSeq(seq) ? [seq] : []));
    const copy = new Copy(await readCopiedEntries(client, book, { seqs, versions }), heads, held);
    const quarantined: QuarantinedItem[] = [];
    const proofs: Proof[] = [];
    for (const item of items) {
      const wrong = takeItem(item, copy, { signers, self }, from);
      if (!wrong) continue;
      quarantined.push(aside(item, wrong));
      if (wrong.proof) proofs.push(wrong.proof);
    }
    const isAnew = (signers.anew?.m ?? 0) !== source.anew;
    // What came with the word of it comes again.
    const { entries, records } = isAnew ? { entries: [], records: [] } : copy;
    if (!isAnew) quarantined.push(...(await heldByRevoked(client, book, signers.takenKeys, entries)));
    await writeCopies(client, { book, entries, records, quarantined, cursor, now });
    for (const proof of proofs) await keepEvidence(client, book, { ...proof, at: now });
    const told = await keepTaken(client, signers, source.anew);
    if (!isAnew) await writeKeyEntries(client, book, signers.takenKeys, now);
    const keysOf = [...new Set(signers.takenKeys.map(({ organisation }) => organisation))];
    const applied = entries.length + told + signers.takenKeys.length;
    return { applied, quarantined, authorityChanged: told > 0, keysOf };
  });
}

/** The mandate by which a book has last begun anew, as far as it is known here; 0: none. */
export async function readAnew(pool: Database['pool'], root: Root): Promise<number> {
  return (await readSigners(pool, root)).anew?.m ?? 0;
}

/**
 * Verifies what a registrar says of who may write, and keeps it. What it says is not kept aside where it is wrong, since it may
 * be asked again; but two statements that contradict each other are.
 */
export async function applyStatements(
  pool: Database['pool'],
  root: Root,
  statements: readonly { kind: 'MANDATE' | 'TERM'; token: string }[],
  now: Date,
): Promise<{ faults: ItemFault[]; authorityChanged: boolean }> {
  const { book } = root;
  return inTransaction(pool, async (client) => {
    await lockCopy(client, book);
    const signers = await readSigners(client, root);
    const anew = signers.anew?.m ?? 0;
    const faults: ItemFault[] = [];
    for (const { kind, token } of statements) {
      const taken = signers.take(kind, token);
      if (taken.ok) continue;
      faults.push(taken);
      if (taken.proof) await keepEvidence(client, book, { ...taken.proof, at: now });
    }
    const told = await keepTaken(client, signers, anew);
    return { faults, authorityChanged: told > 0 };
  });
}

/** How many statements were new. Where the owner has accepted a loss since mandate `anewBefore`, what is void goes. */
async function keepTaken(
  client: PoolClient,
  { root: { book }, taken, holder, anew }: Signers,
  anewBefore: number,
): Promise<number> {
  for (const { atMs, ...statement } of taken) {
    await keepStatement(client, { book, ...statement, at: new Date(atMs) });
  }
  if (taken.length > 0) await setHolder(client, book, holder);
  if (anew && anew.m > anewBefore) await voidCopy(client, book, anew.after);
  return taken.length;
}

/** Takes an item in, or says what is wrong with it. */
function takeItem(item: ReceivedItem, copy: Copy, origin: Origin, from: string): ItemFault | null {
  if (isStatement(item.kind)) {
    const taken = origin.signers.take(item.kind, item.token, item.seq);
    return taken.ok ? null : taken;
  }
  if (item.kind === 'KEY') {
    const held = item.seq ? copy.at(item.seq) : undefined;
    if (held && held.token !== item.token) return fault('FORK', `a second token for entry ${held.seq}`);
    const taken = origin.signers.takeKey(item.token, item.seq ?? null);
    return taken.ok ? null : taken;
  }
  const checked = checkItem(item, copy, origin);
  if (!checked.ok) return checked;
  if (origin.signers.isStale(checked.change, from)) throw lostRight(from);
  copy.take(checked.entry);
  return null;
}

function isStatement(kind: string): kind is 'MANDATE' | 'TERM' {
  return kind === 'MANDATE' || kind === 'TERM';
}

/** Answers the `grantsSeq` of the copy. */
async function lockCopy(client: PoolClient, book: string): Promise<number> {
  const grantsSeq = await lockFeed(client, book);
  if (grantsSeq !== null) return grantsSeq;
  throw new LotbookError('NOT_FOUND', 'No local copy of the book is kept any more.');
}

/** Who could sign what in a book, as far as it is held. */
export async function readSigners(client: PoolClient | Database['pool'], root: Root): Promise<Signers> {
  const { book, owner } = root;
  const mandates = await readStatements(client, book, 'MANDATE');
  // Nearly all books have none.
  const terms = mandates.length === 0 ? [] : await readStatements(client, book, 'TERM');
  const held = [
    ...mandates.map(({ nr, token }) => ({ kind: 'MANDATE' as const, nr, token })),
    ...terms.map(({ nr, token }) => ({ kind: 'TERM' as const, nr, token })),
  ];
  const named = mandates.flatMap(({ token }) => namedIn(peekClaims(token) as unknown as MandateClaims));
  const signing = [owner, ...named.map(({ organisation }) => organisation)];
  return new Signers(root, held, await readKeyEntries(client, book, [...new Set(signing)]));
}

function begunAnew(): LotbookError {
  return new LotbookError('CURSOR_EXPIRED', 'The owner of the book has accepted a loss: it begins anew.');
}

function lostRight(from: string): LotbookError {
  return new LotbookError(
    'NOT_AUTHORITY',
    `${from} does not hold the book any more, and sends what only the holder can vouch for.`,
  );
}

/** Something in the batch cannot be stored: finds out what, and keeps that aside. */
async function applyOneByOne(
  pool: Database['pool'],
  source: Source,
  grants: Pick<Grants, 'at'>,
  { items, cursor }: Batch,
  now: Date,
): Promise<Applied> {
  const total = {
    applied: 0,
    quarantined: [] as QuarantinedItem[],
    authorityChanged: false,
    keysOf: [] as string[],
  };
  for (const item of items) {
    const one = { items: [item], cursor: undefined };
    try {
      const { applied, quarantined, authorityChanged, keysOf } = await applyWhole(
        pool,
        source,
        grants,
        one,
        now,
      );
      total.applied += applied;
      total.quarantined.push(...quarantined);
      total.authorityChanged ||= authorityChanged;
      total.keysOf.push(...keysOf);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      total.quarantined.push(
        aside(item, { code: 'NOT_STORED', detail: `SQLSTATE ${(error as { code: string }).code}` }),
      );
    }
  }
  const { book } = source;
  await inTransaction(pool, async (client) => {
    await lockCopy(client, book);
    await writeCopies(client, {
      book,
      entries: [],
      records: [],
      quarantined: total.quarantined,
      cursor,
      now,
    });
  });
  return total;
}

function aside(item: ReceivedItem, { code, detail }: Pick<ItemFault, 'code' | 'detail'>): QuarantinedItem {
  const seq = claimedPlace(item.token)?.seq ?? null;
  return { seq, code, detail: detail.slice(0, 500), item: evidenceOf(item, code) };
}

/**
 * Data exceptions, violated constraints and exceeded limits, such as that of an index row (SQLSTATE classes 22, 23 and
 * 54): the content's fault, not the connection's.
 */
function isRefusal(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(22|23|54)/.test(code);
}
