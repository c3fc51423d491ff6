import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Program } from '../../src/program.ts';
import { crowd, type Figure, type Row } from '../figure.ts';
import { type Backend, onEachBackend } from '../stage/backends.ts';
import { openSubmitter, sendAllVideos, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import type { Stage } from '../stage/stage.ts';

const clips = 800;
const workspaces = 40;
const pollAfterMs = 4_000;
/** By then the worker has started and has asked for every clip. */
const warmUpMs = pollAfterMs + 2_000;
/** The worker asks for every clip three times. */
const measuredMs = 3 * pollAfterMs;

const four = { workflow: 'story', options: { scenes: 4, duration: 20, resolution: '720p' } } as const;
const one = { workflow: 'complete' } as const;

/** The clips of a run that wait at their provider are asked for in one turn. We compare such turns with turns of one clip each. */
export const polls: Figure = {
  name: 'polls',
  about: `${clips} clips waiting at providers, four to a run and one to a run`,
  measure: (stage) => onEachBackend(stage, on),
};

async function on(stage: Stage, backend: Backend): Promise<Row[]> {
  const together = await costOf(stage, backend, four, clips / 4);
  const apart = await costOf(stage, backend, one, clips);
  const { turnMs: fourMs, pollsPerTurn, pollsPerSecond } = together;
  return [
    {
      what: `a turn with four polls, of four turns with one poll, queue on ${backend.name}`,
      value: (together.pollMs / apart.pollMs) * 100,
      unit: '% of the processor time',
      // Four polls share one job, one claim and one end. Each still has its own write.
      goal: { atMost: 90 },
      beside: [
        { what: 'a turn with four', value: fourMs, unit: 'ms' },
        { what: 'a turn with one', value: apart.turnMs, unit: 'ms' },
        { what: 'polls in a turn with four', value: pollsPerTurn, unit: '' },
        { what: 'polls', value: pollsPerSecond, unit: '/s' },
        { what: 'with one', value: apart.pollsPerSecond, unit: '/s' },
      ],
    },
  ];
}

type Cost = { pollMs: number; turnMs: number; pollsPerTurn: number; pollsPerSecond: number };

/** The processor time of the worker, the database and Redis, in milliseconds. */
async function costOf(
  stage: Stage,
  backend: Backend,
  asked: Parameters<typeof submissionIn>[1],
  runs: number,
): Promise<Cost> {
  const installation = await backend.installation();
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  await crowd(runs, 16, (index) => submitOne(submitter, submissionIn(`w${index % workspaces}`, asked)));
  await sendAllVideos(submitter, pollAfterMs);
  const worker = await startProcess(stage, 'worker', installation, { pace: { kind: 'waiting', pollAfterMs } });
  await delay(warmUpMs);
  const servers = () => cpuMsOf(database) + (backend.pid === null ? 0 : cpuMsOf(backend.pid));
  await worker.used();
  const [serversBefore, turnsBefore, began] = [servers(), await turnsOf(submitter), performance.now()];
  await delay(measuredMs);
  const used = await worker.used();
  const [wallMs, turns] = [performance.now() - began, (await turnsOf(submitter)) - turnsBefore];
  const cpuMs = used.cpuMs + servers() - serversBefore;
  await worker.kill();
  const asks = used.lateMs.length;
  if (asks === 0) throw new Error('no clip was asked for');
  return {
    pollMs: cpuMs / asks,
    turnMs: cpuMs / turns,
    pollsPerTurn: asks / turns,
    pollsPerSecond: (asks / wallMs) * 1_000,
  };
}

const summed = z.array(z.object({ turns: z.coerce.number() }));

/** The turns of all runs so far. Each dispatch is a turn. */
async function turnsOf({ database }: Program): Promise<number> {
  const [row] = summed.parse(await database.db.execute(sql`SELECT sum(dispatch) AS turns FROM runs`));
  return row?.turns ?? 0;
}
