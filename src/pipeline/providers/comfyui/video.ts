import { type Provider, ProviderError, type VideoRequest } from '../provider.ts';
import { pricesOf, videoCapabilities } from './description.ts';
import type { Values } from './graph.ts';
import type { ComfyServer } from './prompts.ts';
import { callsOf, seedOf, submitJob } from './work.ts';
import type { WorkflowOf } from './workflows.ts';

/** In milliseconds, before real runs are known: loading the model, and each second of the video. */
const usualMs = { start: 30_000, perSecond: 30_000 } as const;

/** Videos that one of the operator's workflows makes. */
export function createComfyVideo(server: ComfyServer, workflow: WorkflowOf<'video'>): Provider<'video'> {
  const { model, description } = workflow;
  const { title, maxMinutes } = description;
  const prices = pricesOf(description);
  return {
    id: 'comfyui',
    vendor: null,
    step: 'video',
    model,
    ...(title === undefined ? {} : { title }),
    capabilities: videoCapabilities(description),
    prices,
    expectedMs: ({ duration }) => usualMs.start + duration * usualMs.perSecond,
    workDeadlineMs: maxMinutes * 60_000,
    submit: async (request, call) => {
      const { resolution, duration } = request;
      const values = {
        ...sizesOf(workflow, request),
        ...lengthOf(workflow, request),
        prompt: request.prompt,
        seed: seedOf(call),
      };
      const price = prices?.kind === 'video' ? prices.perSecond[resolution] : undefined;
      const microUsd = price ? price.silent * duration : null;
      return await submitJob(server, workflow, { values, pictures: picturesFor(workflow, request), microUsd }, call);
    },
    ...callsOf(server),
  };
}

const cannot = (detail: string) => new ProviderError('invalid_request', detail, { nothingGenerated: true });

function picturesFor({ model, description }: WorkflowOf<'video'>, { start, last }: VideoRequest) {
  if (start.from === 'clip') throw cannot(`${model} cannot make a clip longer.`);
  if (start.from === 'text' && !description.fromText) throw cannot(`${model} begins with a picture.`);
  if (last && !description.lastFrame) throw cannot(`${model} cannot be given a last frame.`);
  const image = start.from === 'image' ? start.image : null;
  return description.lastFrame ? { image, lastImage: last } : { image };
}

function sizesOf({ model, description }: WorkflowOf<'video'>, { aspect, resolution }: VideoRequest): Values {
  const size = description.sizes[aspect]?.[resolution];
  if (!size) throw cannot(`${model} makes no video of that shape in ${resolution}.`);
  const render = description.render?.[aspect] ?? size;
  return { ...size, renderWidth: render.width, renderHeight: render.height };
}

/** Video models count one frame more than a length has: the one with which the video begins. */
function lengthOf({ model, description: { seconds, fps } }: WorkflowOf<'video'>, { duration }: VideoRequest): Values {
  if (!seconds.includes(duration)) throw cannot(`${model} makes no video of ${duration} s.`);
  return { seconds: duration, fps, frames: Math.round(duration * fps) + 1 };
}
