import type { Db } from '../db/client.ts';
import type { RunView } from '../db/runs.ts';
import type { TurnEnd } from '../db/turns.ts';
import type { TurnLease } from '../db/turnWrite.ts';
import type { Standing } from '../db/workspaces.ts';
import type { Platform, RunId, RunLimits } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import type { Breakers } from './breaker.ts';
import type { ReachFailpoint } from './failpoints.ts';
import type { Hooks } from './hooks.ts';
import type { Keys } from './keys.ts';
import type { MediaStore } from './media/store.ts';
import type { Messenger, PartialImage } from './messenger.ts';
import type { Meter } from './meter.ts';
import type { ModerationDeps } from './moderation.ts';
import type { PriceBook } from './pricing.ts';
import type { Providers } from './providers/registry.ts';

export type TurnDeps = {
  db: Db;
  providers: Providers;
  keys: Keys;
  moderation: ModerationDeps;
  breakers: Breakers;
  hooks: Hooks;
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
  /** Whether another model may make a step whose first model provably generated nothing. */
  failover: boolean;
  /** How a vendor's prices become credits. Null: steps cost what the fixed table says. */
  priceBook: PriceBook | null;
  /** The least that a chosen model costs with the fixed table. */
  priceFloor: PriceBook;
  /** The progress messages that this process is posting now. */
  tellings: Tellings;
};

/** The context of one transition of a turn. */
export type Turn = {
  deps: TurnDeps;
  lease: TurnLease;
  /** The run as it was when the transition began. Other transitions of the turn may have changed it since. */
  view: RunView;
  signal: AbortSignal;
  /** A signal that ends with `signal`, or after so many milliseconds if the transition is not over by then. */
  within: (ms: number) => AbortSignal;
  narrator: Narrator;
  /** The workspace's settings and keys, as they were when the turn began. */
  standing: () => Standing;
  /**
   * If nothing else of the run is in flight, the last write of this transition may end the turn with it. Null otherwise. After a
   * call with a result the turn shows no more progress.
   */
  endWith: () => TurnEnd | null;
};

/** The state after a transition: the turn goes on, or the transition has ended it and its lease. */
export type After = 'go_on' | 'ended';

/**
 * The progress messages that this process is posting now, by run. A post may outlast its turn. The next post for the run waits
 * for it.
 */
type Tellings = Map<RunId, Promise<void>>;

/**
 * Posts a run's progress beside the work of one turn. No write waits for a platform. Only the end of the turn waits, for a
 * limited time: the worker that takes the next turn posts too, and an old update must neither overwrite a newer one nor be posted
 * twice.
 */
export type Narrator = {
  /** Posts the progress now, and repeatedly while the turn lasts. */
  tell: () => void;
  /** Shows an unfinished picture of a step beside the progress, in place of an earlier one; null shows none. */
  showPartial: (step: number, partial: PartialImage | null) => void;
  /** Starts no new posts, unless a post is in progress. Then it returns false and changes nothing. */
  hush: () => boolean;
  /** Resolves when no post is in progress, or when a post took too long and was given up. */
  end: () => Promise<void>;
  /**
   * Like `end`, for use before the final message, which no update may follow. It also waits until a given-up post is over.
   * Resolves with the run after the last post.
   */
  silence: () => Promise<RunView>;
  /** Gives up the post in progress. */
  abandon: () => void;
};
