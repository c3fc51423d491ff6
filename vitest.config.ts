import { defineConfig } from 'vitest/config';

const report = process.env.VITEST_JSON_REPORT;

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Most of the time they wait for processes and polls.
    maxWorkers: 4,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
});
