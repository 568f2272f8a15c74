import { LotbookError } from '../../errors.ts';
import {
  claimedSigners,
  type InquiryClaims,
  MOST_HOPS,
  verifyInquiry,
  type VerifiedInquiry,
} from '../../identity/inquiry.ts';
import { verificationKey } from '../../identity/jwk.ts';
import type { PinnedKeys } from '../../identity/jws.ts';
import { parseStrictObject } from '../../identity/strict-json.ts';
import type { SilenceReason } from '../../recall/answers.ts';
import { whoMayKnow } from '../../recall/answers.ts';
import { type AskedThing, HopPlan, type OpenEnd } from '../../recall/hops.ts';
import type { Direction, TraceEnd } from '../../recall/trace.ts';
import { keyOf as keyOfEvent, type TraceEvent } from '../../recall/trace-event.ts';
import type { Caller } from '../../sharing/caller.ts';
import type { Question } from '../../sharing/permitted.ts';
import { findClient, publicJwkOf } from '../../store/clients.ts';
import { forwardsTo, whoStandsAt } from '../../store/inquiries.ts';
import { findOrganisation } from '../../store/partners.ts';
import { run } from '../trace.ts';
import { openEventSource } from '../trace-source.ts';
import { askOrganisation, keyOfLast, type Outgoing } from './ask.ts';
import { Merge } from './merge.ts';
import { askShape, batchOf, type Ask, type InquiryBatch } from './messages.ts';
import { papersOf } from './papers.ts';
import type { InquiryServices } from './services.ts';
import { openBooks, questionOf, shownRecords, silenceOf } from './shown.ts';

/** An inquiry as another node brings it. */
export interface GivenInquiry {
  inquiry: string;
  hops: readonly string[];
  ask: string;
}

/** An inquiry that was taken, and its answer as it is found. */
export interface TakenInquiry {
  claims: InquiryClaims;
  answer(signal: AbortSignal): AsyncGenerator<InquiryBatch, void>;
}

const MOST_RECORDS = 100;
/** What is left of the time for the way back. */
const BACK_MS = 500;
const MOST_PLANS = 1_000;

/** The plans of the inquiries that came by here lately: what comes by two ways is handed on once. */
export type Plans = Map<string, { plan: HopPlan; until: number }>;

/**
 * Checks an inquiry. Who asks, who handed it on and this node's rules then decide what is answered and whom it goes on to.
 * @throws LotbookError NOT_PERMITTED unless a partner's node calls, BAD_INPUT, UNVERIFIED
 */
export async function takeInquiry(
  services: InquiryServices,
  plans: Plans,
  caller: Caller,
  given: GivenInquiry,
): Promise<TakenInquiry> {
  const { organisation: self } = services;
  if (caller.own || caller.introduced || caller.clientId !== caller.organisation) {
    throw new LotbookError('NOT_PERMITTED', 'Inquiries are for the nodes of partners: ask your own node.');
  }
  const parsed = askShape.safeParse(parseStrictObject(Buffer.from(given.ask)));
  if (!parsed.success) throw new LotbookError('BAD_INPUT', 'This is nothing to ask.', { place: 'ask' });
  // Before the signers of the hops are looked up, one by one.
  if (given.hops.length > MOST_HOPS) {
    throw new LotbookError('BAD_INPUT', `An inquiry has at most ${MOST_HOPS} hops.`, { place: 'hops' });
  }
  const keys = new Map<string, PinnedKeys>();
  for (const signer of claimedSigners(given)) keys.set(signer, await keyInForce(services, signer));
  const verified = verifyInquiry(given, {
    asked: given.ask,
    self,
    caller: caller.organisation,
    nowMs: services.clock(),
    keysOf: (organisation) => keys.get(organisation) ?? new Map(),
  });
  if (!verified.ok) {
    const { code, detail } = verified;
    throw new LotbookError('UNVERIFIED', `The inquiry is refused: ${code} (${detail}).`, { place: 'hops' });
  }
  const { claims } = verified;
  const plan = planOf(plans, claims, services.clock());
  const before = {
    organisation: caller.organisation,
    jwk: keyOfLast(given.hops, keys.get(caller.organisation) ?? new Map()),
  };
  const endsAt = services.clock() + Math.max(verified.withinMs - BACK_MS, BACK_MS);
  const { inquiry, hops } = given;
  return {
    claims,
    answer: (signal) =>
      answer(services, {
        ask: parsed.data,
        plan,
        verified,
        outgoing: { inquiry, hops, before, endsAt, signal },
      }),
  };
}

/**
 * The key with which an organisation speaks now; none of one that is not known here.
 * @throws LotbookError NOT_PERMITTED for one with which this node has ceased to exchange: no way leads to it
 */
async function keyInForce({ db }: InquiryServices, organisation: string): Promise<PinnedKeys> {
  const [known, client] = await Promise.all([
    findOrganisation(db.prisma, organisation),
    findClient(db.prisma, organisation),
  ]);
  if (known && !EXCHANGING.has(known.status)) {
    throw new LotbookError(
      'NOT_PERMITTED',
      'This inquiry comes by somebody with whom this node does not exchange.',
    );
  }
  if (!client?.node || client.revokedAt !== null) return new Map();
  const key = verificationKey(publicJwkOf(client));
  return new Map([[key.kid, key]]);
}

