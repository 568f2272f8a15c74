import { toLotbookError } from '../../errors.ts';
import { signHop } from '../../identity/inquiry.ts';
import { parsePublicJwk, type PublicJwk } from '../../identity/jwk.ts';
import { type PinnedKeys, peekKid } from '../../identity/jws.ts';
import { sha256 } from '../../identity/sha256.ts';
import { findOrganisation } from '../../store/partners.ts';
import { batchOf, batchShape, type Ask, type InquiryBatch } from './messages.ts';
import { rootOf } from './papers.ts';
import type { InquiryServices } from './services.ts';

const INQUIRE = `subscription ($inquiry: String!, $hops: [String!]!, $ask: String!) {
  inquire(inquiry: $inquiry, hops: $hops, ask: $ask) {
    organisation via state since
    things { thing direction }
    silences { thing direction reason }
    books { book keys mandates terms keyEntries { organisation nr seq token } }
    records { book token disclosures unset }
  }
}`;

/** An inquiry on its way out of this node. */
export interface Outgoing {
  inquiry: string;
  /** The statements of those who handed it here; empty where this node asks itself. */
  hops: readonly string[];
  /** The one before with its key; null where this node asks itself. */
  before: { organisation: string; jwk: PublicJwk } | null;
  /** Until when its answer is waited for, ms. */
  endsAt: number;
  signal: AbortSignal;
}

/** Nothing is asked for less time than this. */
const LEAST_MS = 100;

/** Asks one organisation, and answers what it and those behind it say. Never rejects: what goes wrong is in the batches. */
export async function* askOrganisation(
  services: InquiryServices,
  { endsAt, signal, ...outgoing }: Outgoing,
  organisation: string,
  asked: Ask,
): AsyncGenerator<InquiryBatch, void> {
  yield batchOf(organisation, { state: 'ASKED', things: asked.things });
  const startedAt = services.clock();
  const withinMs = Math.max(Math.floor(endsAt - startedAt), LEAST_MS);
  const late = AbortSignal.timeout(withinMs);
  const ask = JSON.stringify(asked);
  let hasAnswered = false;
  try {
    const hop = await hopTo(services, outgoing, organisation, { ask, withinMs });
    const variables = { inquiry: outgoing.inquiry, hops: [...outgoing.hops, hop], ask };
    const limits = { signal: AbortSignal.any([signal, late]) };
    for await (const data of services.peers.subscribe(organisation, INQUIRE, variables, limits)) {
      const batch = batchShape.parse(data['inquire']);
      const isOwn = batch.organisation === organisation && batch.via.length === 0;
      if (isOwn && !(await isVouchedFor(services, organisation, batch)))
        throw new Error('books of somebody else');
      hasAnswered ||= isOwn && batch.state === 'ANSWERED';
      yield isOwn ? batch : { ...batch, via: [organisation, ...batch.via] };
    }
    if (hasAnswered || signal.aborted) return;
  } catch (error) {
    const { code } = toLotbookError(error);
    if (AWAY.has(code)) services.log.warn({ organisation, code }, 'an inquiry was not answered');
    else yield batchOf(organisation, { state: 'REFUSED' });
    if (hasAnswered || !AWAY.has(code)) return;
  }
  const known = await findOrganisation(services.db.prisma, organisation);
  yield batchOf(organisation, { state: 'UNREACHABLE', since: known?.unreachableAt ?? new Date(startedAt) });
}

/** What a node says that cannot serve now; an answer that cannot be read is none. */
const AWAY: ReadonlySet<string> = new Set(['UNREACHABLE', 'TOO_BUSY', 'SHUTTING_DOWN', 'INTERNAL']);

async function hopTo(
  { organisation: iss, clock, signer }: InquiryServices,
  { inquiry, hops, before }: Pick<Outgoing, 'inquiry' | 'hops' | 'before'>,
  aud: string,
  { ask, withinMs }: { ask: string; withinMs: number },
): Promise<string> {
  const n = hops.length + 1;
  const prev = sha256(hops.at(-1) ?? inquiry);
  const claims = { iss, aud, iat: clock() / 1000, n, prev, asked: sha256(ask), withinMs };
  return signHop(before ? { ...claims, vouches: before } : claims, signer);
}

/** The key with which the last hop was signed, as those behind this node have to know it. */
export function keyOfLast(hops: readonly string[], keys: PinnedKeys): PublicJwk {
  const key = keys.get(peekKid(hops.at(-1) ?? '') ?? '');
  if (!key) throw new Error('an inquiry is handed on after it was verified');
  return parsePublicJwk(key.key.export({ format: 'jwk' }));
}

/** Whether a partner says of its own books who owns them as it is known here: that is handed on as this node's word. */
async function isVouchedFor(
  { knownKeys }: InquiryServices,
  organisation: string,
  { books }: InquiryBatch,
): Promise<boolean> {
  if (books.length === 0) return true;
  const known = await knownKeys(organisation);
  return books.every((papers) => {
    const root = rootOf(papers, new Map());
    return root?.owner === organisation && [...root.keys.keys()].some((kid) => known.has(kid));
  });
}
