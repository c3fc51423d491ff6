import { writeFile } from 'node:fs/promises';
import { inspect, parseArgs } from 'node:util';
import type { Figure, Row } from './figure.ts';
import { accepted } from './figures/accepted.ts';
import { answers } from './figures/answers.ts';
import { backlog } from './figures/backlog.ts';
import { big } from './figures/big.ts';
import { complete } from './figures/complete.ts';
import { edits } from './figures/edits.ts';
import { growth } from './figures/growth.ts';
import { history } from './figures/history.ts';
import { hooks } from './figures/hooks.ts';
import { polls } from './figures/polls.ts';
import { sizing } from './figures/sizing.ts';
import { startup } from './figures/startup.ts';
import { storyFigure } from './figures/story.ts';
import { takeover } from './figures/takeover.ts';
import { waiting } from './figures/waiting.ts';
import { openStage } from './stage/stage.ts';
import { machine, paint, type Result } from './table.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: '1000000' },
    set: { type: 'string', multiple: true },
    write: { type: 'string' },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 10_000) {
  process.stderr.write(`--runs ${values.runs}: give at least 10000 runs.\n`);
  process.exit(2);
}

const figures: Figure[] = [
  startup,
  accepted,
  answers,
  complete,
  storyFigure,
  waiting,
  polls,
  hooks,
  edits,
  takeover,
  big,
  backlog,
  history(runs),
  growth,
  sizing,
];

const names = values.only?.flatMap((name) => name.split(',')) ?? figures.map(({ name }) => name);
const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
if (unknown.length > 0) {
  process.stderr.write(`No figure is called ${unknown.join(', ')}: ${figures.map(({ name }) => name).join(', ')}.\n`);
  process.exit(2);
}

const settings = new Map((values.set ?? []).map((one) => [one.split('=')[0] ?? '', one.split('=')[1] ?? '']));

/** We stop a figure that takes longer than this, so that the others are still measured. Milliseconds. */
const usualPatienceMs = 3 * 60_000;

async function within<T>(patienceMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not measured within ${patienceMs / 60_000} minutes`)), patienceMs);
  });
  // The rest of its work fails when its processes end, and nobody waits for that.
  work.catch(() => {});
  return await Promise.race([work, overdue]).finally(() => clearTimeout(timer));
}

// Work may fail with nobody waiting for it when a figure's processes and databases end. We still measure the other figures.
process.on('unhandledRejection', (error) => process.stderr.write(`(left behind: ${String(error)}) `));

const results: Result[] = [];
const { stage, done, close } = await openStage();
for (const figure of figures.filter(({ name }) => names.includes(name))) {
  const began = performance.now();
  process.stderr.write(`${figure.name}: ${figure.about} … `);
  let [rows, failure]: [Row[], string | null] = [[], null];
  try {
    rows = await within(figure.patienceMs ?? usualPatienceMs, figure.measure(stage, settings));
  } catch (error) {
    // We include the cause: the error of a failed statement itself gives only the statement's text.
    failure = inspect(error, { compact: true });
  }
  await done();
  process.stderr.write(
    `${failure === null ? '' : `failed: ${failure} `}${Math.round((performance.now() - began) / 1_000)} s\n`,
  );
  results.push({ figure: figure.name, rows, failure });
}
await close();

const report = JSON.stringify({ machine: machine(), results }, null, 2);
process.stdout.write(values.json ? `${report}\n` : paint(results));
if (values.write) await writeFile(values.write, `${report}\n`);
process.exit(0);
