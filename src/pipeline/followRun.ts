import type { RunView } from '../db/runs.ts';
import type { Written } from '../db/turnWrite.ts';

/** A run as its turn knows it. `atWork`: the numbers of the steps whose calls are in flight. */
export type Following = {
  known: () => RunView;
  learn: (written: Written) => void;
  hear: (read: RunView, atWork: ReadonlySet<number>) => void;
};

/**
 * A run as its turn knows it: as it was claimed, with every write since. Nobody else writes to its steps and assets while the turn
 * has the lease, except for hooks, so the turn need not read them again. A request to stop comes with the answer to the turn's next
 * write. The last hook stays the one that was claimed, until the turn hears of a newer one together with the steps that it made due.
 * A turn that ends without having heard of it leaves the run due at once.
 */
export function followRun(claimed: RunView): Following {
  let view = claimed;
  return {
    known: () => view,
    learn: ({ run, steps = [], asset, clockAheadMs = view.clockAheadMs }) => {
      const written = new Map(steps.map((step) => [step.number, step]));
      const others = asset ? view.assets.filter(({ step }) => step !== asset.step) : view.assets;
      view = {
        // Steps write beside one another, so an earlier answer may come later. What is set once stays set.
        run: {
          ...view.run,
          ...run,
          startedAt: run.startedAt ?? view.run.startedAt,
          cancelRequestedAt: run.cancelRequestedAt ?? view.run.cancelRequestedAt,
        },
        steps: view.steps.map((step) => written.get(step.number) ?? step),
        assets: asset ? [...others, asset] : others,
        clockAheadMs,
      };
    },
    // Steps at work are left as they are known: their own writes may be newer than what was read. A hook about one of them is not
    // heard, because the turn cannot look at that step now.
    hear: (read, atWork) => {
      const now = new Map(read.steps.map((step) => [step.number, step]));
      const isDeaf = view.steps.some(
        ({ number, hookedAt }) => atWork.has(number) && now.get(number)?.hookedAt?.getTime() !== hookedAt?.getTime(),
      );
      const { cancelRequestedAt, hookedAt } = read.run;
      view = {
        ...view,
        run: {
          ...view.run,
          cancelRequestedAt: cancelRequestedAt ?? view.run.cancelRequestedAt,
          hookedAt: isDeaf ? view.run.hookedAt : hookedAt,
        },
        steps: view.steps.map((step) => (atWork.has(step.number) ? step : (now.get(step.number) ?? step))),
        clockAheadMs: read.clockAheadMs,
      };
    },
  };
}
