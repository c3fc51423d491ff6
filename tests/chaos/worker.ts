import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/observability/log.ts';
import { failpoints } from '../../src/pipeline/failpoints.ts';
import { createOmni } from '../../src/pipeline/providers/google/omni.ts';
import { createOpenAiEnhance } from '../../src/pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import type { Provider } from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource } from '../../src/pipeline/providers/registry.ts';
import { openProgram } from '../../src/program.ts';

/** The orders for a worker of the chaos run, in addition to its environment. */
export const chaosOrders = z.object({
  visibilityMs: z.number(),
  /** The worker kills itself after this many passes of this failpoint. Null: something else kills it. */
  doom: z.object({ failpoint: z.enum(failpoints), after: z.int() }).nullable(),
});

/** The real program with the real SDKs, with shorter times than with real vendors. */
const { visibilityMs, doom } = chaosOrders.parse(JSON.parse(process.argv[2] ?? 'null'));
const config = readConfig(process.env);
const { openaiBaseUrl, googleBaseUrl } = config.providers;
const openai = { baseUrl: openaiBaseUrl ?? '', deadlineMs: 4_000 };
const omni = createOmni({
  baseUrl: googleBaseUrl ?? '',
  submitDeadlineMs: 4_000,
  pollDeadlineMs: 3_000,
  idleDownloadMs: 3_000,
});
const hurried: Provider<'video'> = {
  ...omni,
  submit: async (request, call) => {
    const submitted = await omni.submit(request, call);
    return submitted.outcome === 'accepted' ? { ...submitted, pollAfterMs: 500 } : submitted;
  },
  poll: async (handle, call) => {
    const polled = await omni.poll(handle, call);
    return polled.outcome === 'working' ? { ...polled, pollAfterMs: 500 } : polled;
  },
};

let passed = 0;
const program = await openProgram(config, createLog(config.logLevel ?? 'silent', false), {
  worker: true,
  visibilityMs,
  providers: createProviders(
    [fixedSource([createOpenAiEnhance(openai), createOpenAiImage(openai), hurried])],
    [],
    new Set(['openai', 'google']),
  ),
  reachFailpoint: (failpoint) => {
    if (failpoint !== doom?.failpoint) return;
    passed += 1;
    if (passed >= doom.after) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write('ready\n');
process.once('SIGTERM', () => program.stop().then(() => process.exit(0)));
// An orphan of a killed chaos run must end.
process.stdin.resume().once('end', () => process.exit(1));
