import { isDeepStrictEqual } from 'node:util';
import type { Fields } from './fields.ts';
import type { JsonValue } from './value.ts';

export const STANDINGS = ['MINE', 'THEIRS', 'SAME', 'CONFLICT', 'UNSEEN'] as const;
/**
 * Who changed a field: I alone; others alone; both, to the same value; both, to different values; I, and what became of it
 * otherwise I may not see.
 */
export type Standing = (typeof STANDINGS)[number];

/** One field in three versions of a record; null where it is not set, or not shown. */
export interface FieldDifference {
  field: string;
  base: JsonValue;
  mine: JsonValue;
  theirs: JsonValue;
  standing: Standing;
}

/**
 * The three-way difference of a record: what I change of `base` (only what changes; null unsets), and what others made of `base`
 * meanwhile. Each field that either has changed is in it, in the order of the names; no other is.
 *
 * @param base, theirs as far as I may see them
 * @param isSeen whether I may see a field at all
 */
export function differencesOf(
  base: Readonly<Fields>,
  mine: Readonly<Record<string, JsonValue>>,
  theirs: Readonly<Fields>,
  isSeen: (field: string) => boolean = () => true,
): FieldDifference[] {
  const names = new Set([...Object.keys(mine), ...Object.keys(base), ...Object.keys(theirs)]);
  return [...names].toSorted().flatMap((field) => {
    const [was, is] = [valueOf(base, field), valueOf(theirs, field)];
    const wanted = Object.hasOwn(mine, field) ? (mine[field] ?? null) : was;
    const standing = standingOf({ was, wanted, is }, Object.hasOwn(mine, field) && !isSeen(field));
    return standing ? [{ field, base: was, mine: wanted, theirs: is, standing }] : [];
  });
}

function standingOf(
  { was, wanted, is }: Record<'was' | 'wanted' | 'is', JsonValue>,
  isUnseen: boolean,
): Standing | null {
  if (isUnseen) return 'UNSEEN';
  const [isMine, isTheirs] = [!isDeepStrictEqual(wanted, was), !isDeepStrictEqual(is, was)];
  if (!isMine) return isTheirs ? 'THEIRS' : null;
  if (!isTheirs) return 'MINE';
  return isDeepStrictEqual(wanted, is) ? 'SAME' : 'CONFLICT';
}

/**
 * What is left of my change when it is put on theirs: null unless both changed different fields, or to the same. Whether it is put
 * on theirs, a person decides.
 */
export function mergeOf(differences: readonly FieldDifference[]): Record<string, JsonValue> | null {
  if (differences.some(({ standing }) => standing === 'CONFLICT' || standing === 'UNSEEN')) return null;
  const mine = differences.filter(({ standing }) => standing === 'MINE' || standing === 'SAME');
  return Object.fromEntries(mine.map(({ field, mine: value }) => [field, value]));
}

function valueOf(fields: Readonly<Fields>, field: string): JsonValue {
  return Object.hasOwn(fields, field) ? (fields[field] ?? null) : null;
}
