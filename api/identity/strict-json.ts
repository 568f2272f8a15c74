import { isUtf8 } from 'node:buffer';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };
export type JsonObject = { [name: string]: JsonValue };

const MAX_DEPTH = 32;

/**
 * Parse signed JSON so that it has one reading only: valid UTF-8, no duplicate member, no member `__proto__`, no
 * number beyond a double, at most 32 levels. `undefined` for anything else (RFC 7515 section 4 and RFC 8725 section 2.4 leave duplicates to the reader).
 */
export function parseStrictJson(bytes: Buffer): JsonValue | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  // JSON.parse keeps the last of two members of one name: then the text writes more members than the value holds.
  return countMembers(value, 0) === countWrittenMembers(text) ? value : undefined;
}

/** As `parseStrictJson`, for an object at the top. */
export function parseStrictObject(bytes: Buffer): JsonObject | undefined {
  const value = parseStrictJson(bytes);
  return isJsonObject(value) ? value : undefined;
}

/** Whether a parsed JSON value is an object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function countMembers(value: JsonValue, depth: number): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= MAX_DEPTH) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item, depth + 1);
    return count;
  }
  for (const name of Object.keys(value)) {
    if (name === '__proto__') return Number.NaN;
    count += 1 + countMembers(value[name] as JsonValue, depth + 1);
  }
  return count;
}

/** Counts the strings followed by a colon. The text is known to be valid JSON, so each one is a member's name. */
function countWrittenMembers(text: string): number {
  let count = 0;
  let open = text.indexOf('"');
  while (open !== -1) {
    let close = text.indexOf('"', open + 1);
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
    let next = close + 1;
    while (text.charCodeAt(next) <= 0x20) next++;
    if (text.charCodeAt(next) === 0x3a) count++;
    open = text.indexOf('"', next);
  }
  return count;
}

function isEscaped(text: string, quote: number): boolean {
  let slash = quote;
  while (text.charCodeAt(slash - 1) === 0x5c) slash--;
  return (quote - slash) % 2 === 1;
}
