import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { type Installation, testVisibilityMs } from '../program.ts';
import type { processOrders } from './process.ts';
import { ownToken, type Slack, signingSecret } from './slack.ts';

export type SlackProcess = { port: number; kill: () => void; exited: Promise<NodeJS.Signals | null> };

/** Starts a bot or a worker in a process of its own. Resolves when it is ready. */
export async function startSlackProcess(
  role: 'bot' | 'worker',
  slack: Slack,
  installation: Installation,
  more: { diesAtRun?: boolean; environment?: Record<string, string> } = {},
): Promise<SlackProcess> {
  const orders: z.infer<typeof processOrders> = {
    ...{ role, url: installation.database.url, home: installation.home, journal: installation.journal },
    ...{ media: inject('vendorMedia'), visibilityMs: testVisibilityMs, diesAtRun: more.diesAtRun ?? false },
    environment: {
      ...{ SLACK_SIGNING_SECRET: signingSecret, SLACK_BOT_TOKEN: ownToken, SLACK_API_URL: slack.settings.apiUrl },
      ...more.environment,
    },
  };
  const script = fileURLToPath(new URL('./process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit').then(([, signal]) => signal);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { port: Number(String(line).trim()), kill: () => child.kill('SIGKILL'), exited };
}
