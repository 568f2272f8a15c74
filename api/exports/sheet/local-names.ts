import { FieldNameError, type Fields, parseFieldName } from '../../events/fields.ts';
import type { JsonValue } from '../../events/value.ts';

const known = new WeakMap<object, ReadonlyMap<string, JsonValue>>();

/**
 * What a record says itself and in its `ilmd`, by the words in lower case without their namespaces: recorders put Key Data Elements
 * into extensions of their own, the CBV's master data and plain fields, under the same words. The first one counts.
 */
export function localNames(fields: Readonly<Fields>): ReadonlyMap<string, JsonValue> {
  const before = known.get(fields);
  if (before) return before;
  const names = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(fields)) {
    const word = wordOf(name);
    if (word !== null && !names.has(word)) names.set(word, value);
  }
  known.set(fields, names);
  return names;
}

function wordOf(name: string): string | null {
  try {
    const segments = parseFieldName(name);
    const [first, second] = segments;
    const own = first?.key === 'ilmd' ? second : first;
    const isWhole = segments.length === (own === first ? 1 : 2) && own?.list === false;
    return isWhole ? own.key.replace(/^\{[^{}]*\}/, '').toLowerCase() : null;
  } catch (error) {
    if (error instanceof FieldNameError) return null;
    throw error;
  }
}
