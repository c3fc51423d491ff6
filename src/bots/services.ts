import type { Db } from '../db/client.ts';
import type { Keyring } from '../db/keyring.ts';
import type { Secret } from '../db/secret.ts';
import type { RunLimits, Vendor } from '../domain.ts';
import type { Keys } from '../pipeline/keys.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import type { Meter } from '../pipeline/meter.ts';
import type { KeyCheck } from '../pipeline/providers/keys.ts';
import type { Providers } from '../pipeline/providers/registry.ts';
import type { RateLimit } from '../pipeline/rateLimit.ts';
import type { Submission, SubmitOutcome } from '../pipeline/submit.ts';
import type { Watcher } from '../pipeline/watch.ts';

/** What may be done with a workspace's own keys. */
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
  store: MediaStore;
  /** Where a member's image is received before it is stored. */
  temporaryDirectory: string;
  freeCredits: number;
  /** What a step on the workspace's own key costs, in percent of its price. */
  byokPricePercent: number;
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
  /** Where people find the page, without a slash at its end; null where the operator has not said. */
  publicUrl: string | null;
  /** Where this machine alone finds the page, in the process that serves it there. */
  localAddress?: string;
};
