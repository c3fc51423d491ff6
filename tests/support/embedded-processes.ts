import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startOf } from '../../src/db/embedded/identity.ts';

/** Commands `embedded-user.ts` processes, so that each use of the embedded PostgreSQL has a process of its own. */
const message = z.discriminatedUnion('said', [
  z.object({ said: z.literal('ready') }),
  z.object({ said: z.literal('opened'), url: z.string(), started: z.boolean() }),
  z.object({ said: z.literal('closed') }),
  z.object({ said: z.literal('failed'), message: z.string() }),
]);
type Message = z.infer<typeof message>;

const userScript = fileURLToPath(new URL('./embedded-user.ts', import.meta.url));

export type User = {
  child: ChildProcess;
  /** Opens the server, or throws the error that the process reported. */
  open: () => Promise<{ url: string; started: boolean }>;
  /** Asks the process to open and does not wait, because the test kills it meanwhile. */
  beginToOpen: () => void;
  close: () => Promise<void>;
  kill: (signal: NodeJS.Signals) => Promise<void>;
};

type Options = { uid?: number; gid?: number; module?: string; detached?: boolean };

const living = new Set<User>();

export async function startUser(home: string, { module, ...options }: Options = {}): Promise<User> {
  const child = spawn(process.execPath, [userScript, home, ...(module ? [module] : [])], {
    ...options,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // A killed process breaks its pipe. The test learns of it by the exit.
  child.stdin.on('error', () => undefined);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Message> => {
    const { value, done } = await answers.next();
    if (done) throw new Error('the process ended without an answer');
    return message.parse(JSON.parse(value));
  };
  const gone = once(child, 'exit');
  const user: User = {
    child,
    open: async () => {
      child.stdin.write('open\n');
      const answer = await next();
      if (answer.said === 'opened') return { url: answer.url, started: answer.started };
      throw new Error(answer.said === 'failed' ? answer.message : answer.said);
    },
    beginToOpen: () => {
      child.stdin.write('open\n');
    },
    close: async () => {
      child.stdin.write('close\n');
      const answer = await next();
      if (answer.said !== 'closed') throw new Error(answer.said === 'failed' ? answer.message : answer.said);
      await gone;
      living.delete(user);
    },
    kill: async (signal) => {
      child.kill(signal);
      await gone;
      living.delete(user);
    },
  };
  living.add(user);
  await next();
  return user;
}

/** Ends the processes that a failed test left. */
export async function endUsers(): Promise<void> {
  await Promise.all([...living].map((user) => user.kill('SIGKILL')));
}

/** The server's first process on this data directory, as PostgreSQL itself records it. */
export function postmasterPid(dataDir: string): number {
  return Number(readFileSync(`${dataDir}/postmaster.pid`, 'utf8').split('\n')[0]);
}

/** False also for a process that has ended, but whose parent has not collected it yet. */
export async function isRunning(pid: number | undefined): Promise<boolean> {
  return pid !== undefined && (await startOf(pid)) !== null;
}

/** The reason why the user with this id cannot run our code. Null if they can. */
export function cannotRunAs(uid: number): string | null {
  const check = 'test -x "$1" && test -r "$2"';
  const { status } = spawnSync('/bin/sh', ['-c', check, 'sh', process.execPath, userScript], {
    uid,
    gid: uid,
    cwd: '/',
  });
  return status === 0 ? null : `user ${uid} can reach neither ${process.execPath} nor ${userScript}`;
}
