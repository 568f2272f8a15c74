import { digestText } from '../identity/digest-text.ts';
import { sha256Bytes } from '../identity/sha256.ts';
import { tokenHash } from './change.ts';

/** One version of a record, as it stands on paper. */
export interface PrintedVersion {
  book: string;
  id: string;
  version: number;
  /** Its change token. */
  token: string;
}

/**
 * The verification code of a printed document: the digest of its versions as they come, one in a line - book, record, version, hash of the
 * signed token, apart by spaces. Whoever holds the same versions makes the same code.
 */
export function printCode(versions: readonly PrintedVersion[]): string {
  const lines = versions.map(
    ({ book, id, version, token }) => `${book} ${id} ${version} ${tokenHash(token)}\n`,
  );
  return digestText(sha256Bytes(lines.join('')));
}
