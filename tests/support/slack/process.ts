import { z } from 'zod';
import { createHttpServer } from '../../../src/bots/http.ts';
import { startFaces } from '../../../src/faces.ts';
import { createLog } from '../../../src/log.ts';
import { openProgram } from '../../../src/main.ts';
import { testConfig } from '../config.ts';
import { createVendor } from '../studio.ts';

/** What a test tells a bot or a worker that it is going to kill. */
export const processOrders = z.object({
  role: z.enum(['bot', 'worker']),
  url: z.string(),
  home: z.string(),
  journal: z.string(),
  media: z.object({ image: z.string(), video: z.string() }),
  visibilityMs: z.number(),
  environment: z.record(z.string(), z.string()),
  /** Dies by its own hand as soon as it has written a run. */
  diesAtRun: z.boolean(),
});

const orders = processOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
const program = await openProgram(testConfig(orders.url, orders.home, orders.environment), log, {
  worker: orders.role === 'worker',
  visibilityMs: orders.visibilityMs,
  providers: createVendor({ journal: orders.journal, ...orders.media }),
  reach: (milestone) => {
    if (orders.diesAtRun && milestone === 'run_inserted') process.kill(process.pid, 'SIGKILL');
  },
});
const http = createHttpServer();
if (orders.role === 'bot') await startFaces(program, log, http);
process.stdout.write(`${http.port() ?? 0}\n`);
