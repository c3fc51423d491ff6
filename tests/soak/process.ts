import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { z } from 'zod';
import { createVendor } from '../../bench/stage/vendor.ts';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { openProgram } from '../../src/program.ts';
import { sweep } from '../support/memory.ts';
import { createCensus } from './census.ts';
import { type Sample, soakOrders, type soakWords } from './words.ts';

const warnings: string[] = [];
process.on('warning', ({ name, message }) => {
  warnings.push(`${name}: ${message}`);
});

const orders = soakOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
const log = createLog('error', false);
const program = await openProgram(readConfig(orders.environment), log, {
  worker: orders.role === 'worker',
  providers: createVendor(orders.media, { kind: 'instant' }),
  metrics: createMetrics(),
});
const http = createHttpServer();
await startBots(program, log, http);

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const census = createCensus();
// Node itself keeps the timing of the first requests.
performance.setResourceTimingBufferSize(0);

const finalizers = new FinalizationRegistry<() => void>((told) => told());
const abandon = (told: () => void) => finalizers.register({}, told);

/** Collects garbage, and resolves when the finalizers of what was collected have run. */
async function finalize(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  abandon(resolve);
  sweep();
  await promise;
}

/** What a finalizer lets go of may have kept something that has a finalizer. */
const finalized = 3;

async function look(isCounting: boolean): Promise<Sample> {
  const [lagP99Ms, lagMaxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  sweep();
  const { rss, heapUsed, external } = process.memoryUsage();
  const held = { rssMb: rss / 1e6, heapMb: heapUsed / 1e6, externalMb: external / 1e6 };
  // Reading the folder opens it.
  const files = readdirSync('/proc/self/fd').length - 1;
  const handles = process.getActiveResourcesInfo().length;
  for (let times = 0; isCounting && times < finalized; times += 1) await finalize();
  const counted = isCounting ? await census() : { kept: {}, gained: {} };
  // The collection itself stops the event loop.
  setImmediate(() => delay.reset());
  return { ...held, ...counted, files, handles, lagP99Ms, lagMaxMs, warnings };
}

const say = (words: z.infer<typeof soakWords>) => process.send?.(words);
process.on('message', async (asked) => say({ word: 'sample', sample: await look(asked === 'count') }));
process.once('disconnect', () => process.exit());
say({ word: 'ready', port: http.port() ?? 0 });
