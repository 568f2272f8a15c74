import { verificationKey } from '../../identity/jwk.ts';
import type { PinnedKeys } from '../../identity/jws.ts';
import { isKeyLog, verifyKeyLog } from '../../identity/key-log.ts';
import { ownerOf } from '../../identity/request-token.ts';
import { peekClaims } from '../../identity/jws.ts';
import type { KeysLine } from '../../ledger/export/lines.ts';
import type { MandateClaims } from '../../ledger/statements/mandate.ts';
import { namedIn } from '../../ledger/statements/standing.ts';
import { readStatements } from '../../store/authority.ts';
import { readKeyEntries } from '../../store/key-entries.ts';
import type { ItemFault } from '../item-fault.ts';
import { Signers, type Root } from '../signers.ts';
import type { BookPapers } from './messages.ts';
import type { InquiryServices } from './services.ts';

/** By what those who do not follow a book verify its records: keys, mandates, terms. */
export async function papersOf({ db, keysLine }: InquiryServices, book: string): Promise<BookPapers> {
  const [mandates, terms] = await Promise.all([
    readStatements(db.pool, book, 'MANDATE'),
    readStatements(db.pool, book, 'TERM'),
  ]);
  const named = mandates.flatMap(({ token }) => namedIn(peekClaims(token) as unknown as MandateClaims));
  const owner = ownerOf(book);
  const signing = new Set([owner, ...named.map(({ organisation }) => organisation)]);
  const keys = await keysLine(owner);
  return {
    book,
    keys: keys ? [keys] : [],
    mandates: mandates.map(({ token }) => token),
    terms: terms.map(({ token }) => token),
    keyEntries: await readKeyEntries(db.pool, book, [...signing]),
  };
}

/** Whose book it is, with the owner's keys: those that are known here, else those that the papers tell. Null where they tell none. */
export function rootOf({ book, keys }: BookPapers, known: PinnedKeys): Root | null {
  const owner = ownerOf(book);
  const told = keys.find(({ organisation }) => organisation === owner);
  const pinned = told ? keysOf(told) : new Map();
  const isSame = known.size === 0 || [...pinned.keys()].some((kid) => known.has(kid));
  const all = isSame ? new Map([...known, ...pinned]) : known;
  return owner && all.size > 0 ? { book, owner, keys: all } : null;
}

function keysOf({ organisation, jwk, log }: KeysLine): PinnedKeys {
  if (jwk) {
    const key = verificationKey(jwk);
    return new Map([[key.kid, key]]);
  }
  const verified = verifyKeyLog(log ?? [], organisation);
  return isKeyLog(verified)
    ? new Map(verified.statements.map(({ key }) => [key.kid, key] as const))
    : new Map();
}

/** Who could sign what in a book, by its papers, each verified. */
export function signersOf(papers: BookPapers, root: Root): Signers | ItemFault {
  const signers = new Signers(root);
  const statements = [
    ...papers.mandates.map((token) => ['MANDATE', token] as const),
    ...papers.terms.map((token) => ['TERM', token] as const),
  ];
  for (const [kind, token] of statements) {
    const taken = signers.take(kind, token);
    if (!taken.ok) return taken;
  }
  for (const { token, seq } of papers.keyEntries) {
    const taken = signers.takeKey(token, seq);
    if (!taken.ok) return taken;
  }
  return signers;
}
