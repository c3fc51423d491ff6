import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** An empty folder in which a new user tries VidGenie without any configuration. */
export async function newcomer(): Promise<{ home: string; environment: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-newcomer-'));
  await chmod(folder, 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, '.vidgenie');
  const { PATH, HOME } = process.env;
  return { home, environment: { PATH, HOME, VIDGENIE_HOME: home, DEMO_STEP_MS: '0' } };
}

export type Command = {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Resolves with the first line of stdout that matches, past ones included. */
  line: (pattern: RegExp) => Promise<string>;
  /** The same for stderr, which has the log. */
  said: (pattern: RegExp) => Promise<string>;
  exit: Promise<number | null>;
};

/** Starts `vidgenie …` as a process of its own. */
export function vidgenie(words: string[], environment: NodeJS.ProcessEnv, input = ''): Command {
  return start(process.execPath, ['src/cli.ts', ...words], environment, input);
}

/** Starts a program in the project's folder. */
export function start(program: string, words: string[], environment: NodeJS.ProcessEnv, input = ''): Command {
  const child = spawn(program, words, { cwd: root, env: environment, stdio: 'pipe' });
  child.stdin.end(input);
  const [out, log] = [createInterface({ input: child.stdout }), createInterface({ input: child.stderr })];
  const [stdout, stderr] = [linesOf(out), linesOf(log)];
  const exit = Promise.all([once(child, 'exit'), once(out, 'close')]).then(([[code]]) => code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    child,
    exit,
    line: stdout.first,
    said: stderr.first,
    stdout: () => stdout.lines.join('\n'),
    stderr: () => stderr.lines.join('\n'),
  };
}

function linesOf(reader: Interface) {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  reader.on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const first = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((one) => pattern.test(one));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      reader.once('close', () => reject(new Error(`it ended before ${pattern}: ${lines.join('\n')}`)));
    });
  return { lines, first };
}
