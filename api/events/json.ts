import { formatPath, type PathStep } from './path.ts';
import type { ProblemCode } from './problem.ts';
import { NumberText } from './value.ts';

export { NumberText } from './value.ts';

interface JsonFault {
  /** JSON path, such as `epcisBody.eventList[1].action` */
  field: string;
  code: ProblemCode;
  message: string;
  /** where the text cannot be read any further; the other faults leave it readable */
  fatal: boolean;
}

interface JsonReading {
  /** undefined after a fatal fault; numbers are NumberText */
  value: unknown;
  faults: JsonFault[];
}

export const MAX_DEPTH = 64;
const MAX_FAULTS = 100;

/**
 * Reads JSON text (RFC 8259) strictly: refuses duplicate member names, also those with equal values, empty names and
 * `__proto__`, NUL (PostgreSQL's TEXT cannot hold it) and lone surrogates. Line comments are skipped, since EPCIS
 * documents with them are in use. An own reader, since lossless-json lets duplicates with equal values pass.
 *
 * It tells up to 100 faults, and with `partOf` at least one of each part that it finds by their paths.
 */
export function readJson(text: string, partOf?: (field: string) => unknown): JsonReading {
  const reader = new Reader(text, partOf);
  try {
    return { value: reader.document(), faults: reader.faults };
  } catch (error) {
    if (error instanceof Stop) return { value: undefined, faults: reader.faults };
    throw error;
  }
}

class Stop extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

class Reader {
  readonly faults: JsonFault[] = [];
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private readonly path: PathStep[] = [];
  private readonly partOf: ((field: string) => unknown) | undefined;

  constructor(text: string, partOf?: (field: string) => unknown) {
    this.text = text;
    this.partOf = partOf;
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  document(): unknown {
    this.space();
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.stop('MALFORMED_JSON', 'expected the end of the text');
    return value;
  }

  private value(): unknown {
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return this.object();
      case 0x5b:
        return this.array();
      case QUOTE:
        return this.string();
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(): Record<string, unknown> {
    this.enter();
    const object: Record<string, unknown> = {};
    this.at += 1;
    this.space();
    if (this.take(0x7d)) return this.leave(object);
    for (;;) {
      if (this.text.charCodeAt(this.at) !== QUOTE)
        this.stop('MALFORMED_JSON', 'expected a member name in double quotes');
      const name = this.string();
      this.path.push(name);
      this.space();
      if (!this.take(0x3a)) this.stop('MALFORMED_JSON', 'expected ":" after the member name');
      this.space();
      const value = this.value();
      this.member(object, name, value);
      this.path.pop();
      this.space();
      if (this.take(0x7d)) return this.leave(object);
      if (!this.take(0x2c)) this.stop('MALFORMED_JSON', 'expected "," or "}"');
      this.space();
    }
  }

  private member(object: Record<string, unknown>, name: string, value: unknown): void {
    if (name === '' || name === '__proto__') {
      this.fault('FORBIDDEN_NAME', 'give the member another name');
    } else if (Object.hasOwn(object, name)) {
      this.fault('DUPLICATE_KEY', 'the member is there twice: keep one of them');
    } else {
      object[name] = value;
    }
  }

  private array(): unknown[] {
    this.enter();
    const array: unknown[] = [];
    this.at += 1;
    this.space();
    if (this.take(0x5d)) return this.leave(array);
    for (;;) {
      this.path.push(array.length);
      array.push(this.value());
      this.path.pop();
      this.space();
      if (this.take(0x5d)) return this.leave(array);
      if (!this.take(0x2c)) this.stop('MALFORMED_JSON', 'expected "," or "]"');
      this.space();
    }
  }

  private string(): string {
    const text = this.text;
    const start = this.at;
    let at = start + 1;
    let escaped = false;
    let surrogates = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        at += 2;
      } else if (code >= 0x20) {
        if (code >= 0xd800 && code <= 0xdfff) surrogates = true;
        at += 1;
      } else {
        this.at = Math.min(at, text.length);
        this.stop(
          'MALFORMED_JSON',
          'expected the end of the string; write control characters as \\u escapes',
        );
      }
    }
    this.at = at + 1;
    if (!escaped && !surrogates) return text.slice(start + 1, at);
    return this.checked(escaped ? this.unescape(start, at + 1) : text.slice(start + 1, at));
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      this.at = start;
      return this.stop('MALFORMED_JSON', 'the string has an escape that JSON does not know');
    }
  }

  private checked(string: string): string {
    if (string.includes('\u0000')) this.fault('FORBIDDEN_CHARACTER', 'remove the NUL character (\\u0000)');
    if (LONE_SURROGATE.test(string)) this.fault('FORBIDDEN_CHARACTER', 'remove the half of a surrogate pair');
    return string;
  }

  private number(): NumberText {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.stop('MALFORMED_JSON', 'expected a JSON value');
    this.at += match[0].length;
    return new NumberText(match[0]);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.stop('MALFORMED_JSON', 'expected a JSON value');
    this.at += word.length;
    return value;
  }

  private take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
    this.at += 1;
    return true;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
        this.at += 1;
      } else if (code === 0x2f && this.text.charCodeAt(this.at + 1) === 0x2f) {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  private enter(): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.stop('TOO_DEEP', `nest no deeper than ${MAX_DEPTH} levels`);
  }

  private leave<T>(value: T): T {
    this.depth -= 1;
    return value;
  }

  private fault(code: ProblemCode, message: string, fatal = false): void {
    const field = formatPath(this.path);
    const isFull = this.faults.length >= MAX_FAULTS;
    if (!isFull || this.partOf?.(field) !== this.partOf?.(this.faults.at(-1)?.field ?? ''))
      this.faults.push({ field, code, message, fatal });
  }

  private stop(code: ProblemCode, message: string): never {
    const before = this.text.slice(0, this.at);
    const line = before.split('\n').length;
    const column = this.at - before.lastIndexOf('\n');
    this.fault(code, `${message} at line ${line}, column ${column}`, true);
    throw new Stop();
  }
}
