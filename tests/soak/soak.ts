import { setTimeout as delay } from 'node:timers/promises';
import type { SoakInstallation } from './installation.ts';
import { type Point, slopePerHour } from './trend.ts';
import type { Sample } from './words.ts';

/** The limits for growth in the second half of a soak. `least`: less than this in all is noise, however short the soak is. */
type Limit = { what: string; unit: string; perHour: number; least: number; read: (sample: Sample) => number };

/**
 * Memory is measured after a collection of garbage, so what grows is kept. RSS also contains what the allocator keeps for later.
 *
 * The limits come from an hour of 7,200 runs with two workers, on two idle cores (AMD EPYC). Its second half had, by the hour: heap −3.4
 * to +2.6 MB (compiled code, and the statements that each connection has prepared; a census found nothing else that had become more),
 * RSS +3 to +7 MB, external −0.4 to +0.2 MB, files −2.7 to 0, handles −26 to +6, lag +0.4 to +0.9 ms. Files and handles are what is in use
 * at that moment: 32 to 43 files and 23 to 64 handles. One that each run leaves behind would be 7,200.
 */
const limits: readonly Limit[] = [
  { what: 'RSS', unit: 'MB', perHour: 12, least: 6, read: ({ rssMb }) => rssMb },
  { what: 'heap', unit: 'MB', perHour: 4, least: 1.5, read: ({ heapMb }) => heapMb },
  { what: 'external', unit: 'MB', perHour: 3, least: 1.5, read: ({ externalMb }) => externalMb },
  { what: 'files', unit: '', perHour: 6, least: 3, read: ({ files }) => files },
  { what: 'handles', unit: '', perHour: 30, least: 15, read: ({ handles }) => handles },
  { what: 'lag p99', unit: 'ms', perHour: 5, least: 5, read: ({ lagP99Ms }) => lagP99Ms },
];

type Trend = {
  process: string;
  what: string;
  unit: string;
  first: number;
  last: number;
  perHour: number;
  limit: number;
  isFlat: boolean;
};

export type SoakReport = {
  runs: number;
  faults: string[];
  trends: Trend[];
  samples: { at: number; processes: Record<string, Sample>; connections: number; databaseMb: number }[];
};

export type SoakOptions = { ms: number; runsPerSecond: number; tell: (line: string) => void; signal: AbortSignal };

const samplesInAll = 120;

/** Gives commands at a constant rate, looks at the processes every now and then, and says what grew. */
export async function soak(installation: SoakInstallation, options: SoakOptions): Promise<SoakReport> {
  const { ms, runsPerSecond, tell, signal } = options;
  const began = Date.now();
  const samples: SoakReport['samples'] = [];
  const faults: string[] = [];
  let runs = 0;
  const isOver = () => signal.aborted || Date.now() - began > ms;
  const pause = (pauseMs: number) => delay(pauseMs, undefined, { signal }).catch(() => {});

  const giving = async () => {
    const underWay = new Set<Promise<void>>();
    while (!isOver()) {
      const one = installation.give(runs).catch((error: unknown) => void faults.push(String(error)));
      runs += 1;
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
      await pause(began + (runs / runsPerSecond) * 1_000 - Date.now());
    }
    await Promise.all(underWay);
  };
  const looking = async () => {
    while (!isOver()) {
      await pause(Math.max(2_000, ms / samplesInAll));
      const sample = { at: Date.now() - began, ...(await installation.look()) };
      samples.push(sample);
      tell(lineOf(sample, runs));
    }
  };
  await Promise.all([giving(), looking()]);
  await installation.atRest();
  for (const [name, { warnings }] of Object.entries(samples.at(-1)?.processes ?? {})) {
    faults.push(...warnings.map((warning) => `the ${name} was warned: ${warning}`));
  }
  return { runs, faults, samples, trends: trendsOf(samples) };
}

const lineOf = ({ at, processes, connections, databaseMb }: SoakReport['samples'][number], runs: number) => {
  const held = Object.entries(processes).map(
    ([name, { rssMb, heapMb, files, lagP99Ms }]) =>
      `${name} ${rssMb.toFixed(0)}/${heapMb.toFixed(1)} MB ${files} files ${lagP99Ms.toFixed(0)} ms`,
  );
  const seconds = (at / 1_000).toFixed(0).padStart(5);
  return `${seconds} s  ${runs} runs  ${held.join('  ')}  ${connections} connections  ${databaseMb.toFixed(0)} MB`;
};

/** The trends of the second half: in the first, caches fill and code is compiled. */
function trendsOf(samples: SoakReport['samples']): Trend[] {
  const half = samples.slice(Math.floor(samples.length / 2));
  const hours = ((half.at(-1)?.at ?? 0) - (half[0]?.at ?? 0)) / 3_600_000;
  return Object.keys(half[0]?.processes ?? {}).flatMap((process) =>
    limits.map(({ what, unit, perHour: limit, least, read }) => {
      const points: Point[] = half.flatMap(({ at, processes }) => {
        const sample = processes[process];
        return sample ? [{ at, value: read(sample) }] : [];
      });
      const perHour = slopePerHour(points);
      const isFlat = perHour <= limit || perHour * hours <= least;
      return {
        process,
        what,
        unit,
        first: points[0]?.value ?? 0,
        last: points.at(-1)?.value ?? 0,
        perHour,
        limit,
        isFlat,
      };
    }),
  );
}
