import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** A file to put into an archive. */
export interface ZipMember {
  name: string;
  path: string;
}

/** Without ZIP64, sizes and places are 32 bits. */
export const MAX_ZIP_BYTES = 0xffff_ffff;

const LOCAL = 0x0403_4b50;
const CENTRAL = 0x0201_4b50;
const END = 0x0605_4b50;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 1 << 11;

/**
 * A ZIP archive (PKWARE APPNOTE 6.3.3) of files as they are, without compression: what is large in it is compressed already.
 * Each file is read twice, since its checksum stands before it.
 *
 * @throws Error where it would be larger than `MAX_ZIP_BYTES`
 */
export async function* zipOf(members: readonly ZipMember[], at: Date): AsyncGenerator<Buffer, void> {
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, path } of members) {
    const { size } = await stat(path);
    if (offset + size > MAX_ZIP_BYTES) throw new Error('an archive of this kind holds at most 4 GiB');
    const about = await describe(name, path, size, at);
    const head = Buffer.concat([Buffer.alloc(4), about, Buffer.from(name)]);
    head.writeUInt32LE(LOCAL);
    yield head;
    yield* createReadStream(path) as AsyncIterable<Buffer>;
    central.push(centralHeader(about, name, offset));
    offset += head.length + size;
  }
  const directory = Buffer.concat(central);
  yield directory;
  yield endOf(members.length, directory.length, offset);
}

/** What a local header says after its mark, and the central one after its two first fields. */
async function describe(name: string, path: string, size: number, at: Date): Promise<Buffer> {
  let checksum = 0;
  for await (const chunk of createReadStream(path)) checksum = crc32(chunk as Buffer, checksum);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(VERSION, 0);
  about.writeUInt16LE(FLAGS, 2);
  about.writeUInt16LE(dosTime(at), 6);
  about.writeUInt16LE(dosDate(at), 8);
  about.writeUInt32LE(checksum, 10);
  about.writeUInt32LE(size, 14);
  about.writeUInt32LE(size, 18);
  about.writeUInt16LE(Buffer.byteLength(name), 22);
  return about;
}

function centralHeader(about: Buffer, name: string, offset: number): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(CENTRAL);
  head.writeUInt16LE(VERSION, 4);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([head, about, rest, Buffer.from(name)]);
}

function endOf(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

function dosTime(at: Date): number {
  return (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
}

function dosDate(at: Date): number {
  return ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
}
