import { verify } from 'node:crypto';
import { DIGEST_PATTERN } from '../identity/base64url.ts';
import type { VerificationKey } from '../identity/jwk.ts';
import {
  formatNote,
  KEY_ID_BYTES,
  MOST_SIGNATURES,
  parseNote,
  parseSignatures,
  publicBytes,
  signatureLine,
  signNote,
  typedKeyId,
  type Note,
  type NoteSignature,
  type NoteSigner,
} from './note.ts';

/** The head of a book's log at a length (C2SP tlog-checkpoint): what its holder signs, and others countersign. */
export interface Checkpoint {
  /** The id of the book. */
  readonly origin: string;
  readonly size: number;
  /** Root of the log, base64url. */
  readonly root: string;
}

export interface SignedCheckpoint extends Checkpoint {
  readonly note: Note;
}

const COSIGNATURE = Buffer.of(4);
/** The standard has none for P-256: a type of our own, in the room that it leaves for that. */
const COSIGNATURE_ES256 = Buffer.from('\u00fflotbook/cosignature/es256', 'latin1');
const TIMESTAMP_BYTES = 8;
const BODY = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/;

/** The note of a checkpoint, signed by the holder of the book. */
export async function signCheckpoint(checkpoint: Checkpoint, who: NoteSigner): Promise<string> {
  const text = bodyOf(checkpoint);
  return formatNote({ text, signatures: [await signNote(text, who)] });
}

/** Null where the text is not exactly the note of a checkpoint: origin, size and root, without extensions. Verifies nothing. */
export function parseCheckpoint(text: string): SignedCheckpoint | null {
  const note = parseNote(text);
  const [, origin = '', size = '', base64 = ''] = (note && BODY.exec(note.text)) ?? [];
  const root = Buffer.from(base64, 'base64').toString('base64url');
  if (!note || !DIGEST_PATTERN.test(root) || !Number.isSafeInteger(Number(size))) return null;
  const checkpoint = { origin, size: Number(size), root };
  return bodyOf(checkpoint) === note.text ? { ...checkpoint, note } : null;
}

/**
 * A cosignature (C2SP tlog-cosignature v1): at this time the largest log of this book that the cosigner has seen, consistent
 * with every earlier one, has this root. One line.
 */
export async function cosign({ note }: SignedCheckpoint, who: NoteSigner, atMs: number): Promise<string> {
  const { name, key, signer } = who;
  const seconds = Math.floor(atMs / 1000);
  const timestamp = Buffer.alloc(TIMESTAMP_BYTES);
  timestamp.writeBigUInt64BE(BigInt(seconds));
  const signature = await signer.sign(cosigned(note, BigInt(seconds)));
  return signatureLine({ name, bytes: Buffer.concat([cosignerKeyId(name, key), timestamp, signature]) });
}

/** When a key of this name cosigned, ms since 1970; null where none did. */
export function cosignedAt(
  checkpoint: SignedCheckpoint,
  name: string,
  keys: Iterable<VerificationKey>,
): number | null {
  return cosignatureBy(checkpoint, name, keys)?.atMs ?? null;
}

/** The line by which a key of this name cosigned, and when; null where none did. Of no other line anything is known. */
export function cosignatureBy(
  { note }: SignedCheckpoint,
  name: string,
  keys: Iterable<VerificationKey>,
): { line: string; atMs: number } | null {
  for (const key of keys) {
    const id = cosignerKeyId(name, key);
    for (const { name: named, bytes } of note.signatures) {
      const isIts = named === name && bytes.subarray(0, KEY_ID_BYTES).equals(id);
      const signature = bytes.subarray(KEY_ID_BYTES + TIMESTAMP_BYTES);
      if (!isIts || signature.length !== 64) continue;
      const seconds = bytes.readBigUInt64BE(KEY_ID_BYTES);
      const digest = key.alg === 'ES256' ? 'sha256' : undefined;
      const given = { key: key.key, dsaEncoding: 'ieee-p1363' } as const;
      if (verify(digest, cosigned(note, seconds), given, signature))
        return { line: signatureLine({ name, bytes }), atMs: Number(seconds) * 1000 };
    }
  }
  return null;
}

/** The note with these signature lines too, each once, as far as readers take so many; unchanged where they are none. */
export function withSignatures(checkpoint: SignedCheckpoint, lines: string): string {
  const { note } = checkpoint;
  const known = new Set(note.signatures.map(nameAndKey));
  const more = (parseSignatures(lines) ?? []).filter((signature) => !known.has(nameAndKey(signature)));
  const signatures = [...note.signatures, ...more].slice(0, MOST_SIGNATURES);
  return formatNote({ text: note.text, signatures });
}

function bodyOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root, 'base64url').toString('base64')}\n`;
}

function cosigned({ text }: Note, seconds: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
}

function cosignerKeyId(name: string, key: VerificationKey): Buffer {
  return typedKeyId(name, key.alg === 'Ed25519' ? COSIGNATURE : COSIGNATURE_ES256, publicBytes(key));
}

function nameAndKey({ name, bytes }: NoteSignature): string {
  return `${name} ${bytes.toString('hex', 0, KEY_ID_BYTES)}`;
}
