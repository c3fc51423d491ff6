import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { claimEntry, noteEntryErased } from '../db/cast.ts';
import type { Db } from '../db/client.ts';
import {
  claimErasing,
  fromTheOldest,
  markDeletedMedia,
  markOld,
  noteErased,
  type Retention,
  type SweepPlaces,
  straysAmong,
} from '../db/retention.ts';
import type { Logger } from '../observability/log.ts';
import type { MediaStore } from './media/store.ts';
import { oldFiles } from './media/strayFiles.ts';

export type SweepDeps = { db: Db; store: MediaStore; retention: Retention; log: Logger; random: () => number };

/** The sweeper also needs the folder of media in transit. */
type SweeperDeps = SweepDeps & { temporaryDirectory: string; now: () => Date };

type Chores = SweeperDeps & { places: SweepPlaces };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** In milliseconds. Far longer than any file or object can be in transit: a turn takes minutes. */
const underWayMs = dayMs;

const markAtOnce = 200;

/** After so many pages in a row in which nothing can be removed yet, the next sweep goes on there. */
const maxPagesInVain = 5;

/** A job that the sweeper repeats. It returns how many items it erased. */
type Chore = { erases: string; everyMs: number; work: (deps: Chores, signal: AbortSignal) => Promise<number> };

const chores: readonly Chore[] = [
  {
    erases: 'media that were kept for long enough',
    everyMs: 10 * minuteMs,
    work: (deps, signal) => sweep(deps, signal, deps.places),
  },
  { erases: 'pictures of removed entries of the cast', everyMs: 10 * minuteMs, work: sweepCast },
  { erases: 'files that a killed process left on their way', everyMs: 60 * minuteMs, work: sweepTemporary },
  // This one reads every stored object.
  { erases: 'objects that nobody names', everyMs: dayMs, work: sweepStrays },
];

export type Sweeper = { stop: () => Promise<void> };

/** Erases what VidGenie must not keep any longer. Any number of processes may do this at once. */
export function startSweeper(deps: SweeperDeps): Sweeper {
  const stopping = new AbortController();
  const places = fromTheOldest();
  const stops = chores.map((chore) => repeat(chore, { ...deps, places }, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

function repeat({ erases, everyMs, work }: Chore, deps: Chores, signal: AbortSignal): () => Promise<void> {
  let working: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    working = work(deps, signal)
      .then((erased) => erased > 0 && deps.log.info({ erased }, `erased: ${erases}`))
      .catch((error: unknown) => deps.log.warn({ error }, `not erased, and tried again: ${erases}`))
      .finally(() => plan(everyMs * (0.5 + deps.random())));
  };
  const plan = (pauseMs: number) => {
    if (!signal.aborted) timer = setTimeout(look, pauseMs).unref();
  };
  // The random delay spreads the chores of many processes, and keeps frequent restarts from running them each time.
  plan(everyMs * deps.random());
  return async () => {
    clearTimeout(timer);
    await working;
  };
}

/** After this many failures in a row the store counts as away. The rest waits for the next sweep. */
const maxFailuresInARow = 10;

/**
 * Does one sweep, to the end or until the signal. Returns how many objects it erased. It marks objects first, so that VidGenie
 * never shows an erased object. `places`: where the sweep before has stopped.
 */
export async function sweep(
  { db, store, retention, log }: SweepDeps,
  signal: AbortSignal,
  places: SweepPlaces = fromTheOldest(),
): Promise<number> {
  while (!signal.aborted && (await markDeletedMedia(db, markAtOnce)) === markAtOnce);
  for (const what of ['results', 'given'] as const) {
    let inVain = 0;
    while (!signal.aborted && inVain < maxPagesInVain) {
      const { seen, removed, last } = await markOld(db, retention, what, { limit: markAtOnce, from: places[what] });
      places[what] = seen === markAtOnce ? last : null;
      if (seen < markAtOnce) break;
      inVain = removed === 0 ? inVain + 1 : 0;
    }
  }
  let erased = 0;
  let failuresInARow = 0;
  while (!signal.aborted && failuresInARow < maxFailuresInARow) {
    const erasing = await claimErasing(db);
    if (!erasing) break;
    try {
      await store.remove(erasing.key);
      await noteErased(db, erasing);
      erased += 1;
      failuresInARow = 0;
    } catch (error) {
      failuresInARow += 1;
      log.warn({ error, attempts: erasing.attempts }, 'a stored object could not be erased; it will be tried again');
    }
  }
  return erased;
}

/**
 * Erases the images of entries that were removed from the cast, unless an unfinished run uses them. Returns how many images it erased.
 */
export async function sweepCast(
  { db, store, log }: Pick<SweepDeps, 'db' | 'store' | 'log'>,
  signal: AbortSignal,
): Promise<number> {
  let erased = 0;
  let failuresInARow = 0;
  while (!signal.aborted && failuresInARow < maxFailuresInARow) {
    const erasing = await claimEntry(db);
    if (!erasing) break;
    try {
      for (const key of erasing.keys) await store.remove(key);
      await noteEntryErased(db, erasing.id);
      erased += erasing.keys.length;
      failuresInARow = 0;
    } catch (error) {
      failuresInARow += 1;
      log.warn({ error }, 'the pictures of an entry of the cast could not be erased; they will be tried again');
    }
  }
  return erased;
}

/**
 * Erases objects that were stored more than a day ago and that no row names. They remain if a process is killed, or the database
 * goes away, between the two.
 */
export async function sweepStrays(
  { db, store, now }: Pick<SweeperDeps, 'db' | 'store' | 'now'>,
  signal: AbortSignal,
): Promise<number> {
  const before = new Date(now().getTime() - underWayMs);
  return await store.removeStrays({ before, straysAmong: (keys) => straysAmong(db, keys), signal });
}

/** Erases files that have been in transit for more than a day: the process that should have removed them was killed. */
async function sweepTemporary(
  { temporaryDirectory, now }: Pick<SweeperDeps, 'temporaryDirectory' | 'now'>,
  signal: AbortSignal,
): Promise<number> {
  let erased = 0;
  for await (const name of oldFiles(temporaryDirectory, new Date(now().getTime() - underWayMs))) {
    if (signal.aborted) break;
    await rm(join(temporaryDirectory, name), { force: true });
    erased += 1;
  }
  return erased;
}
