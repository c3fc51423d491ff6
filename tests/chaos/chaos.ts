import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { isDatabaseAway } from '../../src/db/failures.ts';
import { createLog } from '../../src/observability/log.ts';
import { openProgram, type Program } from '../../src/program.ts';
import { giveCommands, planCommands } from './commands.ts';
import { startFleet } from './fleet.ts';
import { layGround, type QueueKind } from './ground.ts';
import { createRandom } from './random.ts';
import { type Injected, storm } from './storm.ts';
import { judge, type Verdict } from './verdict.ts';

export type ChaosOptions = {
  seed: number;
  queue: QueueKind;
  stormMs: number;
  runs: number;
  workspaces: number;
  workers: number;
  /** The storm lasts until so many workers were killed, however slow the machine is. Fewer would prove nothing. */
  leastKills: number;
  /** How long nothing may go on: no run or step ends, or the storm kills too few workers. Milliseconds. */
  patienceMs: number;
  tell: (line: string) => void;
  /** Ends the test early, leaving nothing behind. */
  signal: AbortSignal;
};

export type ChaosReport = Verdict & { injected: Injected; kills: number; failedStarts: number; settledInMs: number };

/** Short enough for a hundred deaths to matter, long enough for a turn on a busy machine. */
const visibilityMs = 2_500;

/** Gives commands while faults strike everything, waits until the runs are over, and checks the result. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, queue, stormMs, runs, workspaces, workers, tell } = options;
  const random = createRandom(seed);
  const ground = await layGround(queue, random);
  const programs: Program[] = [];
  try {
    const config = readConfig(ground.environment);
    const log = createLog(config.logLevel ?? 'silent', false);
    // Two processes' worth of bots, so that a command that is delivered twice may reach either.
    for (let bot = 0; bot < 2; bot += 1) programs.push(await openProgram(config, log, { worker: false }));
    const planned = planCommands(ground.discord, random.fork('commands'), { runs, workspaces, stormMs });
    const environment = ground.environment;
    const fleet = startFleet({ seats: workers, environment, visibilityMs, random: random.fork('fleet') });
    ground.closers.push(fleet.stop);
    tell(`storm of ${Math.round(stormMs / 1000)} s begins`);

    const { signal, leastKills, patienceMs } = options;
    const strength = { stormMs, leastKills, patienceMs, visibilityMs, seats: workers };
    const [injected, given] = await Promise.all([
      storm({ ground, fleet, random: random.fork('storm'), ...strength, signal }),
      giveCommands({ ground, programs, random: random.fork('giving'), stormMs, signal }, planned),
    ]);
    signal.throwIfAborted();
    fleet.spare();
    tell('calm; waiting for the runs to end');
    const calmAt = Date.now();
    await untilAtRest(ground.database.db, patienceMs, signal);
    signal.throwIfAborted();
    const settledInMs = Date.now() - calmAt;
    const verdict = await judge(ground, given);
    const kills = fleet.kills();
    const crashes = fleet.crashes.map((crash) => `a worker ended by itself: ${crash}`);
    const tooMild = kills < leastKills ? [`only ${kills} workers were killed`] : [];
    return {
      ...verdict,
      faults: [...verdict.faults, ...crashes, ...tooMild],
      injected,
      kills,
      failedStarts: fleet.failedStarts(),
      settledInMs,
    };
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    await ground.clear();
  }
}

const progress = z.array(z.object({ left: z.coerce.number(), over: z.coerce.number() }));

/** Resolves when no run is left to work, or when nothing went on for `patienceMs`. The verdict then says which are left. */
async function untilAtRest(db: Program['database']['db'], patienceMs: number, signal: AbortSignal): Promise<void> {
  let [before, since] = ['', Date.now()];
  while (Date.now() < since + patienceMs && !signal.aborted) {
    const look = db.execute(sql`
      SELECT count(*) FILTER (WHERE delivered_at IS NULL) AS left,
        (SELECT count(*) FROM steps WHERE state IN ('done', 'failed', 'skipped')) AS over FROM runs`);
    // The last fault may have stopped the database, which is up again in a moment.
    const rows = await look.catch((error: unknown) => {
      if (isDatabaseAway(error)) return [];
      throw error;
    });
    const [now] = progress.parse(rows);
    if (now?.left === 0) return;
    const after = JSON.stringify(now);
    if (now && after !== before) [before, since] = [after, Date.now()];
    await pause(250);
  }
}
