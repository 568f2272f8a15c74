import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { classify } from '../events/identifiers.ts';
import type { AcrossQuery, AcrossStep, AskedOrganisation } from '../delivery/inquiry/across.ts';
import type { TraceQuery } from '../delivery/trace.ts';
import type { Stay } from '../recall/stays.ts';
import type { Found, FoundThing, TraceEnd } from '../recall/trace.ts';
import { destinationsOf, placesOf, processOf, sourcesOf, type TraceEvent } from '../recall/trace-event.ts';
import type { Caller } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import type { LinkRole, TraceBatch, TraceSummary } from './generated/resolvers.ts';
import { COMPLETE, eventStream, nextEvent } from './sse.ts';

/** One step may find all that happened at a place: no event of the stream is longer than a reader takes. */
const MOST_IN_BATCH = 500;

/**
 * One event, or a few, for each step of a trace, with what it found, and a last one with the summary. A reader that does not read
 * holds the trace up.
 * @throws LotbookError BAD_INPUT, NOT_FOUND, before anything is written
 */
export async function streamTrace(input: {
  context: GraphQLContext;
  res: ServerResponse;
  args: TraceQuery;
  /** Goes on at the nodes of others. */
  across?: AcrossQuery | null | undefined;
  render: (value: unknown) => string;
  /** The caller as it is now; null when it may not call any more. */
  stillMay: () => Promise<Caller | null>;
}): Promise<void> {
  const { context, res, args, across, render, stillMay } = input;
  const { caller, clock, signal } = context;
  const counts: TraceSummary = { things: 0, events: 0, ends: 0, notKept: 0 };
  const isCut = () => res.destroyed || signal.aborted || clock() >= caller.expiresAt;
  const steps = across ? context.inquiries.trace(args, across, signal) : alone(context.tracing.trace(args));
  // A start that cannot be is told as an error, not in the stream.
  let step = await steps.next();
  eventStream(res);
  for (; !step.done; step = await steps.next()) {
    if (isCut() || !(await stillMay())) break;
    const { value } = step;
    if ('notKept' in value) counts.notKept = value.notKept;
    for (const batch of batchesOf(value)) {
      if (isCut()) break;
      for (const name of ['things', 'events', 'ends'] as const) counts[name] += batch[name].length;
      if (!res.write(nextEvent(render(batch)))) await drained(res, signal);
    }
  }
  await steps.return();
  if (step.done && !isCut()) res.write(nextEvent(render({ ...batchOf([]), summary: counts })));
  res.end(COMPLETE);
}

async function* alone(steps: AsyncGenerator<Found[], void>): AsyncGenerator<AcrossStep, void> {
  for await (const found of steps) yield { found };
}

function* batchesOf(step: AcrossStep): Generator<TraceBatch> {
  if ('organisation' in step) yield { ...batchOf([]), organisations: [organisationView(step.organisation)] };
  if (!('found' in step)) return;
  for (let at = 0; at < step.found.length; at += MOST_IN_BATCH) {
    yield batchOf(step.found.slice(at, at + MOST_IN_BATCH));
  }
}

function organisationView({ via, ...asked }: AskedOrganisation): TraceBatch['organisations'][number] {
  return { ...asked, via: [...via] };
}

/** Resolves too when the reader goes away, or the node stops. */
async function drained(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (res.destroyed || signal.aborted) return;
  const gone = new AbortController();
  const stop = () => gone.abort();
  res.once('close', stop);
  signal.addEventListener('abort', stop, { once: true });
  await once(res, 'drain', { signal: gone.signal }).catch(() => undefined);
  res.off('close', stop);
  signal.removeEventListener('abort', stop);
}

function batchOf(found: readonly Found[]): TraceBatch {
  const batch: TraceBatch = {
    things: [],
    events: [],
    stays: [],
    ends: [],
    organisations: [],
    summary: null,
  };
  for (const each of found) {
    if (each.kind === 'THING') batch.things.push(thingView(each.thing));
    else if (each.kind === 'EVENT') batch.events.push(eventView(each.event, each.depth));
    else if (each.kind === 'STAY') batch.stays.push(stayView(each.stay));
    else batch.ends.push(endView(each.end));
  }
  return batch;
}

function thingView(thing: FoundThing): TraceBatch['things'][number] {
  const { kind, product = null } = classify(thing.identifier);
  return { ...thing, kind, product };
}

export function eventView(event: TraceEvent, depth: number): TraceBatch['events'][number] {
  const { time, things } = event;
  return {
    ...event,
    depth,
    time: time === null ? null : new Date(time),
    links: things.map((link) => ({ ...link, role: link.role.toUpperCase() as LinkRole })),
    places: placesOf(event),
    sources: sourcesOf(event),
    destinations: destinationsOf(event),
    process: processOf(event),
    declaredWrong: event.declaredWrong && {
      reason: event.declaredWrong.reason,
      correctiveEvents: [...event.declaredWrong.correctiveEvents],
    },
  };
}

function stayView({ child, parent, from, until, packed, unpacked }: Stay): TraceBatch['stays'][number] {
  return {
    child,
    parent,
    from: Number.isFinite(from) ? new Date(from) : null,
    until: Number.isFinite(until) ? new Date(until) : null,
    packed: packed.record,
    unpacked: unpacked?.record ?? null,
  };
}

export function endView(end: TraceEnd): TraceBatch['ends'][number] {
  return {
    ...end,
    fields: [...end.fields],
    ask: [...end.ask],
    event: end.event?.record ?? null,
    since: end.since === null ? null : new Date(end.since),
  };
}
