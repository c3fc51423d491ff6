import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { type Installation, testVisibilityMs } from './program.ts';
import { swiftly } from './swiftly.ts';
import type { workerOrders } from './worker-process.ts';

type Orders = Partial<
  Pick<
    z.infer<typeof workerOrders>,
    'at' | 'submit' | 'pollsUntilDone' | 'holdVideos' | 'exhausting' | 'environment' | 'onlyModerates' | 'discord'
  >
>;

export type WorkerProcess = {
  process: ChildProcess;
  /**
   * Resolves with the run's id at the first such line of the process, past ones included. At `ready`, it resolves with the port
   * that the process serves.
   */
  reached: (failpoint: string, step?: string) => Promise<string>;
  /** Resolves when the process has reached any failpoints that often. Resolves at its end, too. */
  moments: (count: number) => Promise<void>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

/** Starts a worker of an installation in a process of its own, so that the test can kill it. */
export function startWorkerProcess(installation: Installation, orders: Orders = {}): WorkerProcess {
  const told: z.infer<typeof workerOrders> = {
    url: installation.database.url,
    home: installation.home,
    journal: installation.journal,
    redisUrl: installation.redisUrl,
    media: inject('vendorMedia'),
    visibilityMs: testVisibilityMs,
    pollsUntilDone: 1,
    holdVideos: null,
    exhausting: null,
    at: null,
    submit: false,
    discord: null,
    environment: null,
    onlyModerates: false,
    ...orders,
  };
  const script = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
  // With little memory, it runs out sooner. The engine then prints a long report.
  const memory = told.exhausting === null ? [] : ['--max-old-space-size=128'];
  const child = spawn(process.execPath, [...memory, ...swiftly, script, JSON.stringify(told)], {
    stdio: ['ignore', 'pipe', told.exhausting === null ? 'inherit' : 'ignore'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const reached: WorkerProcess['reached'] = (failpoint, step) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const line = lines.find((one) => one.startsWith(`${failpoint} ${step ?? ''}`));
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line.split(' ')[2] ?? '');
      };
      waiting.add(look);
      look();
      reader.once('close', () => reject(new Error(`the process ended before ${failpoint} ${step ?? ''}`)));
    });
  const moments: WorkerProcess['moments'] = (count) =>
    new Promise((resolve) => {
      const look = () => {
        if (lines.length < count) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      reader.once('close', resolve);
    });
  return { process: child, reached, moments, exited };
}
