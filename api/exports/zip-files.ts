import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** What goes into an archive: a file on the disk, or text. */
export type Packed = { name: string; path: string } | { name: string; text: string };

/**
 * Writes an archive (PKWARE APPNOTE 6.3.3, with ZIP64 where it is needed) of compressed files, one after the other. What a verifier reads
 * in a stream is not in one like this, see zip.ts.
 */
export async function zipInto(
  path: string,
  members: readonly Packed[],
  { at: mtime, signal }: { at: Date; signal: AbortSignal },
): Promise<void> {
  const zip = new ZipFile();
  const options = { mtime, mode: 0o100600 };
  for (const member of members) {
    if ('path' in member) zip.addFile(member.path, member.name, options);
    else zip.addBuffer(Buffer.from(member.text), member.name, options);
  }
  zip.end();
  const failed = new Promise<never>((_, reject) => zip.once('error', reject));
  const written = pipeline(Readable.from(zip.outputStream), createWriteStream(path, { mode: 0o600 }), {
    signal,
  });
  await Promise.race([written, failed]);
}
