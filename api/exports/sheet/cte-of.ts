import type { Fields } from '../../events/fields.ts';
import { localNames } from './local-names.ts';
import type { Cte } from './kdes.ts';

const SHIPPING = new Set(['shipping', 'departing', 'consigning']);
const RECEIVING = new Set(['receiving', 'accepting', 'arriving']);

/** What recorders call the events themselves, in an extension named `cte` or the like. */
const BY_NAME: readonly (readonly [RegExp, Cte])[] = [
  [/^harvest/, 'HARVESTING'],
  [/^cool/, 'COOLING'],
  [/^(initial_?)?pack(ing)?$/, 'INITIAL_PACKING'],
  [/^(first_?land|landing|first_?receiv)/, 'FIRST_RECEIVING'],
  [/^ship/, 'SHIPPING'],
  [/^receiv.*exempt/, 'RECEIVING_EXEMPT'],
  [/^receiv/, 'RECEIVING'],
  [/^transform/, 'TRANSFORMATION'],
];

/**
 * Which Critical Tracking Event an event is: the recorder's own word where there is one, else by its business step (CBV 2.0,
 * section 7.1, and the steps of GDST 1.2), its type and its dates. Aggregation and everything else that the rule does not name is
 * OTHER: it is listed all the same.
 */
export function cteOf(fields: Readonly<Fields>): Cte {
  const names = localNames(fields);
  const said = text(names.get('cte')) ?? text(names.get('criticaltrackingevent'));
  const named = said === null ? undefined : byName(said.replaceAll(/[\s-]+/g, '_'));
  if (named) return named;
  const step = stepOf(fields);
  const isAdding = fields['type'] === 'ObjectEvent' && fields['action'] === 'ADD';
  if (SHIPPING.has(step)) return 'SHIPPING';
  // A lot code that is given at the receipt: it came from somebody who gives none.
  if (RECEIVING.has(step)) return isAdding ? 'RECEIVING_EXEMPT' : 'RECEIVING';
  if (/landing/i.test(step)) return 'FIRST_RECEIVING';
  if (/harvest/i.test(step)) return 'HARVESTING';
  if (/cooling/i.test(step)) return 'COOLING';
  if (fields['type'] === 'TransformationEvent')
    return step === 'packing' ? 'INITIAL_PACKING' : 'TRANSFORMATION';
  if (!isAdding) return 'OTHER';
  if (step === 'packing') return 'INITIAL_PACKING';
  return names.has('harvestdate') || names.has('harvestenddate') ? 'HARVESTING' : 'OTHER';
}

function byName(said: string): Cte | undefined {
  return BY_NAME.find(([pattern]) => pattern.test(said.toLowerCase()))?.[1];
}

/** The last word of a business step: `shipping`, also where it stands in a vocabulary of users. */
export function stepOf(fields: Readonly<Fields>): string {
  return (
    String(fields['bizStep'] ?? '')
      .split(/[:/#]/)
      .at(-1) ?? ''
  );
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
