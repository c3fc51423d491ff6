import type { Db } from '../db/client.ts';
import type { RunView } from '../db/runs.ts';
import type { Lease } from '../db/turns.ts';
import type { Platform, RunId, RunLimits } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import type { Breakers } from './breaker.ts';
import type { ReachFailpoint } from './failpoints.ts';
import type { Keys } from './keys.ts';
import type { MediaStore } from './media/store.ts';
import type { Messenger } from './messenger.ts';
import type { Meter } from './meter.ts';
import type { Providers } from './providers/registry.ts';

export type TurnDeps = {
  db: Db;
  providers: Providers;
  keys: Keys;
  breakers: Breakers;
  store: MediaStore;
  /** The folder in which a worker receives results before it stores them. */
  temporaryDirectory: string;
  messengerOf: (platform: Platform) => Messenger;
  log: Logger;
  now: () => Date;
  random: () => number;
  reachFailpoint: ReachFailpoint;
  meter: Meter;
  visibilityMs: number;
  limits: RunLimits;
  /** The price of a step on the workspace's own key, in percent of its normal price. */
  byokPricePercent: number;
  /** The progress messages that this process is posting now. */
  tellings: Tellings;
};

/** Everything that one turn knows. */
export type Turn = { deps: TurnDeps; lease: Lease; view: RunView; signal: AbortSignal; narrator: Narrator };

/** The state after a transition: the run can go on at once, or it waits (or is over) and its lease has ended. */
export type After = 'go_on' | 'waits';

/** The progress messages that this process is posting now, by run. A post may outlast its turn: the next one for the run waits for it. */
type Tellings = Map<RunId, Promise<void>>;

/**
 * Tells a run's conversation where the run stands, beside the work of one turn: no write waits for a chat. Only the turn's end does,
 * for a while: who takes the run up next tells it too, and an old word must not overwrite a newer one, nor be posted twice.
 */
export type Narrator = {
  /** Has the run told now, and again and again while the turn lasts. `known` is how it stands, where the turn has not changed it. */
  tell: (known?: RunView) => void;
  /** Begins to tell nothing more; false while something is still on its way. */
  hush: () => boolean;
  /** Resolves when nothing is on its way any more, or was for too long and is given up. */
  end: () => Promise<void>;
  /**
   * The same before the last word, which nothing may follow: resolves when what was given up is over as well. Tells whether anything
   * was said in this turn; then the run has to be read anew.
   */
  silence: () => Promise<boolean>;
  /** Gives up what is on its way. */
  abandon: () => void;
};
