import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from '../db/client.ts';
import { claimErasing, markRemoved, noteErased, type Retention, straysAmong } from '../db/retention.ts';
import type { Logger } from '../observability/log.ts';
import type { MediaStore } from './media/store.ts';
import { oldFiles } from './media/strayFiles.ts';

export type SweepDeps = { db: Db; store: MediaStore; retention: Retention; log: Logger; random: () => number };

/** And where media lie that are on their way. */
type SweeperDeps = SweepDeps & { temporaryDirectory: string; now: () => Date };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The longest that anything could be on its way, and many times over: a turn takes minutes. Milliseconds. */
const underWayMs = dayMs;

const markAtOnce = 200;

/** Something that a sweeper does again and again; it says how many it erased. */
type Chore = { erases: string; everyMs: number; work: (deps: SweeperDeps, signal: AbortSignal) => Promise<number> };

const chores: readonly Chore[] = [
  { erases: 'media that were kept for long enough', everyMs: 10 * minuteMs, work: sweep },
  { erases: 'files that a killed process left on their way', everyMs: 60 * minuteMs, work: sweepTemporary },
  // Looks at everything that is stored.
  { erases: 'objects that nobody names', everyMs: dayMs, work: sweepStrays },
];

export type Sweeper = { stop: () => Promise<void> };

/** Erases what is not to be kept any longer, beside any number of other processes that do the same. */
export function startSweeper(deps: SweeperDeps): Sweeper {
  const stopping = new AbortController();
  const stops = chores.map((chore) => repeat(chore, deps, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

function repeat({ erases, everyMs, work }: Chore, deps: SweeperDeps, signal: AbortSignal): () => Promise<void> {
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
  // Not all at the same moment, however they were started; and not at every start, however often that is.
  plan(everyMs * deps.random());
  return async () => {
    clearTimeout(timer);
    await working;
  };
}

/** So many objects in a row that cannot be erased mean that the store is away: the rest waits for the next sweep. */
const maxFailuresInARow = 10;

/** One sweep, to the end or until the signal; how many objects it erased. First they are marked, so that nobody is shown what is not there. */
export async function sweep({ db, store, retention, log }: SweepDeps, signal: AbortSignal): Promise<number> {
  while (!signal.aborted && (await markRemoved(db, retention, markAtOnce)) === markAtOnce);
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

/** Erases what was stored more than a day ago and written down nowhere: somebody was killed, or the database away, in between. */
export async function sweepStrays(
  { db, store, now }: Pick<SweeperDeps, 'db' | 'store' | 'now'>,
  signal: AbortSignal,
): Promise<number> {
  const before = new Date(now().getTime() - underWayMs);
  return await store.removeStrays({ before, straysAmong: (keys) => straysAmong(db, keys), signal });
}

/** Erases the files that have been on their way for more than a day: whoever was to remove them was killed. */
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
