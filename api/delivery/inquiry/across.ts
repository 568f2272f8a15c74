import { LotbookError } from '../../errors.ts';
import { CASE, MOST_HOPS, MOST_SECONDS, PURPOSE, signInquiry } from '../../identity/inquiry.ts';
import { canonicalIdentifier } from '../../events/identifiers.ts';
import { Answers } from '../../recall/answers.ts';
import { type AskedThing, HopPlan, keyOf, type OpenEnd } from '../../recall/hops.ts';
import type { Direction, Found, TraceEnd, TraceQuestion } from '../../recall/trace.ts';
import { keyOf as keyOfEvent, type TraceEvent } from '../../recall/trace-event.ts';
import { hasRole } from '../../sharing/caller.ts';
import { ORDINARY_PURPOSE } from '../../sharing/grant.ts';
import { keepInquiry, mayBeAsked } from '../../store/inquiries.ts';
import { checkRange, questionOf, run, sourceOf, type TraceQuery } from '../trace.ts';
import type { EventSource } from '../trace-source.ts';
import { remembering } from '../remembering.ts';
import { openEnds } from './answer.ts';
import { askOrganisation } from './ask.ts';
import { Merge } from './merge.ts';
import { type Ask, MOST_ASKED, type InquiryBatch } from './messages.ts';
import { Received, showsMore, type Taken } from './received.ts';
import type { InquiryServices } from './services.ts';

/** For which case others are asked, and how far. */
export interface AcrossQuery {
  case: string;
  purpose: string;
  hops: number;
  withinSeconds: number;
  /** Asked about the starts in any case, whoever else may know more. */
  ask?: readonly string[] | null | undefined;
}

/** How an organisation fares that was asked; told anew whenever it changes. */
export interface AskedOrganisation {
  organisation: string;
  /** Who carries its answers, the nearest first. */
  via: readonly string[];
  state: 'ASKED' | 'ANSWERED' | 'UNREACHABLE' | 'REFUSED';
  /** UNREACHABLE: since then. */
  since: Date | null;
  /** How many things it was asked about. */
  things: number;
  /** Records that it has shown, verified. */
  records: number;
  /** Records, or papers of books, that could not be verified and are not used; of the last one why. */
  refused: number;
  fault: string | null;
}

export type AcrossStep = { found: Found[] } | { organisation: AskedOrganisation } | { notKept: number };

/**
 * A trace that goes on at the nodes of others: it goes over what is known here, asks those who may know more where it ends,
 * goes over everything again as answers come, and asks on, until nobody is left to be asked or the time is over. So each
 * round is one hop, however many things it is about. In the end each end says why the trace ends there.
 *
 * @throws LotbookError BAD_INPUT, NOT_PERMITTED, before anything is asked
 */
export async function* traceAcross(
  services: InquiryServices,
  query: TraceQuery,
  across: AcrossQuery,
  signal: AbortSignal,
): AsyncGenerator<AcrossStep, void> {
  const question = questionOf(query, 'input.starts');
  check(query, across);
  const { organisation: self, db } = services;
  const { id, inquiry, endsAt } = await makeInquiry(services, query, across);
  const received = await Received.open(services, { case: across.case, inquiry: id });
  const source = both(remembering(await sourceOf(services, query)), received, self);
  const gone = new AbortController();
  const outgoing = {
    inquiry,
    hops: [],
    before: null,
    endsAt,
    signal: AbortSignal.any([signal, gone.signal]),
  };
  const active = await mayBeAsked(db.pool);
  const turn = {
    self,
    path: [],
    given: [],
    hopsLeft: across.hops,
    mayAsk: (each: string) => active.has(each),
  };
  const board = new Board();
  const told = new Told();
  const plan = new HopPlan();
  const merge = new Merge<InquiryBatch>();
  // What it shows itself, a node has gone over itself, and has asked on from there.
  const isGoneOver = (organisation: string, { event, direction }: TraceEnd): boolean =>
    event !== null && received.isOfThis(event) && board.wasAsked(organisation, direction);
  let extra = askedAtStart(question, across);
  let ends: TraceEnd[] = [];
  let notKept = 0;
  try {
    for (let isNew = true, hasFresh = false; ;) {
      if (isNew) {
        ends = [];
        for await (const found of run(question, source)) {
          const fresh = told.fresh(found, ends);
          if (fresh.length > 0) yield { found: fresh };
        }
        const { ask } = plan.next([...extra, ...(await openEnds(services, ends, isGoneOver))], turn);
        extra = [];
        for (const [organisation, things] of ask) {
          for (const part of asksOf(question, things)) {
            merge.add(askOrganisation(services, outgoing, organisation, part));
          }
        }
        [isNew, hasFresh] = [false, false];
      }
      const batch = await merge.next();
      if (!batch) break;
      const taken = await received.take(batch);
      notKept += taken.notKept;
      const changed = board.note(batch, taken);
      if (changed) yield { organisation: changed };
      hasFresh ||= taken.fresh > 0;
      // What has come is gone over when somebody has said all: a batch alone seldom leads on.
      isNew = hasFresh && batch.state !== null;
    }
    const explained = ends.flatMap((end) => board.answers.explain(end));
    yield { found: explained.map((end) => ({ kind: 'END', end })) };
    yield { notKept };
  } finally {
    gone.abort();
  }
}

