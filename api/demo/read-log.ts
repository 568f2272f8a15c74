import { CommandError } from '../cli/output.ts';
import { openDatabase } from '../store/database.ts';
import { embeddedUrl } from '../store/embedded.ts';
import { MAX_SEQ, readEntries } from '../store/entries.ts';
import type { DemoNode } from './nodes.ts';
import type { LogEntry } from './verify-log.ts';

/** The whole log of a book, read from the database of a node that holds it in full: no other node is handed all of it. */
export async function readLog({ season, dir }: DemoNode, book: string): Promise<LogEntry[]> {
  const url = await embeddedUrl(dir);
  if (url === undefined) {
    throw new CommandError(`The database of ${season.name} does not run.`, `Its log is in ${dir}.`);
  }
  const database = openDatabase({ url, poolSize: 1, applicationName: 'lotbook demo' });
  try {
    const entries = await readEntries(database.pool, { book, after: 0, limit: MAX_SEQ });
    return entries.map(({ entry }) => entry);
  } finally {
    await database.close();
  }
}
