import { type Figure, median, type Row, repeated } from '../figure.ts';
import { deliveredCount, openSubmitter, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import { type Stage, until } from '../stage/stage.ts';

const rounds = 3;
const warmUp = 5;
const crowd = 20;

type Kind = { name: string; asked: Parameters<typeof submissionIn>[1]; steps: number };

/** 1 shot list, 6 images, 6 clips, 1 film. The bench's vendor does not look at pictures. */
const story: Kind = {
  name: 'story',
  asked: { workflow: 'story', options: { scenes: 6, duration: 30, resolution: '720p' } },
  steps: 1 + 6 + 6 + 1,
};
const complete: Kind = { name: 'complete', asked: {}, steps: 3 };

/**
 * The cost of a step in a graph of many steps. A turn looks over the whole run after every step, and a longer run has more to look
 * over, so we compare it with a step of a short run.
 */
export const storyFigure: Figure = {
  name: 'story',
  about: 'processor time of a step in a story of six scenes',
  measure: async (stage): Promise<Row[]> => {
    const [ofStory, ofComplete] = [await costOf(stage, story), await costOf(stage, complete)];
    return [
      {
        what: 'processor time of the worker for a step of a story of 6 scenes',
        value: ofStory.own,
        unit: 'ms',
        // A step of `complete` takes 5 to 6 ms. A story has almost five times as many steps to read, and its film to write.
        goal: { atMost: 12 },
        beside: [
          { what: 'PostgreSQL', value: ofStory.database, unit: 'ms' },
          { what: 'a step of complete: worker', value: ofComplete.own, unit: 'ms' },
          { what: 'PostgreSQL', value: ofComplete.database, unit: 'ms' },
        ],
      },
      {
        what: 'processor time of ffmpeg for the film of such a story',
        value: ofStory.children * story.steps,
        unit: 'ms',
        // The pictures are copied. FFmpeg encodes the sound of six seconds in one process, which mostly starts and ends.
        goal: { atMost: 600 },
        beside: [{ what: 'steps', value: story.steps, unit: '' }],
      },
    ];
  },
};

type Cost = { own: number; children: number; database: number };

/** Milliseconds of processor time for each step: of the worker itself, of the processes that it starts, and of the database. */
async function costOf(stage: Stage, { name, asked, steps }: Kind): Promise<Cost> {
  const installation = await stage.installation();
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  const worker = await startProcess(stage, 'worker', installation);
  const work = async (round: string, count: number) => {
    const before = await deliveredCount(submitter);
    for (let index = 0; index < count; index += 1) await submitOne(submitter, submissionIn(`${round}-${index}`, asked));
    // We count seldom, because counting is work for the database.
    await until(async () => (await deliveredCount(submitter)) - before >= count, 120_000, `${count} of ${name}`, 250);
  };
  await work('warm', warmUp);
  const costs = await repeated(rounds, async (round): Promise<Cost> => {
    await worker.used();
    const [all, ofDatabase] = [cpuMsOf(worker.pid), cpuMsOf(database)];
    await work(`crowd-${round}`, crowd);
    const [own, count] = [(await worker.used()).cpuMs, crowd * steps];
    const children = cpuMsOf(worker.pid) - all - own;
    return { own: own / count, children: children / count, database: (cpuMsOf(database) - ofDatabase) / count };
  });
  await worker.kill();
  const middle = (part: keyof Cost) => median(costs.map((cost) => cost[part]));
  return { own: middle('own'), children: middle('children'), database: middle('database') };
}