/** Signs an inquiry, and keeps who has made it. */
async function makeInquiry(
  { organisation: iss, randomId, clock, signer, db }: InquiryServices,
  { caller }: TraceQuery,
  { case: of, purpose, hops, withinSeconds }: AcrossQuery,
): Promise<{ id: string; inquiry: string; endsAt: number }> {
  const [id, now] = [randomId(), clock()];
  const [iat, exp] = [now / 1000, now / 1000 + withinSeconds];
  const inquiry = await signInquiry({ iss, jti: id, iat, exp, case: of, purpose, hops }, signer);
  await keepInquiry(db.pool, {
    id,
    case: of,
    purpose,
    by: caller.clientId,
    token: inquiry,
    at: new Date(now),
  });
  return { id, inquiry, endsAt: now + withinSeconds * 1000 };
}

/** @throws LotbookError BAD_INPUT, NOT_PERMITTED */
function check(
  { caller, viewAs, knownAt }: TraceQuery,
  { hops, withinSeconds, ...across }: AcrossQuery,
): void {
  if (!hasRole(caller, 'INVESTIGATOR', null)) {
    throw new LotbookError(
      'NOT_PERMITTED',
      'Other organisations are asked by people with the role INVESTIGATOR.',
    );
  }
  const wrong = (place: string, message: string) =>
    new LotbookError('BAD_INPUT', message, { place: `input.across.${place}` });
  if (!CASE.test(across.case)) throw wrong('case', 'Name the case in one line.');
  if (!PURPOSE.test(across.purpose)) {
    throw wrong(
      'purpose',
      `Name the purpose with lower-case letters, digits and hyphens: ${ORDINARY_PURPOSE}.`,
    );
  }
  checkRange('across.hops', hops, 1, MOST_HOPS);
  checkRange('across.withinSeconds', withinSeconds, 1, MOST_SECONDS - 1);
  if (viewAs || knownAt) throw wrong('case', 'Others are asked for what is so now, and answer whoever asks.');
}

function askedAtStart({ starts, directions }: TraceQuestion, { ask }: AcrossQuery): OpenEnd[] {
  const organisations = ask ?? [];
  if (organisations.length === 0) return [];
  const things = starts.flatMap((start) => ('thing' in start ? [canonicalIdentifier(start.thing)] : []));
  return things.flatMap((thing) => directions.map((direction) => ({ thing, direction, organisations })));
}

function* asksOf({ depth, from, until, most }: TraceQuestion, things: readonly AskedThing[]): Generator<Ask> {
  for (let at = 0; at < things.length; at += MOST_ASKED) {
    yield { things: things.slice(at, at + MOST_ASKED), depth, from, until, most };
  }
}

