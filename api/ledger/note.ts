import { verify } from 'node:crypto';
import type { VerificationKey } from '../identity/jwk.ts';
import { sha256Bytes } from '../identity/sha256.ts';
import type { Signer } from '../identity/signer.ts';

/**
 * Signed notes (C2SP signed-note): a text, an empty line, and signature lines of a key name and base64 of a four-byte key id
 * and a signature. The name here is that of the organisation.
 */
export interface Note {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** The key id and what follows it. */
  readonly bytes: Buffer;
}

/** Who signs notes: an organisation with its key. */
export interface NoteSigner {
  readonly name: string;
  readonly key: VerificationKey;
  readonly signer: Signer;
}

export const KEY_ID_BYTES = 4;
/** Readers take at least so many signatures; this one takes no more. */
export const MOST_SIGNATURES = 64;
const MOST_CHARACTERS = 64 * 1024;
const SIGNATURE_LINE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const ED25519 = 1;
const SPKI_PREFIX_BYTES = 12;

export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(signatureLine).join('')}`;
}

export function signatureLine({ name, bytes }: NoteSignature): string {
  return `\u2014 ${name} ${bytes.toString('base64')}\n`;
}

/** Null where it is not exactly such a note. */
export function parseNote(note: string): Note | null {
  const end = note.lastIndexOf('\n\n');
  // No control characters but newlines, and nothing that UTF-8 has no form for.
  if (note.length > MOST_CHARACTERS || end < 1 || /[^\P{Cc}\n]|\p{Surrogate}/u.test(note)) return null;
  const signatures = parseSignatures(note.slice(end + 2));
  return signatures && { text: note.slice(0, end + 1), signatures };
}

/** Signature lines alone; null where one of them is none, or there is none. */
export function parseSignatures(lines: string): NoteSignature[] | null {
  const signatures: NoteSignature[] = [];
  if (!lines.endsWith('\n')) return null;
  for (const line of lines.slice(0, -1).split('\n')) {
    const [, name, base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    const isSound = bytes.length > KEY_ID_BYTES && bytes.toString('base64') === base64;
    if (name === undefined || !isSound || signatures.length === MOST_SIGNATURES) return null;
    signatures.push({ name, bytes });
  }
  return signatures;
}

/** The signature of a log on its note: type 0x01 by an Ed25519 key; 0x02 (ECDSA, DER) by a P-256 key. */
export async function signNote(text: string, { name, key, signer }: NoteSigner): Promise<NoteSignature> {
  const signature = Buffer.from(await signer.sign(Buffer.from(text)));
  const encoded = key.alg === 'Ed25519' ? signature : derOf(signature);
  return { name, bytes: Buffer.concat([noteKeyId(name, key), encoded]) };
}

/** Whether a key of this name signed the note. A signature that names the key and does not verify counts against the note. */
export function isSignedBy(
  { text, signatures }: Note,
  name: string,
  keys: Iterable<VerificationKey>,
): boolean {
  let isSigned = false;
  for (const key of keys) {
    const id = noteKeyId(name, key);
    for (const { name: named, bytes } of signatures) {
      if (named !== name || !bytes.subarray(0, KEY_ID_BYTES).equals(id)) continue;
      if (!holds(key, Buffer.from(text), bytes.subarray(KEY_ID_BYTES))) return false;
      isSigned = true;
    }
  }
  return isSigned;
}

function holds({ alg, key }: VerificationKey, text: Buffer, signature: Buffer): boolean {
  return verify(alg === 'ES256' ? 'sha256' : undefined, text, { key, dsaEncoding: 'der' }, signature);
}

/** SHA-256 of name, newline, type and public key for Ed25519; of the SPKI form of the key alone for ECDSA. */
function noteKeyId(name: string, key: VerificationKey): Buffer {
  return key.alg === 'Ed25519'
    ? typedKeyId(name, Buffer.of(ED25519), publicBytes(key))
    : keyIdOf(spkiOf(key));
}

/** The id of a key under a signature type. */
export function typedKeyId(name: string, type: Uint8Array, publicKey: Uint8Array): Buffer {
  return keyIdOf(Buffer.concat([Buffer.from(`${name}\n`), type, publicKey]));
}

/** The 32 bytes of an Ed25519 key; the SPKI form of a P-256 key. */
export function publicBytes(key: VerificationKey): Buffer {
  return key.alg === 'Ed25519' ? spkiOf(key).subarray(SPKI_PREFIX_BYTES) : spkiOf(key);
}

function spkiOf({ key }: VerificationKey): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function keyIdOf(input: Buffer): Buffer {
  return sha256Bytes(input).subarray(0, KEY_ID_BYTES);
}

/** The two halves of a P-256 signature as an ASN.1 sequence of integers. */
function derOf(signature: Buffer): Buffer {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].map((half) => {
    const start = half.findIndex((byte) => byte !== 0);
    const digits = half.subarray(start);
    const isNegative = digits.readUInt8(0) >= 0x80;
    const value = isNegative ? Buffer.concat([Buffer.of(0), digits]) : digits;
    return Buffer.concat([Buffer.of(2, value.length), value]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}
