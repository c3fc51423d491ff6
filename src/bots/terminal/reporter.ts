import type { RunView } from '../../db/runs.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer } from '../commands/request.ts';

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
  refused: (refusal: Refusal) => void;
  /** Says what is left to say and gives the terminal back. */
  close: () => Promise<void>;
};
