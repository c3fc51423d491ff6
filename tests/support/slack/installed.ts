import { onTestFinished } from 'vitest';
import { createHttpServer } from '../../../src/bots/http.ts';
import type { SlackSettings } from '../../../src/bots/slack/settings.ts';
import { startBots } from '../../../src/bots.ts';
import type { Config } from '../../../src/config.ts';
import type { Database } from '../../../src/db/client.ts';
import { createLog, type Logger } from '../../../src/observability/log.ts';
import type { Metrics } from '../../../src/observability/metrics.ts';
import type { Program } from '../../../src/program.ts';
import { createTestDatabase } from '../database.ts';
import { createInstallation, type Installation } from '../program.ts';
import type { VendorBehaviour } from '../studio.ts';
import { createDriver, type Driver } from './driver.ts';
import { createSlack, type Slack } from './slack.ts';

/** VidGenie in a Slack of our own: one program that is bot and worker, and a person who uses it. */
export type InSlack = {
  slack: Slack;
  driver: Driver;
  program: Program;
  port: number;
  installation: Installation;
};

export async function startInSlack(
  options: {
    settings?: Partial<SlackSettings>;
    vendor?: VendorBehaviour;
    worker?: boolean;
    /** The environment for real providers. Without it, the stand-in vendor does the work. */
    environment?: NodeJS.ProcessEnv;
    log?: Logger;
    /** The bucket for media. Without it, media are files. */
    s3?: NonNullable<Config['s3']>;
    /** The public address of the page. */
    publicUrl?: string;
    /** The port to listen on. Without it, any free port. */
    port?: number;
    /** Counts the events. */
    metrics?: Metrics;
    database?: Database;
  } = {},
): Promise<InSlack> {
  const [slack, database] = await Promise.all([createSlack(), options.database ?? createTestDatabase()]);
  const installation = await createInstallation(database);
  const settings = { ...slack.settings, ...options.settings };
  const log = options.log ?? createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  const program = await installation.open({
    worker: options.worker ?? true,
    config: {
      slack: settings,
      publicUrl: options.publicUrl ?? null,
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.s3 ? { s3: options.s3 } : {}),
    },
    ...(options.vendor ? { vendor: options.vendor } : {}),
    ...(options.metrics ? { metrics: options.metrics } : {}),
    ...(options.environment ? { environment: options.environment } : {}),
  });
  const http = createHttpServer();
  onTestFinished(await startBots(program, log, http));
  const port = http.port() ?? 0;
  const driver = await createDriver(slack, port);
  return { slack, driver, program, port, installation };
}
