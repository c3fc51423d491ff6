import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { type Failpoint, failpoints } from '../../src/pipeline/failpoints.ts';
import { swiftly } from '../support/swiftly.ts';
import type { Random } from './random.ts';
import type { chaosOrders } from './worker.ts';

const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** The failpoints of a worker. The first failpoint is a bot's. */
const deadly: readonly Failpoint[] = failpoints.filter((failpoint) => failpoint !== 'run_inserted');

export type Fleet = {
  /** Kills a worker with SIGKILL. Another one replaces it at once. */
  kill: (seat: number) => void;
  /** Stops a worker as if its machine slept, and continues it after `ms` milliseconds. */
  freeze: (seat: number, ms: number) => Promise<void>;
  /** From now on, no worker dies by plan. */
  spare: () => void;
  /** Workers that died by SIGKILL in the storm. */
  kills: () => number;
  /** Starts that failed because the database was away. */
  failedStarts: () => number;
  /** The output of workers that ended by themselves. It is empty unless one crashed. */
  crashes: readonly string[];
  stop: () => Promise<void>;
};

type Options = { seats: number; environment: NodeJS.ProcessEnv; visibilityMs: number; random: Random };

/** Keeps `seats` workers alive, each a process of its own. A dead one is replaced. */
export function startFleet({ seats, environment, visibilityMs, random }: Options): Fleet {
  const children = new Map<number, ChildProcess>();
  const exits = new Set<Promise<void>>();
  const crashes: string[] = [];
  let kills = 0;
  let failedStarts = 0;
  let isSpared = false;
  let isStopping = false;

  const staff = (seat: number) => {
    // Most workers die at a failpoint, the others when the storm strikes.
    const doomed = !isSpared && random.chance(0.7);
    const failpoint = deadly[random.between(0, deadly.length - 1)] ?? 'turn_claimed';
    const orders: z.infer<typeof chaosOrders> = {
      visibilityMs,
      doom: doomed ? { failpoint, after: random.between(1, 6) } : null,
    };
    const child = spawn(process.execPath, [...swiftly, script, JSON.stringify(orders)], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    let isReady = false;
    child.stdout.once('data', () => {
      isReady = true;
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = `${said}${bytes}`.slice(-4_000);
    });
    children.set(seat, child);
    const exit = once(child, 'close').then(([code, signal]) => {
      if (signal === 'SIGKILL') kills += isStopping || isSpared ? 0 : 1;
      // A worker that finds no database at its start says so and ends, and its supervisor starts it again. After its start,
      // nothing may end it.
      else if (!isStopping && isReady) crashes.push(`exit ${code} ${signal}\n${said}`);
      else failedStarts += 1;
      exits.delete(exit);
      if (!isStopping) staff(seat);
    });
    exits.add(exit);
  };
  for (let seat = 0; seat < seats; seat += 1) staff(seat);

  return {
    kill: (seat) => children.get(seat)?.kill('SIGKILL'),
    freeze: async (seat, ms) => {
      const child = children.get(seat);
      child?.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      child?.kill('SIGCONT');
    },
    spare: () => {
      isSpared = true;
      // Workers without a planned death replace those that have one.
      for (const child of children.values()) child.kill('SIGKILL');
    },
    kills: () => kills,
    failedStarts: () => failedStarts,
    crashes,
    stop: async () => {
      isStopping = true;
      for (const child of children.values()) child.kill('SIGKILL');
      await Promise.all(exits);
    },
  };
}
