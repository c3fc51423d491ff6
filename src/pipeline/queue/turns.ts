import { z } from 'zod';
import { runId } from '../../domain.ts';

/** The content of a job: runs and their dispatches, nothing else. The database is the source of truth for both. */
const lease = z.object({ runId, dispatch: z.int().positive() });
export const turnsJob = z.object({ leases: z.tuple([lease], lease) });
type TurnsJob = z.infer<typeof turnsJob>;

/** BullMQ on one of its backends, as far as turns need it. */
export type Turns = {
  add: (
    job: TurnsJob,
    options: { attempts: 1; removeOnComplete: true; removeOnFail: true; jobId: string },
  ) => Promise<unknown>;
  waiting: () => Promise<number>;
  /** Fetches jobs until closed. */
  fetch: (take: (job: { data: unknown }) => Promise<void>, options: FetchOptions) => { close: () => Promise<void> };
  close: () => Promise<void>;
  bull: unknown;
};
type FetchOptions = { concurrency: number; maxStalledCount: 0; drainDelay: number; runRetryDelay: number };
