import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, median, repeated } from '../figure.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rounds = 5;

/** From no process to an answer: npm, Node, the imports, the start of the embedded database and, for a command, its stop. */
export const startup: Figure = {
  name: 'startup',
  about: 'the command line and the program from cold',
  measure: async (stage) => {
    const home = await mkdtemp(join(stage.folder, 'startup-'));
    await chmod(home, 0o755);
    const { PATH, HOME } = process.env;
    const environment = { PATH, HOME, VIDGENIE_HOME: join(home, '.vidgenie') };
    const ended = (program: string, words: string[]) => timeOf(program, words, environment, null);
    // The first start makes the database's files and fills Node's cache of compiled code.
    await ended('npx', ['vidgenie', 'credits']);
    const imports =
      "import('./src/loading.ts').then((one) => one.loadSwiftly()).then(() => import('./src/cli/show.ts'))";
    const [credits, alone, npx] = [
      await repeated(rounds, () => ended('npx', ['vidgenie', 'credits'])),
      await repeated(rounds, () => ended(process.execPath, ['-e', imports])),
      await repeated(rounds, () => ended('npx', ['node', '-e', '0'])),
    ];
    const serving = { ...environment, VIDGENIE_ROLE: 'worker' };
    const starts = await repeated(rounds, () => timeOf('npm', ['start'], serving, /at work/));
    return [
      {
        what: '`npx vidgenie credits`, nothing running before',
        value: median(credits) / 1_000,
        unit: 's',
        goal: { atMost: 1 },
        beside: [
          { what: 'the imports alone', value: median(alone) / 1_000, unit: 's' },
          { what: 'npx alone', value: median(npx) / 1_000, unit: 's' },
        ],
      },
      {
        what: '`npm start` to ready, nothing running before',
        value: median(starts) / 1_000,
        unit: 's',
        goal: { atMost: 2 },
        beside: [],
      },
    ];
  },
};

/** Milliseconds until a program ends, or until its output matches `until`; then we stop it and wait for it. */
async function timeOf(
  program: string,
  words: string[],
  environment: NodeJS.ProcessEnv,
  until: RegExp | null,
): Promise<number> {
  const began = performance.now();
  const child = spawn(program, words, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  let readyMs = 0;
  const hear = (chunk: unknown) => {
    said += String(chunk);
    if (until === null || readyMs > 0 || !until.test(said) || child.pid === undefined) return;
    readyMs = performance.now() - began;
    process.kill(-child.pid, 'SIGTERM');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [status] = await once(child, 'exit');
  if (until === null && status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}: ${said}`);
  if (until !== null && readyMs === 0) throw new Error(`${program} never was ready: ${said}`);
  return until === null ? performance.now() - began : readyMs;
}
