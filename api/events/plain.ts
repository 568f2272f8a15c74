import { MAX_DEPTH } from './json.ts';
import { below } from './path.ts';
import type { Problems } from './problem.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * What readJson refuses in a text, refused in a value that came another way: NUL, lone surrogates, empty names and
 * `__proto__`, and nesting deeper than MAX_DEPTH.
 */
export function checkPlain(value: unknown, problems: Problems, path = '', depth = 0): void {
  if (typeof value === 'string') {
    if (isUnfit(value)) {
      problems.add(path, 'FORBIDDEN_CHARACTER', 'remove NUL characters and halves of surrogate pairs');
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DEPTH) {
    problems.add(path, 'TOO_DEEP', `nest no deeper than ${MAX_DEPTH} levels`);
    return;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const element: unknown = value[index];
      if (typeof element === 'string' && !isUnfit(element)) continue;
      checkPlain(element, problems, `${path}[${index}]`, depth + 1);
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const place = below(path, key);
    if (key === '' || key === '__proto__' || isUnfit(key)) {
      problems.add(place, 'FORBIDDEN_NAME', 'give the member another name');
    }
    checkPlain((value as Record<string, unknown>)[key], problems, place, depth + 1);
  }
}

function isUnfit(text: string): boolean {
  return text.includes('\u0000') || LONE_SURROGATE.test(text);
}
