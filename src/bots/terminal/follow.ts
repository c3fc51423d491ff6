import { setTimeout as delay } from 'node:timers/promises';
import { accountOf } from '../../db/credits.ts';
import { isDatabaseAway } from '../../db/failures.ts';
import { listRuns, type RunView } from '../../db/runs.ts';
import type { RunId, WorkspaceId } from '../../domain.ts';
import { type NextPrices, nextPrices } from '../../pipeline/quote.ts';
import type { Services } from '../services.ts';

export type Following = {
  onChange: (view: RunView) => void;
  /** The database cannot be reached. Called once for each outage. */
  onAway: () => void;
  signal: AbortSignal;
};

/** Pause before we ask an unreachable database again. Milliseconds. */
const lookAgainMs = 500;

/** Follows a run until it is delivered, through any outage of the database. Resolves with null if the signal stops it earlier. */
export async function follow(services: Services, id: RunId, following: Following): Promise<RunView | null> {
  const { onChange, onAway, signal } = following;
  let isAway = false;
  while (!signal.aborted) {
    try {
      let last: RunView | null = null;
      for await (const view of services.watch(id, signal)) {
        isAway = false;
        last = view;
        onChange(view);
      }
      return last?.run.deliveredAt ? last : null;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      if (!isAway) onAway();
      isAway = true;
      await delay(lookAgainMs, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

/** Runs of a workspace that are unfinished or not delivered yet, oldest first. */
export async function unfinishedRuns(services: Services, id: WorkspaceId): Promise<RunView[]> {
  const [going, latest] = await Promise.all([
    listRuns(services.db, id, { limit: 200, unfinished: true }),
    listRuns(services.db, id, { limit: 50 }),
  ]);
  const untold = latest.filter(({ run }) => run.settledAt && !run.deliveredAt);
  return [...going, ...untold].sort((a, b) => a.run.createdAt.getTime() - b.run.createdAt.getTime());
}

/** The place of each object of a run: a path or an address. */
export async function linksOf(services: Services, objectKeys: readonly string[]): Promise<Map<string, string>> {
  const links = await Promise.all(
    objectKeys.map(async (key) => {
      const link = await services.store.link(key);
      return [key, link.kind === 'file' ? link.path : link.url] as const;
    }),
  );
  return new Map(links);
}

/** The balance of the run's workspace, or null if the database cannot be asked. */
export async function balanceAfter(services: Services, view: RunView): Promise<number | null> {
  try {
    return (await accountOf(services.db, view.run.workspaceId)).balance;
  } catch (error) {
    if (isDatabaseAway(error)) return null;
    throw error;
  }
}

/** The prices of new runs based on this one, or null if the database cannot be asked. */
export async function pricesAfter(services: Services, view: RunView): Promise<NextPrices | null> {
  try {
    return await nextPrices(services, view);
  } catch (error) {
    if (isDatabaseAway(error)) return null;
    throw error;
  }
}

/** True if the run made everything that was asked for. */
export const isComplete = ({ run }: RunView): boolean => run.state === 'succeeded';
