/**
 * Field names. A name is a path of segments joined by `.`, each followed by `[]` where it is an array of objects:
 * `readPoint.id`, `quantityList[].epcClass`, `ilmd.{https://ns.example.com/}vintage`.
 * In a segment `\ . [ ] { }` are escaped by a backslash; a segment that starts with `{` holds a namespace
 * up to the matching `}`, written as it is (Clark notation), so that one extension has one name whatever its prefix.
 */

export interface Segment {
  key: string;
  /** true where the value under the key is an array of objects that was split by member */
  list: boolean;
}

/** A name that is not a field name; the message tells why. */
export class FieldNameError extends Error {
  override readonly name = 'FieldNameError';
}

const SPECIAL = /[\\.[\]{}]/g;
const NEEDS_ESCAPE = /[\\.[\]{}]/;
const CLARK = /^\{([^{}\\]+)\}/;
const escaped = new Map<string, string>();
const parsed = new Map<string, readonly Segment[]>();
const CACHE_LIMIT = 5_000;
/** As deep as a document nests. */
const MOST_SEGMENTS = 64;

/** The segment text of one member key. Keys of the form `{namespace}local` keep the namespace readable. */
export function escapeKey(key: string): string {
  const known = escaped.get(key);
  if (known !== undefined) return known;
  const text = escapeKeyUncached(key);
  if (escaped.size < CACHE_LIMIT && key.length <= 200) escaped.set(key, text);
  return text;
}

function escapeKeyUncached(key: string): string {
  if (!NEEDS_ESCAPE.test(key)) return key;
  const clark = CLARK.exec(key);
  const namespace = clark === null ? '' : clark[0];
  return namespace + key.slice(namespace.length).replace(SPECIAL, '\\$&');
}

/** @throws FieldNameError where the text is not a field name */
export function parseFieldName(name: string): readonly Segment[] {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const segments = parseUncached(name);
  if (parsed.size < CACHE_LIMIT && name.length <= 500) parsed.set(name, segments);
  return segments;
}

/** True for a text that parseFieldName accepts. */
export function isFieldName(name: string): boolean {
  try {
    parseFieldName(name);
    return true;
  } catch (error) {
    if (error instanceof FieldNameError) return false;
    throw error;
  }
}

/** The inverse of parseFieldName. */
export function formatFieldName(segments: readonly Segment[]): string {
  return segments.map((segment) => escapeKey(segment.key) + (segment.list ? '[]' : '')).join('.');
}

function parseUncached(name: string): Segment[] {
  if (name === '') throw new FieldNameError('a field name is empty: give a name such as readPoint.id');
  const segments: Segment[] = [];
  let at = 0;
  for (;;) {
    const { key, end } = readKey(name, at);
    const list = name.startsWith('[]', end);
    at = list ? end + 2 : end;
    if (key === '') throw new FieldNameError(`the field name has an empty segment at character ${at + 1}`);
    if (key === '__proto__') throw new FieldNameError('a field name cannot hold the segment __proto__');
    segments.push({ key, list });
    if (segments.length > MOST_SEGMENTS) {
      throw new FieldNameError(`a field name has at most ${MOST_SEGMENTS} segments`);
    }
    if (at === name.length) break;
    if (name[at] !== '.') {
      throw new FieldNameError(
        `the field name has "${name[at]}" at character ${at + 1} where "." is expected`,
      );
    }
    at += 1;
  }
  if (segments.at(-1)?.list === true) {
    throw new FieldNameError(
      'a field name cannot end with []: name a member, such as quantityList[].epcClass',
    );
  }
  return segments;
}

function readKey(name: string, start: number): { key: string; end: number } {
  let at = start;
  let key = '';
  if (name[at] === '{') {
    const close = name.indexOf('}', at);
    const namespace = close < 0 ? '' : name.slice(at + 1, close);
    if (namespace === '' || /[{\\]/.test(namespace)) {
      throw new FieldNameError('the field name has a namespace in braces that is empty or not closed');
    }
    key = name.slice(at, close + 1);
    at = close + 1;
    if (at === name.length || name[at] === '.' || name[at] === '[') {
      throw new FieldNameError('the field name has a namespace without a local name after it');
    }
  }
  while (at < name.length) {
    const character = name[at] as string;
    if (character === '.' || character === '[') break;
    if (character === '\\') {
      const next = name[at + 1];
      if (next === undefined || !NEEDS_ESCAPE.test(next)) {
        throw new FieldNameError(`the field name has a lone backslash at character ${at + 1}`);
      }
      key += next;
      at += 2;
    } else if (character === ']' || character === '{' || character === '}') {
      throw new FieldNameError(
        `the field name has "${character}" at character ${at + 1}: write "\\${character}"`,
      );
    } else {
      key += character;
      at += 1;
    }
  }
  return { key, end: at };
}
