import { type ChildProcess, type ChildProcessByStdio, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Writable } from 'node:stream';

/** The environment of a child besides PATH: constants about printing, never a variable of ours. */
type Fixed = { PATH?: string; LC_ALL?: 'C'; TZ?: 'UTC' };

type Common = { cwd?: string; uid?: number; gid?: number; environment?: Fixed };

/** Variables that say where a desktop's screen is. No other of ours is ever handed on. */
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
  /** How far it stands back behind other processes, 0–19. */
  niceness?: number;
};

/**
 * Starts a program. Every child process of ours starts here or in {@link runChild}, because our environment holds keys and passwords: a
 * child gets the path alone. A program of ours, a `.ts` file, runs in the Node that runs this process.
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

/** A child that could not be started, or ended badly. `output` is everything that it said. */
export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
  readonly output: string;

  constructor(message: string, output: string, options: ErrorOptions) {
    super(message, options);
    this.output = output;
  }
}

/** Runs a program to its end, with no standard input. Throws {@link ChildFailed}; one that takes too long, or is not wanted any more, is killed. */
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
    // It ended already, or may not be told: it is no worse than before.
  }
}

const environmentOf = (fixed: Fixed | undefined): Fixed => ({ PATH: process.env.PATH ?? '', ...fixed });

const commandOf = (program: string, args: readonly string[]): [string, string[]] =>
  program.endsWith('.ts') ? [process.execPath, [program, ...args]] : [program, [...args]];
