import { readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { queryObjects } from 'node:v8';
import type { z } from 'zod';
import { createVendor } from '../../bench/stage/vendor.ts';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { openProgram } from '../../src/program.ts';
import { sweep } from '../support/memory.ts';
import { type Sample, soakOrders, type soakWords } from './words.ts';

const warnings: string[] = [];
process.on('warning', ({ name, message }) => {
  // Of `queryObjects`, which only counts.
  if (name !== 'ExperimentalWarning') warnings.push(`${name}: ${message}`);
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

/**
 * A run has dates, and whatever keeps a run, a listener or a request has some of the others. Signals are not counted: a library may
 * keep one until its time is over.
 */
const counted = [Date, Map, Set, Promise, Socket];

function look(isCounting: boolean): Sample {
  const [lagP99Ms, lagMaxMs] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  sweep();
  const { rss, heapUsed, external } = process.memoryUsage();
  const held = { rssMb: rss / 1e6, heapMb: heapUsed / 1e6, externalMb: external / 1e6 };
  // Reading the folder opens it.
  const files = readdirSync('/proc/self/fd').length - 1;
  const handles = process.getActiveResourcesInfo().length;
  // Each count walks the whole heap, which stops the process for a while.
  const kept = Object.fromEntries(
    (isCounting ? counted : []).map((type) => [type.name, queryObjects(type, { format: 'count' })]),
  );
  // The collection itself stops the event loop.
  setImmediate(() => delay.reset());
  return { ...held, kept, files, handles, lagP99Ms, lagMaxMs, warnings };
}

const say = (words: z.infer<typeof soakWords>) => process.send?.(words);
process.on('message', (asked) => say({ word: 'sample', sample: look(asked === 'count') }));
process.once('disconnect', () => process.exit());
say({ word: 'ready', port: http.port() ?? 0 });
