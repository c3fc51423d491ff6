import type { RunView } from '../db/runs.ts';
import type { Written } from '../db/turnWrite.ts';

/**
 * A run as its turn knows it: as it was claimed, with every write since. Nobody else writes to its steps and assets while the turn
 * has the lease, so the turn need not read them again. A request to stop comes with the answer to the turn's next write.
 */
export function followRun(claimed: RunView): { known: () => RunView; learn: (written: Written) => void } {
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
  };
}
