import { defineConfig } from 'vitest/config';

const report = process.env.VITEST_JSON_REPORT;

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global.ts'],
    setupFiles: ['tests/support/loading.ts'],
    // Whoever runs the tests may speak any language.
    env: { LC_ALL: 'C' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A poll waits for something that will come; how soon depends on what else runs.
    expect: { poll: { timeout: 30_000 } },
    // Most of the time they wait for processes and polls.
    maxWorkers: 4,
    // A worker loads the program once for all of its files. Tests change nothing that outlives them.
    isolate: false,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
