import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Prints the closing line of CI from Vitest's own JSON report. A test file that could not be loaded counts as a failure. */
const report = z
  .object({
    numPassedTests: z.int(),
    numFailedTests: z.int(),
    testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
  })
  .parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));

const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests + unloaded.length} failed\n`);
