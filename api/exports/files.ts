import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportsWithFile, forgetExports } from '../store/export-jobs.ts';
import type { Db } from '../store/partners.ts';

const KEPT_MS = 86_400_000;
/** A file is named for its job; one that is not finished has an ending more. */
const NAME = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/**
 * Removes what lies in the directory of exports and belongs to no job that is wanted: of those older than a day, of those that
 * failed half-way, even with their process, and of those in which a record was erased since.
 *
 * @param now milliseconds since 1970
 */
export async function removeUnwanted(db: Db, dir: string, now: number): Promise<void> {
  await forgetExports(db, new Date(now - KEPT_MS));
  const names = await readdir(dir).catch(() => []);
  const files = names.flatMap((name) => {
    const [id] = NAME.exec(name) ?? [];
    return id === undefined ? [] : [{ id, path: join(dir, name) }];
  });
  if (files.length === 0) return;
  const ids = files.map(({ id }) => id);
  const wanted = await exportsWithFile(db, ids, new Date(now));
  const unwanted = files.filter(({ id }) => !wanted.has(id));
  await Promise.all(unwanted.map(({ path }) => rm(path, { force: true })));
}
