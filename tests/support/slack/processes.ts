import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { type Installation, testVisibilityMs } from '../program.ts';
import { swiftly } from '../swiftly.ts';
import type { processOrders } from './process.ts';
import { ownToken, type Slack, signingSecret } from './slack.ts';

export type SlackProcess = { port: number; kill: () => void; exited: Promise<NodeJS.Signals | null> };

type Orders = z.infer<typeof processOrders>;
export type Death = Omit<Orders['deaths'][number], 'mark'>;

/** The file that a process leaves when it dies, so that no other process dies at the same point. */
export const deathMark = ({ failpoint, step, runId }: Death): string =>
  `died_${failpoint}_${step ?? 'any'}_${runId ?? 'any'}`;

/** Starts a bot or a worker in a process of its own. Resolves when it is ready. `caller` is its name in its calls to Slack. */
export async function startSlackProcess(
  role: 'bot' | 'worker',
  slack: Slack,
  installation: Installation,
  more: { deaths?: readonly Death[]; caller?: string; onSpawn?: (kill: () => void) => void } = {},
): Promise<SlackProcess> {
  const apiUrl = more.caller
    ? slack.settings.apiUrl.replace('/api/', `/as/${more.caller}/api/`)
    : slack.settings.apiUrl;
  const orders: Orders = {
    role,
    url: installation.database.url,
    home: installation.home,
    journal: installation.journal,
    media: inject('vendorMedia'),
    visibilityMs: testVisibilityMs,
    deaths: (more.deaths ?? []).map((death) => ({ ...death, mark: deathMark(death) })),
    environment: { SLACK_SIGNING_SECRET: signingSecret, SLACK_BOT_TOKEN: ownToken, SLACK_API_URL: apiUrl },
  };
  const script = fileURLToPath(new URL('./process.ts', import.meta.url));
  const child = spawn(process.execPath, [...swiftly, script, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').then(([, signal]) => signal);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const kill = () => void child.kill('SIGKILL');
  more.onSpawn?.(kill);
  const ready = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), exited]);
  // Some processes are meant to be killed before they are ready. Any other end before that is a fault.
  if (!Array.isArray(ready) && ready !== 'SIGKILL') throw new Error(`a ${role} ended before it was ready`);
  const [line] = Array.isArray(ready) ? ready : ['0'];
  return { port: Number(String(line).trim()), kill, exited };
}
