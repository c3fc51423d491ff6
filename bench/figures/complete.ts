import type { Program } from '../../src/program.ts';
import { type Figure, median, type Row, repeated } from '../figure.ts';
import { type Backend, backends, redisCpuMs } from '../stage/backends.ts';
import {
  deliveredCount,
  dispatchesPerRun,
  openSubmitter,
  serverPid,
  submissionIn,
  submitOne,
} from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import { type Stage, until } from '../stage/stage.ts';

const rounds = 5;
const warmUp = 40;
const alone = 15;
const crowd = 100;

/**
 * A whole run with providers that take no time, so that only our own time remains. The rounds of the backends take turns, so that
 * both meet the same load of the machine.
 */
export const complete: Figure = {
  name: 'complete',
  about: 'a whole run with providers that answer at once',
  measure: async (stage) => {
    const courses = [];
    for (const backend of await backends(stage)) courses.push(await openCourse(stage, backend));
    for (let round = 0; round < rounds; round += 1) {
      for (const course of courses) await course.run(round);
    }
    const rows: Row[] = [];
    for (const course of courses) rows.push(...(await course.rows()));
    return rows;
  },
};

type Round = { perSecond: number; worker: number; database: number; redis: number };

/** A backend with a worker of its own. */
async function openCourse(stage: Stage, backend: Backend) {
  const installation = await backend.installation();
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  const worker = await startProcess(stage, 'worker', installation);
  // A worker in service has already compiled the code that it uses.
  await repeated(warmUp, () => whole(submitter, 'warm'));
  const times = await repeated(alone, async () => {
    const began = performance.now();
    await whole(submitter, 'one');
    return performance.now() - began;
  });
  const done: Round[] = [];
  return {
    run: async (round: number) => {
      const before = await deliveredCount(submitter);
      await worker.used();
      const [began, ofDatabase, ofRedis] = [performance.now(), cpuMsOf(database), redisCpuMs(backend)];
      // So many workspaces that we do not measure the limit of one.
      for (let index = 0; index < crowd; index += 1)
        await submitOne(submitter, submissionIn(`crowd-${round}-${index % 50}`));
      // We count seldom, because counting is work for the database.
      await until(async () => (await deliveredCount(submitter)) - before >= crowd, 120_000, `${crowd} runs`, 100);
      const wallMs = performance.now() - began;
      done.push({
        perSecond: (crowd / wallMs) * 1_000,
        worker: (await worker.used()).cpuMs / crowd,
        database: (cpuMsOf(database) - ofDatabase) / crowd,
        redis: (redisCpuMs(backend) - ofRedis) / crowd,
      });
    },
    rows: async (): Promise<Row[]> => {
      const middle = (part: keyof Round) => median(done.map((round) => round[part]));
      const jobs = await dispatchesPerRun(submitter);
      return [
        {
          what: `a run from command to delivery, queue in ${backend.name}`,
          value: median(times),
          unit: 'ms',
          goal: { atMost: 60 },
          beside: [],
        },
        {
          what: `processor time of the worker for a run, queue in ${backend.name}`,
          value: middle('worker'),
          unit: 'ms',
          goal: { atMost: 12 },
          beside: [
            { what: 'database', value: middle('database'), unit: 'ms' },
            ...(backend.pid === null ? [] : [{ what: 'Redis', value: middle('redis'), unit: 'ms' }]),
            { what: 'runs', value: middle('perSecond'), unit: '/s' },
            { what: 'jobs in a run', value: jobs, unit: '' },
          ],
        },
      ];
    },
  };
}

async function whole(submitter: Program, name: string): Promise<void> {
  const id = await submitOne(submitter, submissionIn(name));
  for await (const { run } of submitter.services.watch(id)) {
    if (run.deliveredAt && run.state !== 'succeeded') throw new Error(`a run ${run.state}: ${run.failure?.detail}`);
    if (run.deliveredAt) return;
  }
}
