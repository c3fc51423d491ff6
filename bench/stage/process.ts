import type { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { loadSwiftly } from '../../src/loading.ts';
import type { Messenger } from '../../src/pipeline/messenger.ts';
import { createVendor } from './vendor.ts';
import { processOrders, type processWords } from './words.ts';

loadSwiftly();
const [{ readConfig }, { startBots }, { createLog }, { openProgram }] = await Promise.all([
  import('../../src/config.ts'),
  import('../../src/bots.ts'),
  import('../../src/observability/log.ts'),
  import('../../src/program.ts'),
]);

const orders = processOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
const log = createLog('error', false);
const mute: Messenger = {
  update: async () => {},
  deliver: async () => ({}),
  takeBack: async () => {},
  unreached: () => [],
};
let lateMs: number[] = [];
const config = readConfig(orders.environment);
const program = await openProgram(config, log, {
  worker: orders.role === 'worker',
  visibilityMs: orders.visibilityMs,
  providers: createVendor(orders.media, orders.pace, (ms) => lateMs.push(ms)),
  messengers: { terminal: mute },
});
const http = createHttpServer();
if (orders.role === 'bot') await startBots(program, log, http);

let [cpu, peak] = [process.cpuUsage(), 0];
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 50);
const say = (words: z.infer<typeof processWords>) => process.send?.(words);
process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  const rss = process.memoryUsage.rss();
  say({ word: 'used', cpuMs: (user + system) / 1_000, rssMb: rss / 1e6, peakMb: Math.max(peak, rss) / 1e6, lateMs });
  [cpu, peak, lateMs] = [process.cpuUsage(), 0, []];
});
process.once('disconnect', () => process.exit());
say({ word: 'ready', port: http.port() ?? 0 });
