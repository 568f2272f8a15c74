import type { Direction, TraceQuestion } from '../../../api/recall/trace.ts';
import { inputsOf, isTransformed, outputsOf, type TraceEvent } from '../../../api/recall/trace-event.ts';

/** What a trace has to find. */
export interface Expected {
  things: Set<string>;
  carriers: Set<string>;
  events: Set<string>;
}

/**
 * The meaning of a trace, said plainly and slowly: every moment is looked at by itself, and rules are applied until
 * nothing new comes. `moments` are all times that events have. No dates, no depth, no parts of lots.
 */
export function expected(
  events: readonly TraceEvent[],
  question: Pick<TraceQuestion, 'inOrder'> & { starts: readonly string[]; direction: Direction },
  moments: readonly number[],
): Expected {
  const { direction, inOrder } = question;
  const valid = events.filter(({ declaredWrong }) => !declaredWrong);
  const traced = new Set<string>();
  const holding = new Set<string>();
  const carrying = new Set<string>();
  const things = new Set<string>(question.starts);
  const found = new Set<string>();
  const key = (thing: string, moment: number) => `${thing}@${moment}`;
  const later = (a: number, b: number) => (direction === 'FORWARD' ? a >= b : a <= b);
  for (const start of question.starts) {
    for (const moment of moments) traced.add(key(start, moment));
    for (const moment of moments) holding.add(key(start, moment));
  }
  const links = (event: TraceEvent, thing: string) =>
    event.things.filter(({ identifier }) => identifier === thing);
  const sideOf = (event: TraceEvent, thing: string) => {
    const roles = links(event, thing)
      .filter(isTransformed)
      .map(({ role }) => role);
    if (roles.length === 0) return 'ALONG';
    return roles.includes(direction === 'FORWARD' ? 'in' : 'out') ? 'ON' : 'AGAINST';
  };
  const every = new Set(events.flatMap((event) => event.things.map(({ identifier }) => identifier)));

  for (let size = -1; size !== traced.size + holding.size + carrying.size + things.size + found.size;) {
    size = traced.size + holding.size + carrying.size + things.size + found.size;
    const takeOn = (event: TraceEvent) => {
      for (const { identifier } of direction === 'FORWARD' ? outputsOf(event) : inputsOf(event)) {
        things.add(identifier);
        holding.add(key(identifier, event.time as number));
        for (const moment of moments)
          if (later(moment, event.time as number)) traced.add(key(identifier, moment));
      }
    };
    for (const event of events) {
      for (const thing of new Set(event.things.map(({ identifier }) => identifier))) {
        const side = sideOf(event, thing);
        if (side === 'AGAINST') continue;
        const isTraced = traced.has(key(thing, event.time as number));
        const isCarrier = carrying.has(key(thing, event.time as number));
        const isParent = links(event, thing).some(({ role }) => role === 'parent');
        const ofContents = isParent && event.things.some(({ role }) => role === 'child');
        const reached = isTraced || (side === 'ON' && !inOrder && things.has(thing));
        if (reached || (isCarrier && !ofContents)) {
          found.add(event.record);
          if (!event.declaredWrong && side === 'ON') takeOn(event);
        }
      }
    }
    for (const parent of every) {
      for (const child of every) {
        for (const moment of moments) {
          if (!isIn(valid, parent, child, moment)) continue;
          if (traced.has(key(child, moment)) || carrying.has(key(child, moment)))
            carrying.add(key(parent, moment));
          if (!holding.has(key(parent, moment))) continue;
          things.add(child);
          holding.add(key(child, moment));
          for (const other of moments) if (later(other, moment)) traced.add(key(child, other));
        }
      }
    }
  }
  return {
    things,
    carriers: new Set([...carrying].map((each) => each.replace(/@-?\d+$/, ''))),
    events: found,
  };
}

/** Was the child in the parent at the moment? No two events have one time. */
function isIn(events: readonly TraceEvent[], parent: string, child: string, moment: number): boolean {
  const ofParent = events.filter(({ things }) =>
    things.some(({ role, identifier }) => role === 'parent' && identifier === parent),
  );
  const has = ({ things }: TraceEvent) =>
    things.some(({ role, identifier }) => role === 'child' && identifier === child);
  const packings = ofParent.filter((event) => event.action !== 'DELETE' && has(event));
  const unpackings = ofParent.filter((event) => event.action === 'DELETE' && has(event));
  const emptyings = ofParent.filter(
    ({ action, things }) => action === 'DELETE' && !things.some(({ role }) => role === 'child'),
  );
  const outs = [...unpackings, ...emptyings].map(({ time }) => time as number);
  const isOutBetween = (from: number, until: number) => outs.some((out) => from < out && out < until);
  const since = packings.map(({ time }) => time as number).filter((time) => time <= moment);
  if (since.some((time) => !isOutBetween(time, moment))) return true;
  // Unpacked without having been packed since it was last out: it was in all that time.
  return unpackings.some(({ time }) => {
    const out = time as number;
    const before = Math.max(-Infinity, ...outs.filter((other) => other < out));
    const wasPacked = packings.some(
      (packing) => (packing.time as number) > before && (packing.time as number) < out,
    );
    return !wasPacked && before <= moment && moment <= out;
  });
}
