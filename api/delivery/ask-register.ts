import { z } from 'zod';
import { peekClaims } from '../identity/jws.ts';
import type { MandateClaims } from '../ledger/statements/mandate.ts';
import { lastStatement } from '../store/authority.ts';
import { applyStatements } from './apply.ts';
import type { FeedReaderOptions } from './feed-reader.ts';
import { isContradiction } from './item-fault.ts';

export const AUTHORITY = 'query Authority($book: ID!) { authority(book: $book) { mandateToken termToken } }';

const TIMEOUT_MS = 5_000;

const token = z.string().max(40_000).nullable();
const authorityData = z.object({ authority: z.object({ mandateToken: token, termToken: token }).nullable() });

/**
 * Asks the witness of a book who may write now, so that a node to which nobody talks learns of a new holder too. The higher
 * term is followed, a lower one refused; of two with one number both are kept as evidence. Answers whether anything is new.
 */
export async function askRegister(
  options: Pick<FeedReaderOptions, 'bell' | 'clock' | 'db' | 'keysOf' | 'log' | 'peers'>,
  { book, owner }: { book: string; owner: string },
): Promise<boolean> {
  const { bell, clock, db, log, peers } = options;
  const mandate = await lastStatement(db.pool, book, 'MANDATE');
  const { witness } = (mandate && (peekClaims(mandate.token) as MandateClaims | undefined)) ?? {};
  if (!witness) return false;
  const from = witness.organisation;
  const data = await peers.call(from, AUTHORITY, { book }, { timeoutMs: TIMEOUT_MS });
  const { authority } = authorityData.parse(data);
  const { mandateToken = null, termToken = null } = authority ?? {};
  const told = [
    ...(mandateToken === null ? [] : [{ kind: 'MANDATE' as const, token: mandateToken }]),
    ...(termToken === null ? [] : [{ kind: 'TERM' as const, token: termToken }]),
  ];
  const root = { book, owner, keys: await options.keysOf(owner) };
  const { faults, authorityChanged } = await applyStatements(db.pool, root, told, new Date(clock()));
  for (const { code, detail } of faults) {
    const alarm = isContradiction(code) ? log.error : log.warn;
    alarm.call(log, { book, from, code, detail }, 'what a register says of a book failed verification');
  }
  if (authorityChanged) bell.ring(book);
  return authorityChanged;
}
