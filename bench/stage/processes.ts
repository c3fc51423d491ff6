import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { Place, Stage } from './stage.ts';
import { type processOrders, processWords } from './words.ts';

type Orders = Partial<Omit<z.infer<typeof processOrders>, 'role'>>;
type Used = Extract<z.infer<typeof processWords>, { word: 'used' }>;

type BenchProcess = {
  port: number;
  pid: number;
  /** The resources that it used since the last call. */
  used: () => Promise<Used>;
  kill: () => Promise<void>;
};

/** Starts a bot or a worker of an installation; resolves when it is ready. */
export async function startProcess(stage: Stage, role: 'bot' | 'worker', installation: Place, orders: Orders = {}) {
  const told: z.infer<typeof processOrders> = {
    role,
    media: stage.media,
    pace: { kind: 'instant' },
    visibilityMs: 20_000,
    ...orders,
    environment: { ...installation.environment, ...orders.environment },
  };
  const script = fileURLToPath(new URL('./process.ts', import.meta.url));
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc'];
  // The same flags as `npm start`.
  const child = fork(script, [JSON.stringify(told)], { stdio, execArgv: ['--max-semi-space-size=8'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  stage.atEnd(kill);
  const first = await heard(child);
  if (first.word !== 'ready') throw new Error('the process spoke out of turn');
  const started: BenchProcess = {
    port: first.port,
    pid: child.pid ?? 0,
    kill,
    used: async () => {
      child.send('used');
      const answer = await heard(child);
      if (answer.word !== 'used') throw new Error('the process spoke out of turn');
      return answer;
    },
  };
  await started.used();
  return started;
}

const heard = (child: ChildProcess) =>
  new Promise<z.infer<typeof processWords>>((resolve, reject) => {
    const gone = () => reject(new Error('the process ended before it answered'));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(processWords.parse(message));
    });
  });

/** Milliseconds of processor time that a process and its children have used. NaN if the system has no /proc. */
export function cpuMsOf(pid: number): number {
  try {
    const family = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => statOf(Number(name)))
      .filter((stat) => stat !== null && (stat.pid === pid || stat.parent === pid));
    const ticks = family.reduce((sum, stat) => sum + (stat?.own ?? 0) + (stat?.pid === pid ? stat.reaped : 0), 0);
    // A tick is a hundredth of a second on every Linux that Node runs on.
    return ticks * 10;
  } catch {
    return Number.NaN;
  }
}

/** The parent of a process. For the process of a database connection, this is the database server. */
export const parentOf = (pid: number): number => statOf(pid)?.parent ?? 0;

function statOf(pid: number): { pid: number; parent: number; own: number; reaped: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [1, 11, 12, 13, 14].map(
      (at) => fields[at],
    );
    return { pid, parent, own: user + system, reaped: childUser + childSystem };
  } catch {
    return null;
  }
}
