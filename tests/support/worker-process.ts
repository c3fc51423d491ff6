import { z } from 'zod';
import { createHttpServer } from '../../src/bots/http.ts';
import { startBots } from '../../src/bots.ts';
import { providedKinds, runId, stepKinds, workspaceId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { failpoints, type ReachFailpoint } from '../../src/pipeline/failpoints.ts';
import { openProgram } from '../../src/program.ts';
import { testConfig } from './config.ts';
import { createVendor } from './studio.ts';

/** The orders of a test to the process that it will kill. */
export const workerOrders = z.object({
  url: z.string(),
  home: z.string(),
  journal: z.string(),
  redisUrl: z.string().nullable(),
  media: z.object({ image: z.string(), video: z.string() }),
  visibilityMs: z.number(),
  pollsUntilDone: z.number(),
  /** Submits of videos are answered together, once there are that many. */
  holdVideos: z.int().nullable(),
  /** A step whose answer makes this process run out of memory. */
  exhausting: z.enum(providedKinds).nullable(),
  /** The failpoint at which the process stops for good (`kill`), or until the test continues the process (`stop`). */
  at: z
    .object({
      failpoint: z.enum(failpoints),
      step: z.enum(stepKinds).optional(),
      /** The number of the step. */
      number: z.int().optional(),
      how: z.enum(['kill', 'stop']),
    })
    .nullable(),
  /** A run that this process submits by itself. */
  submit: z.boolean(),
  /** The Discord in which this process posts. With `bot`, the process listens there and does no work. */
  discord: z
    .object({ token: z.string(), apiUrl: z.string(), bot: z.boolean(), publicKey: z.string().optional() })
    .nullable(),
  /** The environment for real providers. Null: the stand-in vendor does the work. */
  environment: z.record(z.string(), z.string()).nullable(),
  /** True: the stand-in vendor does the work all the same, so the environment is only for moderation. */
  onlyModerates: z.boolean(),
});

/** A worker, or a bot, in a process of its own. It prints each failpoint that it reaches on stdout, one line each. */
const orders = workerOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
let met = false;
const reachFailpoint: ReachFailpoint = (failpoint, where) => {
  process.stdout.write(`${failpoint} ${where.step ?? '-'} ${where.runId}\n`);
  const { at } = orders;
  // The run is in the queue before this process reports its dispatch, so the process could be well ahead with it by the time it
  // is killed.
  if (at?.failpoint === 'run_dispatched' && failpoint === 'turn_claimed')
    throw new Error('the turn waits for the kill');
  if (met || !at || at.failpoint !== failpoint || (at.step && at.step !== where.step)) return;
  if (at.number !== undefined && at.number !== where.number) return;
  met = true;
  process.kill(process.pid, at.how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
};

const spoken = orders.discord
  ? {
      DISCORD_TOKEN: orders.discord.token,
      DISCORD_API_URL: orders.discord.apiUrl,
      ...(orders.discord.publicKey ? { DISCORD_PUBLIC_KEY: orders.discord.publicKey } : {}),
      PORT: '0',
    }
  : {};
const redis = orders.redisUrl === null ? {} : { REDIS_URL: orders.redisUrl };
const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
const program = await openProgram(
  testConfig(orders.url, orders.home, { ...redis, ...orders.environment, ...spoken }),
  log,
  {
    worker: !orders.submit && !orders.discord?.bot,
    reachFailpoint,
    visibilityMs: orders.visibilityMs,
    ...(orders.environment && !orders.onlyModerates
      ? {}
      : {
          providers: createVendor(
            { journal: orders.journal, ...orders.media },
            {
              pollsUntilDone: orders.pollsUntilDone,
              ...(orders.holdVideos === null ? {} : { holdVideos: orders.holdVideos }),
              ...(orders.exhausting ? { exhausting: orders.exhausting } : {}),
            },
          ),
        }),
  },
);
const http = createHttpServer();
if (orders.discord?.bot) await startBots(program, log, http);
process.stdout.write(`ready - ${http.port() ?? '-'}\n`);
process.once('SIGTERM', () => program.stop().then(() => process.exit(0)));
if (orders.submit) {
  await program.services.submit({
    workspace: { id: workspaceId.parse('terminal:test'), platform: 'terminal', name: 'test' },
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: runId.parse(crypto.randomUUID()),
    conversation: {},
    workflow: 'complete',
    prompt: 'a fox in the snow',
    options: {},
    image: null,
  });
}
