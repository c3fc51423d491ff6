import { setTimeout as delay } from 'node:timers/promises';
import { type Figure, quantile, type Row } from '../figure.ts';
import { type Backend, onEachBackend } from '../stage/backends.ts';
import { openCopier, openSubmitter, sendAllVideos, serverPid, submissionIn, submitOne } from '../stage/people.ts';
import { cpuMsOf, startProcess } from '../stage/processes.ts';
import type { Stage } from '../stage/stage.ts';

const videos = 5_000;
const workspaces = 500;
const pollAfterMs = 15_000;
/** By then the worker has started and has asked for every video. */
const warmUpMs = pollAfterMs + 3_000;
/** The worker asks for every video twice. */
const measuredMs = 2 * pollAfterMs;
const idleMs = 3_000;

/**
 * One worker waits for many videos at their providers. We measure its memory, how late it asks, and how much each process works
 * for it.
 */
export const waiting: Figure = {
  name: 'waiting',
  about: `${videos} videos waiting at providers in one worker, asked for every ${pollAfterMs / 1_000} s`,
  measure: (stage) => onEachBackend(stage, on),
};

async function on(stage: Stage, backend: Backend): Promise<Row[]> {
  const installation = await backend.installation();
  const submitter = await openSubmitter(stage, installation);
  const database = await serverPid(submitter);
  const worker = await startProcess(stage, 'worker', installation, { pace: { kind: 'waiting', pollAfterMs } });
  await delay(idleMs);
  const idle = await worker.used();
  await worker.kill();

  for (let index = 0; index < workspaces; index += 1) await submitOne(submitter, submissionIn(`w${index}`));
  const copy = await openCopier(submitter);
  await copy(videos - workspaces);
  await sendAllVideos(submitter, pollAfterMs);
  const busy = await startProcess(stage, 'worker', installation, { pace: { kind: 'waiting', pollAfterMs } });
  await delay(warmUpMs);
  await busy.used();
  const [databaseBefore, redisBefore, began] = [cpuMsOf(database), cpuMsOf(backend.pid ?? 0), performance.now()];
  await delay(measuredMs);
  const [used, wallMs] = [await busy.used(), performance.now() - began];
  const share = (ms: number) => (ms / wallMs) * 100;
  // We measure the other backend next, on the same server.
  await busy.kill();
  const ofDatabase = share(cpuMsOf(database) - databaseBefore);
  if (used.lateMs.length === 0) throw new Error('no video was asked for');
  const polls = { what: 'polls', value: (used.lateMs.length / wallMs) * 1_000, unit: '/s' };
  const ofWorker = { what: 'worker', value: share(used.cpuMs), unit: '% of a core' };
  const name = `queue on ${backend.name}`;
  return [
    {
      what: `memory of the worker, ${name}`,
      value: used.peakMb,
      unit: 'MB',
      goal: { atMost: 350 },
      beside: [{ what: 'idle', value: idle.peakMb, unit: 'MB' }],
    },
    {
      what: `lateness of a poll, p95, ${name}`,
      value: quantile(used.lateMs, 0.95) / 1_000,
      unit: 's',
      goal: { atMost: 1 },
      beside: [{ what: 'median', value: quantile(used.lateMs, 0.5) / 1_000, unit: 's' }, polls],
    },
    backend.pid === null
      ? {
          what: 'PostgreSQL at work, the queue in it',
          value: ofDatabase,
          unit: '% of a core',
          goal: { atMost: 40 },
          beside: [ofWorker],
        }
      : {
          what: 'Redis at work',
          value: share(cpuMsOf(backend.pid) - redisBefore),
          unit: '% of a core',
          goal: { atMost: 20 },
          beside: [ofWorker, { what: 'PostgreSQL', value: ofDatabase, unit: '% of a core' }],
        },
  ];
}
