import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, onTestFinished } from 'vitest';
import type { Config } from '../../src/config.ts';
import type { Database } from '../../src/db/client.ts';
import type { RunView } from '../../src/db/runs.ts';
import type { Lease } from '../../src/db/turnWrite.ts';
import type { RunId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import type { Submission } from '../../src/pipeline/submit.ts';
import { type Overrides, openProgram, type Program } from '../../src/program.ts';
import { testConfig } from './config.ts';
import { createWorkspace } from './database.ts';
import { createVendor, submitsOf, type VendorBehaviour } from './studio.ts';

/** One installation of VidGenie for one test: a database, a home folder and a vendor. Its processes can start and stop. */
export type Installation = {
  database: Database;
  home: string;
  journal: string;
  /** Null: the database keeps the queue. */
  redisUrl: string | null;
  /** With an `environment`, the real providers that it configures do the work. Otherwise the stand-in vendor does. */
  open: (
    options: {
      worker: boolean;
      vendor?: VendorBehaviour;
      environment?: NodeJS.ProcessEnv;
      config?: Partial<Config>;
    } & Overrides,
  ) => Promise<Program>;
};

/** Long enough for a turn on a busy machine, short enough to wait for. Milliseconds. */
export const testVisibilityMs = 2_500;

export async function createInstallation(
  database: Database,
  { redisUrl = null }: { redisUrl?: string | null } = {},
): Promise<Installation> {
  const home = await mkdtemp(join(tmpdir(), 'vidgenie-home-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const journal = join(home, 'vendor.jsonl');
  const media = inject('vendorMedia');
  return {
    database,
    home,
    journal,
    redisUrl,
    open: async ({ vendor, environment, config, ...options }) => {
      const providers = environment ? {} : { providers: createVendor({ journal, ...media }, vendor) };
      const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
      const program = await openProgram(
        { ...testConfig(database.url, home, { ...redisOf(redisUrl), ...environment }), ...config },
        log,
        {
          visibilityMs: testVisibilityMs,
          ...providers,
          ...options,
        },
      );
      onTestFinished(program.stop);
      return program;
    },
  };
}

export const redisOf = (url: string | null) => (url === null ? {} : { REDIS_URL: url });

export const submissionOf = (over: Partial<Submission> & Pick<Submission, 'workspace'>): Submission => ({
  member: { id: 'ada', name: 'Ada', isAdmin: false },
  requestKey: crypto.randomUUID(),
  conversation: {},
  workflow: 'complete',
  prompt: 'a fox in the snow',
  options: {},
  image: null,
  ...over,
});

/** Submits a run, and throws if it is not accepted. */
export async function submitted(program: Program, over: Partial<Submission> = {}): Promise<RunId> {
  const workspace = over.workspace ?? (await createWorkspace(program.database, 1_000));
  const outcome = await program.services.submit(submissionOf({ ...over, workspace }));
  if (outcome.outcome !== 'accepted') throw new Error(`expected an accepted run, not ${JSON.stringify(outcome)}`);
  return outcome.runId;
}

/** Follows a run to its delivery. */
export async function delivered(program: Program, id: RunId): Promise<RunView> {
  let last: RunView | null = null;
  for await (const view of program.services.watch(id)) last = view;
  if (!last?.run.deliveredAt) throw new Error(`run ${id} was not delivered`);
  return last;
}

/** Resolves when every run is delivered and the delivery is recorded. The last message to a chat comes before the last write. */
export async function allDelivered({ database: { db } }: Program): Promise<void> {
  const waiting = () => db.execute(sql`SELECT id FROM runs WHERE delivered_at IS NULL`);
  await expect.poll(async () => [...(await waiting())]).toEqual([]);
}

/** Follows a run until its view matches. */
export async function until(program: Program, id: RunId, seen: (view: RunView) => boolean): Promise<RunView> {
  for await (const view of program.services.watch(id)) if (seen(view)) return view;
  throw new Error(`run ${id} ended without what was looked for`);
}

/** Ends every lease now, as its time would, so that a test need not wait until the lease of a killed worker ends. */
export async function endLeases({ db }: Database): Promise<void> {
  await db.execute(sql`UPDATE runs SET due_at = now() WHERE delivered_at IS NULL`);
}

export const leaseOf = (view: RunView): Lease => ({ runId: view.run.id, dispatch: view.run.dispatch });

export { submitsOf };
