import type { Db } from '../db/client.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Secret } from '../db/secret.ts';
import type { RunLimits, Vendor } from '../domain.ts';
import type { Keys } from '../pipeline/keys.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import type { Meter } from '../pipeline/meter.ts';
import type { ModerationDeps } from '../pipeline/moderation.ts';
import type { PriceBook } from '../pipeline/pricing.ts';
import type { KeyCheck } from '../pipeline/providers/keys.ts';
import type { Providers } from '../pipeline/providers/registry.ts';
import type { RateLimit } from '../pipeline/rateLimit.ts';
import type { Submission, SubmitOutcome } from '../pipeline/submit.ts';
import type { Watcher } from '../pipeline/watch.ts';

/** The operations on a workspace's own keys. */
type Vault = {
  keyring: Keyring;
  /** Tries a key with a call that costs nothing. */
  checkKey: (vendor: Vendor, key: Secret, signal: AbortSignal) => Promise<KeyCheck>;
};

/** Everything that commands and platforms use. `program.ts` puts it together. */
export type Services = {
  db: Db;
  providers: Providers;
  keys: Keys;
  vault: Vault;
  moderation: ModerationDeps;
  store: MediaStore;
  /** The folder that receives a member's image before we store it. */
  temporaryDirectory: string;
  freeCredits: number;
  /** The price of a step that runs on the workspace's own key, in percent of the step's price. */
  byokPricePercent: number;
  /** How a vendor's prices become credits. Null: steps cost what the fixed table says. */
  priceBook: PriceBook | null;
  /** The least that a chosen model costs with the fixed table. */
  priceFloor: PriceBook;
  limits: RunLimits;
  now: () => Date;
  meter: Meter;
  /** Counts one command of a member, and says whether it came too soon. */
  consumeRateLimit: RateLimit['consume'];
  submit: (submission: Submission) => Promise<SubmitOutcome>;
  /** Tells the workers that a run fell due, for example after a cancel. */
  wake: () => void;
  watch: Watcher['watch'];
  changes: Watcher['changes'];
  /** The public address of the page, without a slash at its end. Null if the operator did not set one. */
  publicUrl: string | null;
  /** The address of the page for this machine alone, in the process that serves it there. */
  localAddress?: string;
};