const EXCHANGING: ReadonlySet<string> = new Set(['SELF', 'ACTIVE', 'INTRODUCED']);

function planOf(plans: Plans, { iss, jti, exp }: InquiryClaims, now: number): HopPlan {
  for (const [id, { until }] of plans) if (until <= now || plans.size > MOST_PLANS) plans.delete(id);
  const id = `${iss} ${jti}`;
  const known = plans.get(id);
  if (known) return known.plan;
  const plan = new HopPlan();
  plans.set(id, { plan, until: exp * 1000 });
  return plan;
}

interface Answering {
  ask: Ask;
  plan: HopPlan;
  verified: VerifiedInquiry;
  outgoing: Outgoing;
}

/** What this node shows of the things itself, then what those behind it say. */
async function* answer(
  services: InquiryServices,
  { ask, plan, verified, outgoing }: Answering,
): AsyncGenerator<InquiryBatch, void> {
  const { organisation: self } = services;
  const question = await questionOf(services, verified.path, verified.claims);
  const ends: TraceEnd[] = [];
  yield* own(services, { ask, question, ends });
  const open = await openEnds(services, ends);
  const mayAsk = await forwardsTo(services.db.pool);
  const { path, hopsLeft } = verified;
  const { ask: next, held } = plan.next(open, {
    self,
    path,
    given: ask.things,
    hopsLeft,
    mayAsk: (organisation) => mayAsk.has(organisation),
  });
  const notForwarded = held.map((thing) => ({ ...thing, reason: 'NOT_FORWARDED' as const }));
  yield batchOf(self, { state: 'ANSWERED', silences: notForwarded });
  const merge = new Merge<InquiryBatch>();
  for (const [organisation, things] of next) {
    merge.add(askOrganisation(services, outgoing, organisation, { ...ask, things: [...things] }));
  }
  for (let batch = await merge.next(); batch; batch = await merge.next()) yield batch;
}

/** What the books of this organisation show, with the eyes of all in the chain; notes where it ends. */
async function* own(
  services: InquiryServices,
  { ask, question, ends }: { ask: Ask; question: Question; ends: TraceEnd[] },
): AsyncGenerator<InquiryBatch, void> {
  const { organisation: self } = services;
  const books = await openBooks(services, question);
  const source = openEventSource(services, books.open, null);
  const told = new Set<string>();
  const named = new Set<string>();
  const hasPapers = new Set<string>();
  for (const direction of ['BACK', 'FORWARD'] as const) {
    for await (const found of run(walkOf(ask, direction), source)) {
      const events: TraceEvent[] = [];
      for (const each of found) {
        if (each.kind === 'END') ends.push(each.end);
        if (each.kind !== 'EVENT' || told.has(keyOfEvent(each.event))) continue;
        told.add(keyOfEvent(each.event));
        for (const { identifier } of each.event.things) named.add(identifier);
        events.push(each.event);
      }
      for (let at = 0; at < events.length; at += MOST_RECORDS) {
        const records = await shownRecords(services, events.slice(at, at + MOST_RECORDS), question);
        const fresh = [...new Set(records.map(({ book }) => book))].filter((book) => !hasPapers.has(book));
        for (const book of fresh) hasPapers.add(book);
        yield batchOf(self, {
          records,
          books: await Promise.all(fresh.map((book) => papersOf(services, book))),
        });
      }
    }
  }
  const silences = ask.things
    .filter(({ thing }) => !named.has(thing))
    .map((asked): AskedThing & { reason: SilenceReason } => ({
      ...asked,
      reason: silenceOf(asked, books.own),
    }));
  yield batchOf(self, { silences });
}

function walkOf({ things, depth, from, until, most }: Ask, direction: Direction) {
  const starts = things.filter((asked) => asked.direction === direction).map(({ thing }) => ({ thing }));
  return { starts, directions: [direction], depth, from, until, inOrder: false, most };
}

/** The ends at which others may know more, with who stands at the places that they name. */
export async function openEnds(
  { db }: Pick<InquiryServices, 'db'>,
  ends: readonly TraceEnd[],
  isGoneOver: (organisation: string, end: TraceEnd) => boolean = () => false,
): Promise<OpenEnd[]> {
  const leads = ends.map((end) => ({ end, ...whoMayKnow(end) }));
  const standing = await whoStandsAt(db.pool, [...new Set(leads.flatMap(({ identifiers }) => identifiers))]);
  return leads.flatMap(({ end, identifiers, organisation }) => {
    const { thing, direction } = end;
    const organisations = identifiers.flatMap((id) => standing.get(id) ?? []);
    if (organisation !== null && !isGoneOver(organisation, end)) organisations.push(organisation);
    return thing === null || organisations.length === 0 ? [] : [{ thing, direction, organisations }];
  });
}
