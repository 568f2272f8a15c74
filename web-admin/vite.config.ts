import react from '@vitejs/plugin-react';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** What the node checks with, the page checks with too; there, of Node's own modules, stands what browsers have. */
const inBrowsers = (name: string): string => join(import.meta.dirname, '../api/exports/page', name);

/** Beside each part of the page its form in Brotli, which the node sends to every browser that takes it. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  writeBundle: ({ dir = '' }, bundle) => {
    for (const name of Object.keys(bundle).filter((each) => each.startsWith('assets/'))) {
      writeFileSync(join(dir, `${name}.br`), brotliCompressSync(readFileSync(join(dir, name))));
    }
  },
};

const OPERATIONS = join(import.meta.dirname, 'src/operations/generated/operations.json');

/** What the page asks goes with it, for the node that serves it. */
const emitOperations: Plugin['generateBundle'] = function emit() {
  this.emitFile({ type: 'asset', fileName: 'operations.json', source: readFileSync(OPERATIONS) });
};

/** Built into `dist/admin`, which the node serves below `/admin/`; `npm run admin:dev` talks to a node on port 4000. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  plugins: [react(), { name: 'operations', generateBundle: emitOperations }, compressed],
  resolve: {
    alias: {
      'node:crypto': inBrowsers('crypto.ts'),
      'node:buffer': inBrowsers('buffer.ts'),
      'node:util': inBrowsers('util.ts'),
    },
  },
  worker: { format: 'es' },
  build: { outDir: '../dist/admin', emptyOutDir: true, sourcemap: false, target: 'es2022' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:4000', '/login': 'http://127.0.0.1:4000' } },
});
