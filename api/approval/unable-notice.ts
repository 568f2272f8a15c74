import type { Caller } from '../sharing/caller.ts';
import { tokenHash } from '../ledger/change.ts';
import { type UnableClaims, verifyUnable } from '../ledger/statements/unable.ts';
import { peekClaims, peekKid } from '../identity/jws.ts';
import type { Here } from './here.ts';

/** A notice is about now; clocks may differ by this. */
const FRESH_MS = 120_000;

/**
 * The notice that came with requests; null where it does not count: it must be its caller's own, for this node, fresh, and
 * about one of these requests. A request is not lost over its notice: it is then treated as without one.
 */
export async function readNotice(
  { keysOf, organisation, clock, log }: Pick<Here, 'keysOf' | 'organisation' | 'clock' | 'log'>,
  caller: Caller,
  notice: string,
  tokens: readonly string[],
): Promise<UnableClaims | null> {
  const book = peekClaims(notice)?.['book'];
  const expected = { issuer: caller.organisation, audience: organisation, book: String(book) };
  const verified = verifyUnable(notice, {
    ...expected,
    keys: await keysOf(caller.organisation, peekKid(notice)),
  });
  const isFresh = verified.ok && Math.abs(clock() - verified.claims.iat * 1000) <= FRESH_MS;
  if (isFresh && tokens.some((token) => tokenHash(token) === verified.claims.request)) return verified.claims;
  const code = verified.ok ? 'NOT_FRESH' : verified.code;
  log.warn({ organisation: caller.organisation, code }, 'a notice with requests does not count');
  return null;
}
