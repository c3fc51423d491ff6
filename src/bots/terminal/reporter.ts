import type { RunView } from '../../db/runs.ts';
import { stopCost } from '../../pipeline/stateMachine.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer } from '../commands/request.ts';
import { shortId } from '../runCard.ts';
import type { Text } from '../text.ts';

export type StartedRun = Extract<Answer, { kind: 'run' }>;

/** How one run is told to somebody who waits for it: drawn live, line by line, or as JSON. */
export type Reporter = {
  /** `typed` is the command as somebody would type it. */
  accepted: (run: StartedRun, typed: string) => void;
  changed: (view: RunView) => void;
  /** The database cannot be reached for now. */
  away: () => void;
  /** The outcome; `links` says where each object is. */
  delivered: (view: RunView, facts: { balance: number | null; links: ReadonlyMap<string, string> }) => void;
  /** Runs from before are waited for, named by their ids. */
  waiting: (ids: readonly string[]) => void;
  /** Somebody leaves before the run is over. */
  left: (view: RunView) => void;
  refused: (refusal: Refusal) => void;
  /** Says what is left to say and gives the terminal back. */
  close: () => Promise<void>;
};

/** What becomes of a run that is left unfinished, and what it would cost to stop it. */
export function leftLine(view: RunView, { terminal, runs }: Text): string {
  const { credits, back } = stopCost(view);
  const stopping = credits === 0 ? runs.canceling.stopsFree : runs.stopCosts(credits, back);
  return terminal.left(shortId(view.run.id), view.run.priceCredits, stopping);
}
