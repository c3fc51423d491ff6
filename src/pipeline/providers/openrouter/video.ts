import { z } from 'zod';
import type { JsonValue } from '../../../domain.ts';
import { deadlines } from '../deadlines.ts';
import { downloadFile } from '../download.ts';
import { keyHeaders } from '../http.ts';
import {
  type Call,
  type MediaStream,
  type ModelPrices,
  type Picture,
  type Polled,
  type Provider,
  ProviderError,
  type Submitted,
  type VideoRequest,
} from '../provider.ts';
import {
  ask,
  baseUrlOf,
  costOf,
  imagePartOf,
  type OpenRouterOptions,
  requireOpenRouterKey,
  usageShape,
} from './client.ts';
import { classify, soundsLikePolicy, vendorName } from './errors.ts';
import type { KnownModel } from './models.ts';
import { aspectRatio, resolutionName, videoExtra } from './videoModels.ts';

export type OpenRouterVideoOptions = OpenRouterOptions & {
  submitDeadlineMs?: number;
  pollDeadlineMs?: number;
  idleDownloadMs?: number;
  resumePauseMs?: number;
};

/** OpenRouter advises half a minute. Short films of fast models are there sooner. Milliseconds. */
const firstPollMs = 10_000;
const nextPollMs = 15_000;

/** The id travels in the paths of later calls, so it must not lead to another one. */
const jobId = z
  .string()
  .max(300)
  .regex(/^\w[\w.:~-]*$/);

const created = z.object({ id: jobId });

const job = z.object({
  status: z.string(),
  error: z
    .union([z.string(), z.object({ message: z.string() }).transform(({ message }) => message)])
    .nullish()
    .catch(null),
  usage: usageShape,
});

/** `publishedMicroUsd` is the price at the time of the request, because the catalogue may change before the film is there. */
const handleSchema = z.object({
  id: jobId,
  seconds: z.number(),
  resolution: z.string(),
  publishedMicroUsd: z.number().nullable(),
  hook: z.boolean().default(false),
});
type Handle = z.infer<typeof handleSchema>;

/** Films from any video model of OpenRouter. It has no way to stop one. */
export function createOpenRouterVideo(options: OpenRouterVideoOptions, known: KnownModel): Provider<'video'> {
  return {
    id: 'openrouter',
    vendor: 'openrouter',
    step: 'video',
    ...known.shown,
    expectedMs: ({ duration, resolution }) => 60_000 + duration * (resolution === '4k' ? 10_000 : 5_000),
    submit: (request, call) => submit(options, known, request, call),
    poll: (handle, call) => poll(options, handleSchema.parse(handle), call),
    download: (handle, call) => download(options, handleSchema.parse(handle), call),
    awaitsHook: (handle) => handleSchema.safeParse(handle).data?.hook ?? false,
    cancel: async () => {},
  };
}

async function submit(
  options: OpenRouterVideoOptions,
  { shown, extra }: KnownModel,
  request: VideoRequest,
  call: Call,
): Promise<Submitted<'video'>> {
  const key = requireOpenRouterKey(call.key);
  const { resolutions = resolutionName, sound = false } = videoExtra.safeParse(extra).data ?? {};
  const { duration, resolution, audio } = request;
  const body = {
    model: shown.model,
    prompt: request.prompt,
    duration,
    resolution: resolutions[resolution] ?? resolutionName[resolution],
    aspect_ratio: aspectRatio[request.aspect],
    // A model without this ability may refuse the parameter.
    ...(sound && { generate_audio: audio }),
    ...framesOf(request),
    // OpenRouter calls it when the job is over, in place of the callback address of the account.
    ...(call.hook && { callback_url: call.hook.reveal() }),
  };
  const deadlineMs = options.submitDeadlineMs ?? deadlines.submitVideo;
  const path = '/videos';
  const { signal } = call;
  const { id } = await ask(options, key, { method: 'POST', path, body: { json: body }, deadlineMs, signal }, created);
  const publishedMicroUsd = publishedOf(shown.prices, request);
  const handle: Handle = { id, seconds: duration, resolution, publishedMicroUsd, hook: call.hook !== undefined };
  return { outcome: 'accepted', handle, pollAfterMs: firstPollMs };
}

function framesOf({ start, last }: VideoRequest) {
  switch (start.from) {
    case 'text':
      return {};
    case 'image': {
      const frames = [frameOf(start.image, 'first_frame'), ...(last ? [frameOf(last, 'last_frame')] : [])];
      return { frame_images: frames };
    }
    case 'clip':
      throw new ProviderError('no_output', 'OpenRouter cannot make a clip longer.', { isGone: true });
  }
}

const frameOf = (picture: Picture, frame_type: 'first_frame' | 'last_frame') => ({
  ...imagePartOf(picture),
  frame_type,
});

function publishedOf(prices: ModelPrices | null, { duration, resolution, audio }: VideoRequest): number | null {
  const second = prices?.kind === 'video' ? prices.perSecond[resolution] : undefined;
  return second ? duration * (audio ? second.sound : second.silent) : null;
}

async function poll(options: OpenRouterVideoOptions, handle: Handle, call: Call): Promise<Polled> {
  const key = requireOpenRouterKey(call.key);
  // The address is made of the id. OpenRouter names one, too, but a key goes only where the operator's settings say.
  const path = `/videos/${handle.id}`;
  const deadlineMs = options.pollDeadlineMs ?? deadlines.poll;
  const state = await ask(options, key, { method: 'GET', path, deadlineMs, signal: call.signal }, job);
  switch (state.status) {
    case 'completed': {
      const facts: Record<string, JsonValue> = { seconds: handle.seconds, resolution: handle.resolution };
      return { outcome: 'finished', cost: costOf(state.usage, handle.publishedMicroUsd, facts) };
    }
    case 'failed':
    case 'cancelled':
    case 'expired':
      throw endedBadly(state.status, state.error ?? '');
    default:
      // `pending`, `in_progress`, and what OpenRouter may say one day. The deadline of the step ends it.
      return { outcome: 'working', pollAfterMs: nextPollMs };
  }
}

function endedBadly(status: 'failed' | 'cancelled' | 'expired', words: string): ProviderError {
  if (status === 'cancelled') return new ProviderError('interrupted', 'The video was cancelled at OpenRouter.');
  if (status === 'expired') return new ProviderError('no_output', 'OpenRouter no longer has the video.');
  if (soundsLikePolicy(words)) {
    return new ProviderError('refused', `The provider behind OpenRouter did not allow this. ${words}`);
  }
  return new ProviderError('no_output', `OpenRouter could not make the video. ${words}`.trim());
}

async function download(options: OpenRouterVideoOptions, handle: Handle, call: Call): Promise<MediaStream> {
  const key = requireOpenRouterKey(call.key);
  const baseUrl = baseUrlOf(options);
  const base = new URL(`${baseUrl}/`);
  const body = await downloadFile(
    {
      vendor: vendorName,
      url: new URL(`${baseUrl}/videos/${handle.id}/content?index=0`),
      headers: keyHeaders({ key }),
      secrets: [key],
      isOwn: (url) => url.origin === base.origin && url.pathname.startsWith(base.pathname),
      // OpenRouter streams the film itself. It may move the stream to another host of its own, and nowhere else.
      mayLeadTo: ({ protocol, hostname }) => protocol === 'https:' && /(^|\.)openrouter\.ai$/.test(hostname),
      classify,
    },
    {
      signal: call.signal,
      idleMs: options.idleDownloadMs ?? deadlines.idleDownload,
      resumePauseMs: options.resumePauseMs ?? 1_000,
    },
  );
  return { body };
}
