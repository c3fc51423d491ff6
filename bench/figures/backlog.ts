import { type Figure, median, repeated } from '../figure.ts';
import { deliveredCount, openCopier, openSubmitter, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import { until } from '../stage/stage.ts';

const sizes = [10, 100, 1_000, 10_000];
const workspaces = 40;
const worked = 120;
const rounds = 3;

/** The cost of a run while others wait. We work the same number of runs beside a backlog that is ten times longer each time. */
export const backlog: Figure = {
  name: 'backlog',
  about: 'cost of a run beside 10, 100, 1,000 and 10,000 that wait',
  measure: async (stage) => {
    const installation = await stage.installation();
    const submitter = await openSubmitter(stage, installation);
    const pid = await serverPid(submitter);
    for (let index = 0; index < workspaces; index += 1) {
      await submitOne(submitter, submissionIn(`w${index}`, { workflow: 'image' }));
    }
    let submitted = workspaces;
    const copy = await openCopier(submitter);
    const fill = async (size: number) => {
      const missing = size + worked - (submitted - (await deliveredCount(submitter)));
      if (missing > 0) await copy(missing);
      submitted += Math.max(0, missing);
    };
    const costs = [];
    for (const size of sizes) {
      const perRun = await repeated(rounds, async () => {
        await fill(size);
        const start = await deliveredCount(submitter);
        const worker = await startProcess(stage, 'worker', installation);
        await until(async () => (await deliveredCount(submitter)) > start, 30_000, 'a first run');
        await worker.used();
        const [before, cpu] = [await deliveredCount(submitter), cpuMsOf(pid)];
        // We count seldom: a count costs more with more runs, and we do not measure it.
        const isWorked = async () => (await deliveredCount(submitter)) - before >= worked / 2;
        await until(isWorked, 120_000, 'the runs', 250);
        const [count, used] = [(await deliveredCount(submitter)) - before, await worker.used()];
        const perRunMs = (used.cpuMs + cpuMsOf(pid) - cpu) / count;
        await worker.kill();
        return perRunMs;
      });
      costs.push(median(perRun));
    }
    const [min, max] = [Math.min(...costs), Math.max(...costs)];
    return [
      {
        what: 'processor time of a run, the dearest backlog over the cheapest',
        value: (max / min - 1) * 100,
        unit: '% more',
        goal: { atMost: 20 },
        beside: costs.map((value, index) => ({ what: `beside ${sizes[index]}`, value, unit: 'ms' })),
      },
    ];
  },
};
