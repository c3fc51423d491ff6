import { expect, test } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';
import { noRedis } from '../support/redis.ts';

// The long form is `npm run chaos -- --minutes 30 --seed N --queue redis`. This one proves that its tools still work.
test.for(['postgres', 'redis'] as const)(
  'whatever breaks, with the queue on %s: no run is lost, nothing is said, sent or charged twice, and every result is whole',
  { timeout: 600_000 },
  async (queue, { skip, signal }) => {
    skip(queue === 'redis' && noRedis !== null, noRedis ?? '');
    const seed = 20_261_123;
    const size = { stormMs: 12_000, runs: 16, workspaces: 4, workers: 2, leastKills: 4, patienceMs: 200_000 };
    const report = await runChaos({ ...size, seed, queue, signal, tell: () => {} });
    expect(report.faults, `seed ${seed}, queue ${queue}`).toEqual([]);
  },
);
