import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Built into `dist/admin`, which the node serves below `/admin/`; `npm run admin:dev` talks to a node on port 4000. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  plugins: [react()],
  build: { outDir: '../dist/admin', emptyOutDir: true, sourcemap: false, target: 'es2022' },
  server: { proxy: { '/graphql': 'http://127.0.0.1:4000', '/login': 'http://127.0.0.1:4000' } },
});
