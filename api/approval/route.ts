import type { Logger } from 'pino';
import { z } from 'zod';
import type { Route } from '../authority/requester.ts';
import { verificationKey } from '../identity/jwk.ts';
import { peekClaims, type PinnedKeys } from '../identity/jws.ts';
import { ownerOf } from '../identity/request-token.ts';
import { tokenHash } from '../ledger/change.ts';
import { contradiction, type SignedStatement } from '../ledger/statements/contradiction.ts';
import { membersNamed, verifyStanding, type Standing } from '../ledger/statements/standing.ts';
import {
  keepEvidence,
  keepStatement,
  lastStatement,
  readStatement,
  type StatementKind,
} from '../store/authority.ts';
import type { Pool } from '../store/database.ts';

export interface RouteDeps {
  pool: Pool;
  /** ms since 1970 */
  clock: () => number;
  log: Logger;
  /** Keys by which an organisation signs its statements. */
  keysOf: (organisation: string) => Promise<PinnedKeys>;
}

/** Where requests for a book go, with the keys of the members. */
export interface KnownRoute extends Route {
  readonly keys: ReadonlyMap<string, PinnedKeys>;
}

/** By the last term that is kept here; to `holder`, as long as nothing is. */
export async function knownRoute(deps: RouteDeps, book: string, holder: string): Promise<KnownRoute> {
  const { pool } = deps;
  const term = await lastStatement(pool, book, 'TERM');
  const m = term && peekClaims(term.token)?.['m'];
  const mandate = typeof m === 'number' ? await readStatement(pool, book, 'MANDATE', m) : null;
  const standing =
    term && mandate && (await verified(deps, book, { mandateToken: mandate, termToken: term.token }));
  return standing ? routeOf(standing) : { n: 0, holder, other: null, keys: new Map() };
}

const answerShape = z.object({ mandateToken: z.string(), termToken: z.string() });

/** What another node says of the authority of a book, verified and kept; null where it says nothing that can be believed. */
export async function learnRoute(deps: RouteDeps, book: string, answer: unknown): Promise<KnownRoute | null> {
  const said = answerShape.safeParse(answer).data;
  const standing = said && (await verified(deps, book, said));
  if (!standing) return null;
  await keep(deps, book, 'MANDATE', {
    ...standing.mandate,
    nr: standing.mandate.claims.m,
    token: said.mandateToken,
  });
  await keep(deps, book, 'TERM', { ...standing.term, nr: standing.term.claims.n, token: said.termToken });
  return routeOf(standing);
}

async function verified(
  { keysOf, log }: RouteDeps,
  book: string,
  tokens: { mandateToken: string; termToken: string },
): Promise<Standing | null> {
  const owner = ownerOf(book);
  const standing = verifyStanding({ book, owner, ownerKeys: await keysOf(owner), ...tokens });
  if (standing.ok) return standing;
  log.warn({ book, code: standing.code, detail: standing.detail }, 'a term is not believed');
  return null;
}

function routeOf({ mandate, term }: Standing): KnownRoute {
  const members = membersNamed(mandate.claims);
  const { n, holder } = term.claims;
  const other = members.find(({ organisation }) => organisation !== holder)?.organisation ?? null;
  const keys = members.map(({ organisation, jwk }) => {
    const key = verificationKey(jwk);
    return [organisation, new Map([[key.kid, key]])] as const;
  });
  return { n, holder, other, keys: new Map(keys) };
}

/** Of two statements with one number both are kept: the first as what counts here, the pair as proof. */
async function keep<S extends Standing['mandate'] | Standing['term']>(
  { pool, clock, log }: RouteDeps,
  book: string,
  kind: StatementKind,
  statement: S & { nr: number; token: string },
): Promise<void> {
  const { nr, token } = statement;
  const at = new Date(clock());
  const kept = await keepStatement(pool, { book, kind, nr, token, at });
  if (kept === token) return;
  const first = {
    ...statement,
    claims: peekClaims(kept),
    hash: tokenHash(kept),
  } as unknown as SignedStatement;
  const found = contradiction(first, statement);
  if (found && (await keepEvidence(pool, book, { ...found, first: kept, second: token, at }))) {
    log.error({ book, ...found }, 'two signed statements contradict each other: both are kept');
  }
}
