import type { Db } from '../db/client.ts';
import { eraseOne, markRemoved, type Retention } from '../db/retention.ts';
import type { MediaStore } from './media/store.ts';
import type { TurnLog } from './turn.ts';

export type SweepDeps = { db: Db; store: MediaStore; retention: Retention; log: TurnLog; random: () => number };

/** Between two sweeps of a process. Milliseconds. */
const sweepEveryMs = 10 * 60_000;
const markAtOnce = 200;

export type Sweeper = { stop: () => Promise<void> };

/** Erases media that were kept for long enough, beside any number of other processes that do the same. */
export function startSweeper(deps: SweepDeps): Sweeper {
  const stopping = new AbortController();
  let sweeping: Promise<unknown> = Promise.resolve();
  const look = () => {
    sweeping = sweep(deps, stopping.signal)
      .then((erased) => erased > 0 && deps.log.info({ erased }, 'media that were kept for long enough are erased'))
      .catch((error: unknown) => deps.log.warn({ error }, 'media could not be swept; that is tried again'))
      .finally(plan);
  };
  let timer: NodeJS.Timeout | undefined;
  const plan = () => {
    // Not all at the same moment, however they were started.
    if (!stopping.signal.aborted) timer = setTimeout(look, sweepEveryMs * (0.5 + deps.random())).unref();
  };
  plan();
  return {
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await sweeping;
    },
  };
}

/** One sweep, to the end or until the signal; how many objects it erased. First they are marked, so that nobody is shown what is not there. */
export async function sweep({ db, store, retention }: SweepDeps, signal: AbortSignal): Promise<number> {
  while (!signal.aborted && (await markRemoved(db, retention, markAtOnce)) === markAtOnce);
  let erased = 0;
  while (!signal.aborted && (await eraseOne(db, store.remove))) erased += 1;
  return erased;
}
