import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // One copy of graphql: its CommonJS and module builds refuse each other's objects.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-build.ts', 'test/support/global-postgres.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Files share the modules that a worker has loaded: to load them anew for each took a minute. No file changes a module's state.
    isolate: false,
    // Generous: tests start real nodes and databases, and wait for what happens, never for a time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
