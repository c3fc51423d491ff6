import { z } from 'zod';
import type { JsonValue } from '../../../domain.ts';
import { deadlines } from '../deadlines.ts';
import { downloadFile } from '../download.ts';
import { type Call, type MediaStream, type Polled, type ProviderCost, ProviderError } from '../provider.ts';
import { attempt, exchange } from '../providerCall.ts';
import { baseUrlOf, type RunwayOptions, requireRunwayKey, runwayClient, runwayExchange } from './client.ts';
import { classify, failureOfTask } from './errors.ts';
import { creditMicroUsd } from './models.ts';

/** Everything after the submit is the same for a video and an image: both are tasks. */

/** `publishedMicroUsd` is the price that the request has by Runway's list, for the case that the task reports no cost. */
const handleSchema = z.object({
  id: z.string().min(1),
  submittedAt: z.number(),
  publishedMicroUsd: z.number().nullable(),
});
type Handle = z.infer<typeof handleSchema>;

export const createdTask = z.object({ id: z.string().min(1) });

const task = z.object({
  id: z.string().min(1),
  status: z.string(),
  progress: z.number().nullish().catch(null),
  failureCode: z.string().nullish().catch(null),
  output: z.array(z.string()).nullish(),
  cost: z
    .object({ credits: z.number().min(0) })
    .nullish()
    .catch(null),
});
type Task = z.infer<typeof task>;

/** Runway wants no task to be asked for more often than every five seconds. */
export const firstPollMs = 5_000;
const nextPollMs = (sinceSubmitMs: number): number => (sinceSubmitMs < 10_000 ? 10_000 : 15_000);

export const handleOf = (
  created: z.infer<typeof createdTask>,
  { now = Date.now }: RunwayOptions,
  publishedMicroUsd: number | null,
): Handle => ({ id: created.id, submittedAt: now(), publishedMicroUsd });

/** `poll`, `download` and `cancel` of a provider whose results are tasks. */
export const taskCalls = (options: RunwayOptions) => ({
  poll: (handle: JsonValue, call: Call) => poll(options, handleSchema.parse(handle), call),
  download: (handle: JsonValue, call: Call) => download(options, handleSchema.parse(handle), call),
  cancel: (handle: JsonValue, call: Call) => cancel(options, handleSchema.parse(handle), call),
});

async function poll(options: RunwayOptions, handle: Handle, call: Call): Promise<Polled> {
  const state = await look(options, handle, call);
  switch (state.status) {
    case 'SUCCEEDED':
      outputOf(state);
      return { outcome: 'finished', cost: costOf(state, handle) };
    case 'PENDING':
    case 'THROTTLED':
    case 'RUNNING': {
      const pollAfterMs = nextPollMs((options.now ?? Date.now)() - handle.submittedAt);
      const { progress } = state;
      const isShare = typeof progress === 'number' && progress >= 0 && progress <= 1;
      return { outcome: 'working', ...(isShare && { fraction: progress }), pollAfterMs };
    }
    default:
      throw endedBadly(state);
  }
}

function costOf({ cost }: Task, { publishedMicroUsd }: Handle): ProviderCost {
  if (cost) return { microUsd: Math.round(cost.credits * creditMicroUsd), usage: { credits: cost.credits } };
  return { microUsd: publishedMicroUsd, usage: {}, isEstimate: true };
}

async function download(options: RunwayOptions, handle: Handle, call: Call): Promise<MediaStream> {
  // The address is valid for a day, so each download asks for a fresh one.
  const url = locate(options, outputOf(await look(options, handle, call)));
  const body = await downloadFile(
    {
      vendor: 'Runway',
      url,
      // The address itself opens the file. The key never goes there.
      headers: {},
      secrets: call.key ? [call.key] : [],
      isOwn: (one) => isFileHost(options, one),
      mayLeadTo: () => false,
      classify,
    },
    { signal: call.signal, idleMs: deadlines.idleDownload, resumePauseMs: options.resumePauseMs ?? 1_000 },
  );
  return { body };
}

/** Runway stops a task in progress. It deletes one that has ended, and nobody wants the result of a step that is canceled. */
async function cancel(options: RunwayOptions, handle: Handle, call: Call): Promise<void> {
  const { key } = call;
  if (!key) return;
  await attempt(runwayExchange(call, deadlines.cancel), async (line) => {
    await (await runwayClient(options, key, line)).tasks.delete(handle.id);
  });
}

async function look(options: RunwayOptions, handle: Handle, call: Call): Promise<Task> {
  const key = requireRunwayKey(call.key);
  return await exchange(runwayExchange(call, deadlines.poll), async (line) =>
    task.parse(await (await runwayClient(options, key, line)).tasks.retrieve(handle.id)),
  );
}

function outputOf(state: Task): string {
  if (state.status !== 'SUCCEEDED') throw endedBadly(state);
  const address = state.output?.at(0);
  if (address !== undefined) return address;
  throw new ProviderError('no_output', 'Runway finished without a result.');
}

function endedBadly(state: Task): ProviderError {
  if (state.status === 'FAILED') return failureOfTask(state.failureCode ?? '');
  if (state.status === 'CANCELLED') return new ProviderError('interrupted', 'The task was cancelled at Runway.');
  return new ProviderError('no_output', `Runway says of the task only "${state.status}".`);
}

/** The hosts of results: Runway's file service and the bucket behind it, as its documents and its answers show them in November 2026. */
const fileHosts: readonly string[] = ['dnznrvs05pmza.cloudfront.net', 'runway-task-artifacts.s3.amazonaws.com'];

/** Whether results may be there: below the configured address, at a host of Runway, or at one that the operator has named. */
function isFileHost(options: RunwayOptions, { origin, protocol, hostname, port }: URL): boolean {
  if (origin === new URL(baseUrlOf(options)).origin) return true;
  if (protocol !== 'https:' || port !== '') return false;
  const named = [...fileHosts, ...(options.fileHosts ?? [])];
  return named.includes(hostname) || hostname === 'runwayml.com' || hostname.endsWith('.runwayml.com');
}

function locate(options: RunwayOptions, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && isFileHost(options, url) && url.username === '' && url.password === '') return url;
  const where = url && url.hostname !== '' ? url.hostname : 'no address';
  throw new ProviderError('no_output', `Runway named a host for the result that is not known as its own: ${where}.`);
}
