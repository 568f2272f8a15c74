import type { Fields } from '../../../api/events/fields.ts';
import { flatten } from '../../../api/events/fields.ts';
import type { JsonObject } from '../../../api/events/value.ts';
import { traceEvent, type TraceEvent } from '../../../api/recall/trace-event.ts';
import type { Found, TraceEnd, TraceQuestion } from '../../../api/recall/trace.ts';
import { walk } from '../../../api/recall/walk.ts';

/** A lot of one product: `lot('a')`. */
export const lot = (name: string): string => `https://id.gs1.org/01/09521234543213/10/${name}`;
/** A logistic unit: `pallet(1)`. */
export const pallet = (number: number): string => `https://id.gs1.org/00/${String(number).padStart(18, '0')}`;
export const place = (number: number): string => `https://id.gs1.org/414/952132100001${number}`;

/** A day of June 2026, in ms and as text. */
export const day = (number: number): number => Date.parse('2026-06-01T00:00:00Z') + (number - 1) * 86_400_000;
const time = (at: number): string => new Date(day(at)).toISOString();

export type Amounts = Readonly<Record<string, string | null>>;

const quantities = (amounts: Amounts): object[] =>
  Object.entries(amounts).map(([epcClass, amount]) => {
    const [quantity, uom] = amount?.split(' ') ?? [];
    return { epcClass, ...(quantity && { quantity }), ...(uom && { uom }) };
  });

let records = 0;

/** An event of a book of `farm.example`, as somebody sees it to whom everything is open but `closed`. */
export function event(fields: object, closed: readonly string[] = []): TraceEvent {
  records += 1;
  const source = {
    book: 'farm.example/season',
    record: `urn:event:${records}`,
    version: 1,
    organisation: 'farm.example',
    approvedAt: day(30),
  };
  const seen: Fields = Object.fromEntries(
    Object.entries(flatten(fields as JsonObject)).filter(([name]) => !closed.includes(name)),
  );
  return traceEvent(source, seen, (name) => !closed.includes(name));
}

export const made = (at: number, inputs: Amounts, outputs: Amounts, more: object = {}, closed?: string[]) =>
  event(
    {
      type: 'TransformationEvent',
      eventTime: time(at),
      ...(Object.keys(inputs).length > 0 && { inputQuantityList: quantities(inputs) }),
      ...(Object.keys(outputs).length > 0 && { outputQuantityList: quantities(outputs) }),
      ...more,
    },
    closed,
  );

export const seen = (at: number, bizStep: string, amounts: Amounts, more: object = {}, closed?: string[]) =>
  event(
    {
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime: time(at),
      bizStep,
      quantityList: quantities(amounts),
      ...more,
    },
    closed,
  );

export const packed = (
  at: number,
  action: 'ADD' | 'DELETE' | 'OBSERVE',
  parentID: string,
  children: Amounts,
  more: object = {},
) =>
  event({
    type: 'AggregationEvent',
    action,
    eventTime: time(at),
    parentID,
    childQuantityList: quantities(children),
    ...more,
  });

export const ANYTHING: Omit<TraceQuestion, 'starts' | 'directions'> = {
  depth: 100,
  from: null,
  until: null,
  inOrder: false,
  most: 100_000,
};

export interface Traced {
  /** Identifiers by what they were found as. */
  things: string[];
  carriers: string[];
  events: string[];
  ends: TraceEnd[];
  found: Found[];
  /** Identifiers and records that were asked for. */
  asked: string[];
}

/** Walks over events in memory. */
export function traced(
  events: readonly TraceEvent[],
  question: Partial<TraceQuestion> & Pick<TraceQuestion, 'starts'>,
): Traced {
  const asked: string[] = [];
  const found: Found[] = [];
  const steps = walk({ ...ANYTHING, directions: ['FORWARD'], ...question });
  for (let step = steps.next(); !step.done;) {
    if ('found' in step.value) {
      found.push(...step.value.found);
      step = steps.next([]);
      continue;
    }
    const { ask } = step.value;
    asked.push(...('links' in ask ? ask.links : ask.records));
    step = steps.next(
      events.filter(({ things, others, record }) =>
        'links' in ask
          ? [...things, ...others].some(({ identifier }) => ask.links.includes(identifier))
          : ask.records.includes(record),
      ),
    );
  }
  const things = found.flatMap((each) => (each.kind === 'THING' ? [each.thing] : []));
  return {
    things: things.filter(({ as }) => as !== 'CARRIER').map(({ identifier }) => identifier),
    carriers: things.filter(({ as }) => as === 'CARRIER').map(({ identifier }) => identifier),
    events: found.flatMap((each) => (each.kind === 'EVENT' ? [each.event.record] : [])),
    ends: found.flatMap((each) => (each.kind === 'END' ? [each.end] : [])),
    found,
    asked,
  };
}

export const reasons = ({ ends }: Traced): string[] =>
  ends.map(({ thing, reason }) => `${thing?.split('/').at(-1)} ${reason}`);
