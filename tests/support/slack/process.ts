import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { createHttpServer } from '../../../src/bots/http.ts';
import { startBots } from '../../../src/bots.ts';
import { stepKinds } from '../../../src/domain.ts';
import { createLog } from '../../../src/observability/log.ts';
import { failpoints } from '../../../src/pipeline/failpoints.ts';
import { openProgram } from '../../../src/program.ts';
import { testConfig } from '../config.ts';
import { createVendor } from '../studio.ts';

/** The point at which a process kills itself. */
const death = z.object({
  failpoint: z.enum(failpoints),
  step: z.enum(stepKinds).nullable(),
  runId: z.string().nullable(),
  /** The first process that dies at this point leaves this file. The next one that reaches the point lives on. */
  mark: z.string(),
});

/** The orders of a test to a bot or a worker that it will kill. */
export const processOrders = z.object({
  role: z.enum(['bot', 'worker']),
  url: z.string(),
  home: z.string(),
  journal: z.string(),
  media: z.object({ image: z.string(), video: z.string() }),
  visibilityMs: z.number(),
  environment: z.record(z.string(), z.string()),
  deaths: z.array(death),
});

const orders = processOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
const program = await openProgram(testConfig(orders.url, orders.home, orders.environment), log, {
  worker: orders.role === 'worker',
  visibilityMs: orders.visibilityMs,
  // One turn at a time, so that a killed worker interrupts no other run.
  turnsAtOnce: 1,
  providers: createVendor({ journal: orders.journal, ...orders.media }),
  reachFailpoint: (failpoint, at) => {
    const fits = orders.deaths.filter(
      (one) => one.failpoint === failpoint && (one.step ?? at.step) === at.step && (one.runId ?? at.runId) === at.runId,
    );
    if (fits.some(({ mark }) => isFirstTo(mark))) process.kill(process.pid, 'SIGKILL');
  },
});
const http = createHttpServer();
if (orders.role === 'bot') await startBots(program, log, http);
flushCompileCache();
process.stdout.write(`${http.port() ?? 0}\n`);

function isFirstTo(mark: string): boolean {
  try {
    writeFileSync(join(orders.home, mark), '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}
