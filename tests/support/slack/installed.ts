import { onTestFinished } from 'vitest';
import { type Faces, startFaces } from '../../../src/bots/faces.ts';
import type { SlackSettings } from '../../../src/bots/slack/settings.ts';
import { createLog } from '../../../src/log.ts';
import type { Program } from '../../../src/main.ts';
import { testConfig } from '../config.ts';
import { createTestDatabase } from '../database.ts';
import { createInstallation, type Installation } from '../program.ts';
import type { VendorBehaviour } from '../studio.ts';
import { createDriver, type Driver } from './driver.ts';
import { createSlack, type Slack } from './slack.ts';

/** VidGenie in a Slack of our own: one program that is bot and worker, and somebody who uses it. */
export type InSlack = {
  slack: Slack;
  driver: Driver;
  program: Program;
  faces: Faces;
  installation: Installation;
};

export async function startInSlack(
  options: { settings?: Partial<SlackSettings>; vendor?: VendorBehaviour; worker?: boolean } = {},
): Promise<InSlack> {
  const [slack, database] = await Promise.all([createSlack(), createTestDatabase()]);
  const installation = await createInstallation(database);
  const settings = { ...slack.settings, ...options.settings };
  const program = await installation.open({
    ...{ worker: options.worker ?? true, config: { slack: settings } },
    ...(options.vendor ? { vendor: options.vendor } : {}),
  });
  const config = { ...testConfig(database.url, installation.home), slack: settings };
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  const faces = await startFaces(config, { ...program, log });
  if (!faces?.port) throw new Error('Slack was not started');
  onTestFinished(faces.stop);
  const driver = await createDriver(slack, faces.port);
  return { slack, driver, program, faces, installation };
}
