import { type Figure, median, type Row, repeated } from '../figure.ts';
import { type Backend, noopRate, onEachBackend } from '../stage/backends.ts';
import { deliveredCount, dispatchesPerRun, openSubmitter, submissionIn, submitOne } from '../stage/people.ts';
import { startProcess } from '../stage/processes.ts';
import { type Stage, until } from '../stage/stage.ts';

const rounds = 3;
const warmUp = 20;
const alone = 15;
const crowd = 60;

/**
 * A whole run with providers that take no time, so that only our own time remains. Compared with the rate at which the queue
 * moves jobs that do nothing.
 */
export const complete: Figure = {
  name: 'complete',
  about: 'a whole run with providers that answer at once',
  measure: (stage) => onEachBackend(stage, on),
};

async function on(stage: Stage, backend: Backend): Promise<Row[]> {
  const installation = await backend.installation();
  const submitter = await openSubmitter(stage, installation);
  const worker = await startProcess(stage, 'worker', installation);
  const whole = async (name: string) => {
    const id = await submitOne(submitter, submissionIn(name));
    for await (const { run } of submitter.services.watch(id)) {
      if (run.deliveredAt && run.state !== 'succeeded') throw new Error(`a run ${run.state}: ${run.failure?.detail}`);
      if (run.deliveredAt) return;
    }
  };
  // A worker in service has already compiled the code that it uses.
  await repeated(warmUp, () => whole('warm'));
  const times = await repeated(alone, async () => {
    const began = performance.now();
    await whole('one');
    return performance.now() - began;
  });
  const rates = await repeated(rounds, async (round) => {
    const before = await deliveredCount(submitter);
    const began = performance.now();
    // So many workspaces that we do not measure the limit of one.
    for (let index = 0; index < crowd; index += 1)
      await submitOne(submitter, submissionIn(`crowd-${round}-${index % 30}`));
    await until(async () => (await deliveredCount(submitter)) - before >= crowd, 120_000, `${crowd} runs`);
    return (crowd / (performance.now() - began)) * 1_000;
  });
  const jobsPerRun = await dispatchesPerRun(submitter);
  await worker.kill();
  const [rate, noop] = [median(rates), median(await repeated(rounds, () => noopRate(backend)))];
  return [
    {
      what: `a run from command to delivery, queue on ${backend.name}`,
      value: median(times),
      unit: 'ms',
      goal: { atMost: 60 },
      beside: [],
    },
    {
      what: `runs a second, queue on ${backend.name}`,
      value: (rate / (noop / jobsPerRun)) * 100,
      unit: '% of no-op',
      goal: { atLeast: 25 },
      beside: [
        { what: 'runs', value: rate, unit: '/s' },
        { what: 'no-op jobs', value: noop, unit: '/s' },
        { what: 'jobs in a run', value: jobsPerRun, unit: '' },
      ],
    },
  ];
}
