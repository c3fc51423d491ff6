import type { RunView } from '../db/runs.ts';
import type { Opaque } from '../db/vocabulary.ts';
import type { Progress } from './progress.ts';

/** What a messenger needs beside the run: where to keep the ids of what it said, and when to stop. */
export type Speaking = {
  progress: Progress;
  /** Saves what was said so far; called before the next call that would double a post if it were repeated. */
  save: (speech: Opaque) => Promise<void>;
  signal: AbortSignal;
};

/** The last word also says what the workspace has left, in credits. */
export type Delivering = Speaking & { balance: () => Promise<number> };

/**
 * The port through which a run speaks; every face implements it. Both calls may be repeated after a crash and must then
 * edit what they posted, not post again. A thrown error is logged and, for `deliver`, tried again later.
 */
export type Messenger = {
  /** Shows where a run stands. Called often; the newest call wins, and a failure never hurts the run. */
  update: (view: RunView, speaking: Speaking) => Promise<void>;
  /** Tells the outcome, media included. Resolves with what was said. */
  deliver: (view: RunView, speaking: Delivering) => Promise<Opaque>;
};

/** The place where a run was to speak is gone for good: trying again would not bring it back. The message is one sentence. */
export class PlaceGone extends Error {
  override readonly name = 'PlaceGone';
}
