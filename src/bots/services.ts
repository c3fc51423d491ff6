import type { Db } from '../db/client.ts';
import type { MediaStore } from '../pipeline/media/store.ts';
import type { Providers } from '../pipeline/providers/registry.ts';
import type { Submission, SubmitOutcome } from '../pipeline/submit.ts';
import type { Watcher } from '../pipeline/watch.ts';

/** What commands and faces may use; put together in `main.ts`. */
export type Services = {
  db: Db;
  providers: Providers;
  store: MediaStore;
  /** Where a member's image is received before it is stored. */
  temporaryDirectory: string;
  freeCredits: number;
  now: () => Date;
  submit: (submission: Submission) => Promise<SubmitOutcome>;
  /** Tells the workers that a run fell due, for example after a cancel. */
  wake: () => void;
  watch: Watcher['watch'];
};
