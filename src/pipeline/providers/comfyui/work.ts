import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonValue } from '../../../domain.ts';
import { type Call, type MediaStream, type Picture, type Polled, ProviderError, type Submitted } from '../provider.ts';
import { fill, type Values } from './graph.ts';
import { resultOf } from './history.ts';
import { type ComfyServer, cancelPrompt, lookAt, openFile, queuePrompt, upload } from './prompts.ts';
import { pictureNames, type Workflow } from './workflows.ts';

/**
 * The handle that is stored with the step. It contains what is needed of the workflow, which may have changed or gone until the prompt
 * has ended. `microUsd` is the price that the operator has set, null if there is none.
 */
const handleShape = z.object({
  id: z.string().min(1),
  output: z.string().min(1),
  submittedAt: z.number(),
  microUsd: z.number().nullable(),
});
type Handle = z.infer<typeof handleShape>;

/** In milliseconds. Soon at first, because an image takes seconds, and then after a tenth of the time that it has taken. */
const firstPollMs = 1_000;
const maxPollMs = 10_000;

type Job = {
  values: Values;
  /** By the names of their placeholders. Null: there is none, so what shows it is left out. */
  pictures: Readonly<Record<string, Picture | null>>;
  microUsd: number | null;
};

/** Uploads the pictures, each by a request of its own, and then sends the workflow. */
export async function submitJob(
  server: ComfyServer,
  { graph, description: { output } }: Workflow,
  { values, pictures, microUsd }: Job,
  call: Call,
): Promise<Submitted<'image' | 'video'>> {
  const names: Record<string, string | null> = {};
  for (const [name, picture] of Object.entries(pictures)) {
    names[name] = picture && (await upload(server, picture, call));
  }
  const prompt = fill(graph, { ...values, ...names });
  const id = await queuePrompt(server, { prompt, output }, call);
  const handle: Handle = { id, output, submittedAt: (server.now ?? Date.now)(), microUsd };
  return { outcome: 'accepted', handle, pollAfterMs: firstPollMs };
}

/** The pictures of a workflow by their placeholders. */
export const picturesByName = (pictures: readonly Picture[], count: number): Record<string, Picture | null> =>
  Object.fromEntries(pictureNames(count).map((name, index) => [name, pictures[index] ?? null]));

/** The same call gets the same seed again, and every other one gets another. A number that every sampler takes. */
export function seedOf({ runId, stepNumber }: Pick<Call, 'runId' | 'stepNumber'>, variant = 1): number {
  return createHash('sha256').update(`${runId}/${stepNumber}/${variant}`).digest().readUIntBE(0, 6);
}

/** The calls that are the same for every workflow. */
export const callsOf = (server: ComfyServer) => ({
  poll: (handle: JsonValue, call: Call) => poll(server, handleShape.parse(handle), call),
  download: (handle: JsonValue, call: Call) => download(server, handleShape.parse(handle), call),
  cancel: (handle: JsonValue, call: Call) => cancelPrompt(server, handleShape.parse(handle).id, call).catch(() => {}),
});

async function poll(server: ComfyServer, { id, output, submittedAt, microUsd }: Handle, call: Call): Promise<Polled> {
  const where = await lookAt(server, id, call);
  const workedMs = (server.now ?? Date.now)() - submittedAt;
  const pollAfterMs = Math.min(maxPollMs, Math.max(firstPollMs, Math.round(workedMs / 10)));
  switch (where.at) {
    case 'pending':
      return { outcome: 'working', fraction: 0, pollAfterMs };
    case 'running':
      return { outcome: 'working', pollAfterMs };
    case 'ended':
      resultOf(where.entry, output, server.key);
      return microUsd === null
        ? { outcome: 'finished' }
        : { outcome: 'finished', cost: { microUsd, usage: {}, isEstimate: true } };
    case 'gone':
      throw new ProviderError(
        'interrupted',
        'ComfyUI no longer knows the work. It was restarted or its history cleared.',
      );
  }
}

async function download(server: ComfyServer, { id, output }: Handle, call: Call): Promise<MediaStream> {
  const where = await lookAt(server, id, call);
  switch (where.at) {
    case 'ended':
      return { body: await openFile(server, resultOf(where.entry, output, server.key), call) };
    case 'gone':
      throw new ProviderError(
        'no_output',
        'ComfyUI no longer knows the result. It was restarted or its history cleared.',
      );
    case 'pending':
    case 'running':
      throw new ProviderError('no_output', 'ComfyUI has no result yet.');
  }
}
