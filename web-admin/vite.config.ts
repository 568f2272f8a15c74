import react from '@vitejs/plugin-react';
import { join } from 'node:path';
import { defineConfig } from 'vite';

/** What the node checks with, the page checks with too; there, of Node's own modules, stands what browsers have. */
const inBrowsers = (name: string): string => join(import.meta.dirname, '../api/exports/page', name);

/** Built into `dist/admin`, which the node serves below `/admin/`; `npm run admin:dev` talks to a node on port 4000. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  plugins: [react()],
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
