import { parseArgs } from 'node:util';
import { noRedis } from '../support/redis.ts';
import { type ChaosReport, runChaos } from './chaos.ts';

/** `npm run chaos -- --minutes 3 --seed 7 --queue redis`. Ends with 0 if nothing was lost, doubled or charged wrongly. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string' },
    queue: { type: 'string', default: 'postgres' },
    runs: { type: 'string', default: '200' },
    workspaces: { type: 'string', default: '20' },
    workers: { type: 'string', default: '4' },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const { queue } = values;
if (queue !== 'postgres' && queue !== 'redis') throw new Error('--queue is postgres or redis');
if (queue === 'redis' && noRedis !== null) throw new Error(noRedis);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());

say(`chaos: seed ${seed}, queue ${queue}, ${values.minutes} minutes`);
try {
  const report = await runChaos({
    seed,
    queue,
    stormMs: Number(values.minutes) * 60_000,
    patienceMs: 300_000,
    leastKills: Math.min(100, Math.floor(33 * Number(values.minutes))),
    runs: Number(values.runs),
    workspaces: Number(values.workspaces),
    workers: Number(values.workers),
    tell: say,
    signal: interruption.signal,
  });
  print(report);
  process.exit(report.faults.length === 0 ? 0 : 1);
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  say('interrupted; everything that was started is ended');
  process.exit(130);
}

function print({ injected, kills, failedStarts, outcomes, settledInMs, faults }: ChaosReport): void {
  const table = (rows: Iterable<readonly [string, number]>) => {
    for (const [name, times] of [...rows].sort(([a], [b]) => a.localeCompare(b))) {
      say(`  ${String(times).padStart(5)}  ${name}`);
    }
  };
  say('injected');
  table([
    ...injected,
    ['SIGKILLs of workers, all told', kills],
    ['workers that found no database at their start', failedStarts],
  ]);
  say('outcomes');
  table(Object.entries(outcomes));
  say(`all at rest ${(settledInMs / 1000).toFixed(1)} s after the storm`);
  for (const fault of faults) say(`BROKEN ${fault}`);
  say(faults.length === 0 ? `passed: seed ${seed}, queue ${queue}` : `FAILED: seed ${seed}, queue ${queue}`);
}
