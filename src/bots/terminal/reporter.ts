import type { RunView } from '../../db/runs.ts';
import { stopCost } from '../../pipeline/stateMachine.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer } from '../commands/request.ts';
import { shortId } from '../runCard.ts';
import type { Text } from '../text.ts';
import type { Delivered } from './stage.ts';

export type StartedRun = Extract<Answer, { kind: 'run' }>;

/** Reports one run to the person who waits for it: drawn live, line by line, or as JSON. */
export type Reporter = {
  /** `typed` is the command as a person would type it. */
  accepted: (run: StartedRun, typed: string) => void;
  changed: (view: RunView) => void;
  /** The database cannot be reached at the moment. */
  away: () => void;
  /** The outcome, with what the person can do next. */
  delivered: (view: RunView, facts: Delivered) => void;
  /** We wait for earlier runs, named by their ids. */
  waiting: (ids: readonly string[]) => void;
  /** The person leaves before the run is over. */
  left: (view: RunView) => void;
  refused: (refusal: Refusal) => void;
  /** Writes the remaining lines and restores the terminal. */
  close: () => Promise<void>;
};

/** Says what happens to an unfinished run, and what it would cost to stop it. */
export function leftLine(view: RunView, { terminal, runs }: Text): string {
  const { credits, back } = stopCost(view);
  const stopping = credits === 0 ? runs.canceling.stopsFree : runs.stopCosts(credits, back);
  return terminal.left(shortId(view.run.id), view.run.priceCredits, stopping);
}
