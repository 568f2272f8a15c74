import type { JsonValue } from '../identity/strict-json.ts';
import { BoundedCache } from './bounded-cache.ts';
import { isFieldName, NAMES_FIELD } from './field-value.ts';
import { LotbookError } from '../errors.ts';
import { slotTable } from './slot-table.ts';

/** Everything about a token's slots that depends on the names alone, worked out once for each set of names. */
export interface Layout {
  readonly slotSalt: string;
  readonly slotCount: number;
  /** The set fields; the opening is `prefix`, the value's JSON, and `]`. */
  readonly set: readonly { readonly name: string; readonly slot: number; readonly prefix: string }[];
  /** The openings that no value changes: unset names, and the list of the names that are set. */
  readonly fixed: readonly { readonly slot: number; readonly opening: string }[];
}

const layouts = new BoundedCache<Layout>(1024);

/** The layout for a state and the granted names that it may lack. Throws `BAD_INPUT`. */
export function layoutFor(
  state: Readonly<Record<string, JsonValue>>,
  alsoNames: readonly string[] | undefined,
  slotKey: Uint8Array,
): Layout {
  // The order of the names may differ from call to call: that costs another entry, not another result.
  let cacheKey = Buffer.from(slotKey).toString('latin1');
  const names = Object.keys(state);
  for (const name of names) cacheKey += `${state[name] === null ? '-' : '+'}${name.length}:${name}`;
  if (alsoNames) for (const name of alsoNames) cacheKey += `-${name.length}:${name}`;
  let layout = layouts.get(cacheKey);
  if (!layout) layouts.set(cacheKey, (layout = makeLayout(state, names, alsoNames ?? [], slotKey)));
  return layout;
}

function makeLayout(
  state: Readonly<Record<string, JsonValue>>,
  names: readonly string[],
  alsoNames: readonly string[],
  slotKey: Uint8Array,
): Layout {
  const all = [...new Set([...names, ...alsoNames])];
  const bad = all.find((name) => !isFieldName(name));
  if (bad !== undefined)
    throw new LotbookError('BAD_INPUT', `not a field name: ${JSON.stringify(bad.slice(0, 80))}`);
  const isSet = (name: string) => Object.hasOwn(state, name) && state[name] !== null;
  const table = slotTable([...all, NAMES_FIELD], all.length, slotKey);
  const placed = all.map((name, i) => ({
    name,
    slot: table.slots[i] as number,
    prefix: `[${JSON.stringify(name)},`,
  }));
  const fixed = placed
    .filter(({ name }) => !isSet(name))
    .map(({ slot, prefix }) => ({ slot, opening: `${prefix}null]` }));
  fixed.push({ slot: table.slots[all.length] as number, opening: namesOpening(all.filter(isSet)) });
  return {
    slotSalt: table.slotSalt,
    slotCount: table.slotCount,
    set: placed.filter(({ name }) => isSet(name)),
    fixed,
  };
}

/** The opening of `@names`: the names that are set, sorted by UTF-16 code units. */
export function namesOpening(setNames: readonly string[]): string {
  return `["${NAMES_FIELD}",${JSON.stringify([...setNames].sort())}]`;
}
