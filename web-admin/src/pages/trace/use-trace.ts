import { useEffect, useState } from 'react';
import { subscribe } from '../../app/stream.ts';
import {
  TraceDocument,
  type TraceInput,
  type TraceSubscription,
} from '../../operations/generated/documents.ts';
import { type Batch, type Found, NOTHING } from './chain.ts';

export interface Tracing {
  found: Found;
  /** Told when all is found. */
  summary: Batch['summary'];
  isRunning: boolean;
  failure: string | null;
}

const IDLE: Tracing = { found: NOTHING, summary: null, isRunning: false, failure: null };
/** The picture is made anew so often while answers come: more often nobody could look at it. */
const PICTURE_MS = 250;

/** What a trace has found so far; null asks nothing. Another question ends the one before. */
export function useTrace(input: TraceInput | null): Tracing {
  const [tracing, setTracing] = useState<Tracing>(IDLE);
  const key = input && JSON.stringify(input);
  useEffect(() => {
    if (key === null) {
      setTracing(IDLE);
      return undefined;
    }
    const gone = new AbortController();
    void run(JSON.parse(key) as TraceInput, gone.signal, setTracing);
    return () => gone.abort();
  }, [key]);
  return tracing;
}

async function run(input: TraceInput, signal: AbortSignal, tell: (tracing: Tracing) => void): Promise<void> {
  const found = { things: [], events: [], stays: [], ends: [] } as { [K in keyof Found]: Found[K][number][] };
  let summary: Batch['summary'] = null;
  let failure: string | null = null;
  let toldAt = performance.now();
  const state = (isRunning: boolean): Tracing => {
    const copy = {
      things: [...found.things],
      events: [...found.events],
      stays: [...found.stays],
      ends: [...found.ends],
    };
    return { found: copy, summary, isRunning, failure };
  };
  tell(state(true));
  try {
    for await (const { trace } of subscribe<TraceSubscription, { input: TraceInput }>(
      TraceDocument,
      { input },
      signal,
    )) {
      found.things.push(...trace.things);
      found.events.push(...trace.events);
      found.stays.push(...trace.stays);
      found.ends.push(...trace.ends);
      summary = trace.summary ?? summary;
      if (performance.now() - toldAt < PICTURE_MS) continue;
      toldAt = performance.now();
      if (!signal.aborted) tell(state(true));
    }
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  if (!signal.aborted) tell(state(false));
}
