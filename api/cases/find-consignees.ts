import { consigneesOf } from '../recall/consignees.ts';
import type { Recipient } from '../recall/notice.ts';
import type { Found } from '../recall/trace.ts';
import type { Caller } from '../sharing/caller.ts';
import { findOrganisation } from '../store/partners.ts';
import type { CasesDeps } from './deps.ts';
import { readKinds } from './file.ts';

export interface ProposedConsignees {
  consignees: Recipient[];
  lots: string[];
  isCut: boolean;
}

const DEPTH = 100;
const MOST_EVENTS = 100_000;
/** A filter of records takes no more ids. */
const MOST_PARTIES = 1_000;

/**
 * To whom this organisation shipped lots, or what was made of them. Who they are is said by records of parties: one that names
 * an organisation with a node, and a partner, can be sent the notice there.
 */
export async function findConsignees(
  deps: CasesDeps,
  caller: Caller,
  lots: readonly string[],
): Promise<ProposedConsignees> {
  const { tracing, reading, organisation } = deps;
  const found: Found[] = [];
  const steps = tracing.trace({
    caller,
    starts: lots.map((thing) => ({ thing })),
    direction: 'FORWARD',
    depth: DEPTH,
    inOrder: false,
    most: MOST_EVENTS,
  });
  for await (const step of steps) found.push(...step);
  const books = await reading.books(caller);
  const own = new Set(books.filter(({ owner }) => owner === organisation).map(({ id }) => id));
  const { consignees, lots: affected } = consigneesOf(found, (book) => own.has(book));
  const parties = await partiesOf(
    deps,
    caller,
    consignees.map(({ party }) => party),
  );
  return {
    lots: affected,
    isCut: found.some((each) => each.kind === 'END' && each.end.reason === 'LIMIT'),
    consignees: consignees.map(({ party, consigned }) => ({
      name: party,
      ...parties.get(party),
      party,
      consigned,
    })),
  };
}

async function partiesOf(
  deps: CasesDeps,
  caller: Caller,
  ids: readonly string[],
): Promise<Map<string, Pick<Recipient, 'name' | 'organisation' | 'email'>>> {
  const parties = new Map<string, Pick<Recipient, 'name' | 'organisation' | 'email'>>();
  if (ids.length === 0) return parties;
  for (const { id: book } of await deps.reading.books(caller)) {
    for (const { id, fields } of await readKinds(deps, caller, book, ['PARTY'], ids.slice(0, MOST_PARTIES))) {
      const { name, organisation, email } = fields;
      const partner =
        typeof organisation === 'string' ? await findOrganisation(deps.db.prisma, organisation) : null;
      const isReached = partner?.status === 'ACTIVE' && partner.url !== null;
      parties.set(id, {
        name: typeof name === 'string' ? name : (parties.get(id)?.name ?? id),
        ...(isReached && { organisation: partner.id }),
        ...(typeof email === 'string' && { email }),
      });
    }
  }
  return parties;
}
