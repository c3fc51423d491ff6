import { type ChildProcess, type ChildProcessByStdio, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Writable } from 'node:stream';

/** The environment of a child besides PATH: constants about output, never one of our variables. */
type Fixed = { PATH?: string; LC_ALL?: 'C'; TZ?: 'UTC' };

type Common = { cwd?: string; uid?: number; gid?: number; environment?: Fixed };

/** Variables that locate a desktop's screen. We pass no others to a child. */
const ofDesktop = [
  'HOME',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
] as const;
type StartOptions = Common & Pick<SpawnOptions, 'stdio' | 'detached'> & { isOnDesktop?: true };
type RunOptions = Common & {
  signal?: AbortSignal;
  timeoutMs?: number;
  maxOutputBytes?: number;
  /** The child's niceness, 0–19. */
  niceness?: number;
};

/**
 * Starts a program. Every child process starts here or in {@link runChild}. Our environment holds keys and passwords, so a child
 * gets only PATH. One of our own `.ts` files runs in the same Node as this process.
 */
export function startChild(
  program: string,
  args: readonly string[],
  options: StartOptions & { stdio: ['pipe', 'inherit', 'inherit'] },
): ChildProcessByStdio<Writable, null, null>;
export function startChild(program: string, args: readonly string[], options: StartOptions): ChildProcess;
export function startChild(program: string, args: readonly string[], options: StartOptions): ChildProcess {
  const { environment, isOnDesktop, ...rest } = options;
  const [command, given] = commandOf(program, args);
  const screen = isOnDesktop ? Object.fromEntries(ofDesktop.map((name) => [name, process.env[name]])) : {};
  return spawn(command, given, { ...rest, env: { ...screen, ...environmentOf(environment) } });
}

/** A child that could not be started, or failed. `output` is its whole output. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
  readonly output: string;

  constructor(message: string, output: string, options: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}

/**
 * Runs a program to its end, without standard input. Throws {@link ChildFailed}. A program that takes too long, or whose signal
 * aborts, is killed.
 */
export function runChild(
  program: string,
  args: readonly string[],
  { environment, timeoutMs = 0, maxOutputBytes = 1_000_000, niceness = 0, ...rest }: RunOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const [command, given] = commandOf(program, args);
  const limits = { timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve, reject) => {
    const options = { ...rest, ...limits, env: environmentOf(environment), encoding: 'utf8' } as const;
    const child = execFile(command, given, options, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr });
      const output = `${stdout}${stderr}`.trim();
      const how =
        typeof error.code === 'string' ? error.message : `${program} ended with ${error.signal ?? error.code}`;
      reject(new ChildFailed(how, output, { cause: error }));
    });
    child.stdin?.end();
    if (niceness > 0 && child.pid !== undefined) standBack(child.pid, niceness);
  });
}

function standBack(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or we may not change its priority. It still works.
  }
}

const environmentOf = (fixed: Fixed | undefined): Fixed => ({ PATH: process.env.PATH ?? '', ...fixed });

const commandOf = (program: string, args: readonly string[]): [string, string[]] =>
  program.endsWith('.ts') ? [process.execPath, [program, ...args]] : [program, [...args]];