/** What is known here and what was received: of a record that both have, the one that shows more; of its own its own. */
function both(local: EventSource, received: Received, self: string): EventSource {
  return async (ask) => {
    const events = new Map<string, TraceEvent>();
    for (const event of await local(ask)) events.set(keyOfEvent(event), event);
    for (const event of received.answer(ask)) {
      const known = events.get(keyOfEvent(event));
      const isOwn = event.book.startsWith(`${self}/`);
      if (!isOwn && (!known || showsMore(event, known))) events.set(keyOfEvent(event), event);
    }
    return [...events.values()];
  };
}

/** What was told already: everything is gone over again with each answer. */
class Told {
  private readonly told = new Set<string>();

  /** What is new of it; ends are put aside, since they change as long as answers come. */
  fresh(found: readonly Found[], ends: TraceEnd[]): Found[] {
    const fresh: Found[] = [];
    for (const each of found) {
      if (each.kind === 'END') {
        ends.push(each.end);
        continue;
      }
      const key = keyOfFound(each);
      if (this.told.has(key)) continue;
      this.told.add(key);
      fresh.push(each);
    }
    return fresh;
  }
}

function keyOfFound(found: Exclude<Found, { kind: 'END' }>): string {
  if (found.kind === 'EVENT') {
    const { version, things, others } = found.event;
    return `EVENT ${keyOfEvent(found.event)} ${version} ${things.length + others.length}`;
  }
  if (found.kind === 'STAY') {
    const { child, parent, from, until } = found.stay;
    return `STAY ${child} ${parent} ${from} ${until}`;
  }
  const { identifier, direction, as } = found.thing;
  return `${as === 'CARRIER' ? 'CARRIER' : 'THING'} ${direction} ${identifier}`;
}

/** How those who were asked fare. */
class Board {
  readonly answers = new Answers();
  private readonly asked = new Map<string, AskedOrganisation>();
  private readonly things = new Map<string, Set<string>>();
  private readonly records = new Map<string, Set<string>>();

  /** Whether it was asked about anything this way. */
  wasAsked(organisation: string, direction: Direction): boolean {
    return [...(this.things.get(organisation) ?? [])].some((key) => key.startsWith(`${direction} `));
  }

  /** The organisation as it is now, where that has changed. */
  note(batch: InquiryBatch, { faults, verified }: Taken): AskedOrganisation | null {
    const { organisation, via, state, since, things, silences } = batch;
    const known = this.asked.get(organisation);
    const now: AskedOrganisation = known ?? {
      organisation,
      via,
      state: 'ASKED',
      since: null,
      things: 0,
      records: 0,
      refused: 0,
      fault: null,
    };
    for (const { reason, ...thing } of silences) this.answers.silence(organisation, reason, [thing]);
    if (state === 'ASKED') this.answers.ask(organisation, things);
    if (state === 'ANSWERED') this.answers.answer(organisation);
    if (state === 'REFUSED') this.answers.refuse(organisation);
    if (state === 'UNREACHABLE' && since) {
      this.answers.miss(organisation, since.getTime());
      // Those whom it carries, and who have not said all, are as far away as it is.
      for (const other of this.asked.values()) {
        if (other.via.includes(organisation)) this.answers.miss(other.organisation, since.getTime());
      }
    }
    const keys = setIn(this.things, organisation, things.map(keyOf));
    const records = setIn(this.records, organisation, verified);
    const isBack = now.state === 'ANSWERED' && (state === 'ASKED' || state === 'UNREACHABLE');
    const next: AskedOrganisation = {
      ...now,
      via: now.via.length <= via.length ? now.via : via,
      state: isBack ? now.state : (state ?? now.state),
      since: state === 'UNREACHABLE' && !isBack ? since : null,
      things: keys.size,
      records: records.size,
      refused: now.refused + faults.length,
      fault: faults.at(-1)?.code ?? now.fault,
    };
    this.asked.set(organisation, next);
    return state !== null || next.refused > now.refused ? next : null;
  }
}

function setIn(sets: Map<string, Set<string>>, key: string, more: readonly string[]): Set<string> {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set);
  for (const each of more) set.add(each);
  return set;
}
