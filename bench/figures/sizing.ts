import { type Figure, numberOf, type Row, type Settings } from '../figure.ts';
import { type Costs, simulate } from '../simulation.ts';

const runsADay = [100, 1_000, 10_000, 100_000, 1_000_000];
/** The busiest hour has so many times the runs of an average one. */
const rush = 4;
/** In seconds. How long a video takes at its provider. */
const videoSeconds = 90;
/** Edits of the progress message. */
const editsOfRun = 8;
/** The share of its cores that a machine may use: more, and polls wait for each other. */
const mostUsed = 0.6;
/** Measured by `history` at a million runs, indexes included. */
const databaseKbOfRun = 4.3;

/**
 * What machines so many runs a day need, simulated. The costs are those that `complete` and `growth` measured on two cores of an AMD
 * EPYC; an edit's is assumed. Pass on your own in milliseconds of processor time: `--set run=23 --set poll=1.5 --set edit=3 --set every=15`.
 */
export const sizing: Figure = {
  name: 'sizing',
  about: 'machines for 100 to 1,000,000 runs a day, and for 500,000 waiting videos, simulated',
  measure: async (_stage, settings) => {
    const everySeconds = numberOf(settings, 'every', 15);
    const rows = runsADay.map((runs) =>
      rowOf(`${runs.toLocaleString('en')} runs a day`, settings, (runs * rush) / 86_400),
    );
    return [...rows, rowOf('500,000 videos that only wait', settings, 0, 500_000 / everySeconds)];
  },
};

function rowOf(what: string, settings: Settings, runsPerSecond: number, asked?: number): Row {
  const everySeconds = numberOf(settings, 'every', 15);
  const pollsPerSecond = Math.max(0.1, asked ?? (runsPerSecond * videoSeconds) / everySeconds);
  const others = runsPerSecond * (numberOf(settings, 'run', 23) + editsOfRun * numberOf(settings, 'edit', 3));
  const poll = numberOf(settings, 'poll', 1.5) + others / pollsPerSecond;
  // Of the processor time, the database has the larger part.
  const costs: Costs = { worker: poll * 0.4, database: poll * 0.57, redis: poll * 0.03 };
  const cores = Math.max(1, Math.ceil((pollsPerSecond * poll) / 1_000 / mostUsed));
  const workers = Math.max(1, Math.ceil((pollsPerSecond * costs.worker) / 1_000 / mostUsed));
  const { lateMs, used } = simulate({ pollsPerSecond, costs, machine: { cores, workers } });
  return {
    what: `cores: ${what}`,
    value: cores,
    unit: '',
    goal: null,
    beside: [
      { what: 'worker processes', value: workers, unit: '' },
      { what: 'waiting videos', value: pollsPerSecond * everySeconds, unit: '' },
      { what: 'polls', value: pollsPerSecond, unit: '/s' },
      { what: 'of the cores used', value: used * 100, unit: '%' },
      { what: 'lateness p95', value: lateMs.p95 / 1_000, unit: 's' },
      { what: 'database', value: (runsPerSecond / rush) * 86_400 * 30 * databaseKbOfRun * 1e-6, unit: 'GB a month' },
    ],
  };
}
