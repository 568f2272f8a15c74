import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { packagePath } from '../package-root.ts';
import type { ExportFormat } from '../store/export-jobs.ts';
import { FILE_KINDS } from './file-kinds.ts';
import { zipOf } from './zip.ts';

/** The log in an archive, and the page that verifies it in a browser. */
export const LOG_NAME = FILE_KINDS.JSONL_GZ.name;
const PAGE_NAME = 'verify.html';

/**
 * Writes lines, each with its line feed, compressed, into a file that is there once it is whole.
 *
 * @returns the bytes of the file
 */
export async function writeFile(
  path: string,
  format: ExportFormat,
  lines: AsyncIterable<readonly string[]>,
  given: { at: Date; signal: AbortSignal },
): Promise<number> {
  const { at, signal } = given;
  const [log, archive] = [`${path}.log`, `${path}.part`];
  try {
    await pipeline(textOf(lines), createGzip({ level: 3 }), createWriteStream(log, { mode: 0o600 }), {
      signal,
    });
    if (format === 'ZIP') {
      const members = [
        { name: LOG_NAME, path: log },
        { name: PAGE_NAME, path: packagePath('dist', PAGE_NAME) },
      ];
      await pipeline(zipOf(members, at), createWriteStream(archive, { mode: 0o600 }), { signal });
    }
    await rename(format === 'ZIP' ? archive : log, path);
    return (await stat(path)).size;
  } finally {
    await Promise.all([rm(log, { force: true }), rm(archive, { force: true })]);
  }
}

async function* textOf(parts: AsyncIterable<readonly string[]>): AsyncGenerator<string, void> {
  for await (const lines of parts) if (lines.length > 0) yield `${lines.join('\n')}\n`;
}
