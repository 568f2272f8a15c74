import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The absolute path of a file that ships beside the code (`prisma/migrations`, `schema`): the same from the sources
 * and from the built `dist/cli.js`, wherever the package is installed.
 */
export function packagePath(...segments: string[]): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json'))) {
    const parent = dirname(dir);
    if (parent === dir)
      throw new Error('no package.json above the code: the package is incomplete, install it again');
    dir = parent;
  }
  return join(dir, ...segments);
}
