/**
 * What the verifier needs of Node's Buffer, for browsers: bytes that read and write base64, hexadecimal, Latin-1 and UTF-8.
 * As in Node, decoding takes both alphabets of base64 and never fails; who wants one spelling compares it with what comes back.
 */
type Encoding = 'utf8' | 'latin1' | 'base64' | 'base64url' | 'hex';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGITS = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 64; digit += 1) DIGITS[ALPHABET.charCodeAt(digit)] = digit;
DIGITS[43] = 62; // +
DIGITS[47] = 63; // /
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Buffer extends Uint8Array {
  static alloc(size: number, fill = 0): Buffer {
    return new Buffer(size).fill(fill);
  }

  static override from(
    source: string | ArrayBuffer | ArrayLike<number> | Iterable<number>,
    ...rest: unknown[]
  ): Buffer {
    if (typeof source === 'string') return decode(source, (rest[0] ?? 'utf8') as Encoding);
    if (source instanceof ArrayBuffer) return new Buffer(source, rest[0] as number, rest[1] as number);
    return new Buffer(source as Iterable<number>);
  }

  static byteLength(text: string): number {
    return encoder.encode(text).length;
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const whole = new Buffer(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  override toString(encoding: Encoding = 'utf8', start = 0, end = this.length): string {
    const bytes = this.subarray(start, end);
    if (encoding === 'base64url') return toBase64url(bytes);
    if (encoding === 'base64') return toBase64(bytes);
    if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (encoding === 'latin1') return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    return decoder.decode(bytes);
  }

  write(text: string, at: number, encoding: Encoding): number {
    const bytes = decode(text, encoding);
    this.set(bytes, at);
    return bytes.length;
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, at) => byte === other[at]);
  }

  readUInt8(at = 0): number {
    return this[at] as number;
  }

  writeUInt8(value: number, at = 0): void {
    this[at] = value;
  }

  readUInt32BE(at = 0): number {
    return this.#view.getUint32(at);
  }

  readBigUInt64BE(at = 0): bigint {
    return this.#view.getBigUint64(at);
  }

  writeBigUInt64BE(value: bigint, at = 0): void {
    this.#view.setBigUint64(at, value);
  }

  get #view(): DataView {
    return new DataView(this.buffer, this.byteOffset, this.length);
  }
}

/** Whether bytes are UTF-8 in its one spelling. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes as Uint8Array<ArrayBuffer>);
    return true;
  } catch {
    return false;
  }
}

function decode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'base64url' || encoding === 'base64') return fromBase64(text);
  if (encoding === 'hex') return fromHex(text);
  if (encoding === 'utf8') {
    const bytes = encoder.encode(text);
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const bytes = new Buffer(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function fromBase64(text: string): Buffer {
  const bytes = new Buffer(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = DIGITS[text.charCodeAt(at)] ?? 255;
    if (digit === 255) break;
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length] = (held >> bits) & 255;
    length += 1;
  }
  return bytes.subarray(0, length) as Buffer;
}

function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const digits = Math.min(4, bytes.length - at + 1);
    for (let digit = 0; digit < digits; digit += 1) text += ALPHABET.charAt((group >> (18 - 6 * digit)) & 63);
  }
  return text;
}

function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

function fromHex(text: string): Buffer {
  const bytes = new Buffer(text.length >> 1);
  for (let at = 0; at < bytes.length; at += 1)
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
