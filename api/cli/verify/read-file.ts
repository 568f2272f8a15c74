import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError } from '../output.ts';

/** Local header of a ZIP archive up to the name, PKWARE APPNOTE 4.3.7. */
const HEAD_BYTES = 30;
const ZIP = 0x0403_4b50;
const GZIP = 0x8b1f;

/** The bytes of the lines of an export: of a .jsonl.gz, of the .zip that holds one, or as they are. */
export async function readExport(file: string): Promise<AsyncIterable<Uint8Array>> {
  const head = await firstBytes(file);
  if (head.length === HEAD_BYTES && head.readUInt32LE() === ZIP) {
    const start = HEAD_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
    return unzipped(createReadStream(file, { start, end: start + head.readUInt32LE(18) - 1 }));
  }
  const bytes = createReadStream(file);
  return head.length >= 2 && head.readUInt16LE() === GZIP ? unzipped(bytes) : bytes;
}

/** @throws CommandError where the bytes are not those of a whole gzip file */
async function* unzipped(bytes: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    yield* pipeline(bytes, createGunzip(), () => undefined) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new CommandError(
      'The file is damaged, or its end is cut off: it cannot be unpacked.',
      'Fetch it again.',
    );
  }
}

async function firstBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    throw new CommandError(`There is no file ${file}.`, 'Check its name.');
  }
}
