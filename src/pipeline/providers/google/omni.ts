import { Readable } from 'node:stream';
import { z } from 'zod';
import { type JsonValue, resolutions } from '../../../domain.ts';
import { deadlines } from '../deadlines.ts';
import {
  type Call,
  type MediaStream,
  type Picture,
  type Polled,
  type Provider,
  ProviderError,
  type Submitted,
  type VideoRequest,
  type VideoStart,
} from '../provider.ts';
import { attempt, exchange } from '../providerCall.ts';
import { type GoogleOptions, googleClient, googleExchange, requireGoogleKey } from './client.ts';
import { downloadFile } from './download.ts';
import { classifyContinuation, soundsLikePolicy } from './errors.ts';
import {
  aspectRatio,
  defaultOmniModel,
  firstPollMs,
  nextPollMs,
  omniModel,
  videoCost,
  videoPrices,
  videoUsualMs,
} from './models.ts';

export type OmniOptions = GoogleOptions & {
  model?: string;
  /** Milliseconds since the epoch. The polling interval depends on it. */
  now?: () => number;
  submitDeadlineMs?: number;
  pollDeadlineMs?: number;
  idleDownloadMs?: number;
  resumePauseMs?: number;
};

/**
 * The handle that is stored with the step. It contains what the price depends on, because Google bills by the second and reports
 * tokens. `seconds` of an extension are the added ones, because Google bills no others.
 */
const handleSchema = z.object({
  id: z.string().min(1),
  submittedAt: z.number(),
  seconds: z.number(),
  resolution: z.enum(resolutions),
  hook: z.boolean().default(false),
});
type Handle = z.infer<typeof handleSchema>;

const interaction = z.object({
  id: z.string().min(1),
  status: z.string(),
  output_video: z.object({ data: z.string().nullish(), uri: z.string().nullish() }).nullish(),
  output_text: z.string().nullish(),
  errors: z.array(z.object({ code: z.string().nullish(), message: z.string().nullish() })).nullish(),
  usage: z
    .object({ total_input_tokens: z.number().optional(), total_output_tokens: z.number().optional() })
    .nullish()
    .catch(null),
});
type Interaction = z.infer<typeof interaction>;

/**
 * Videos from Google's Omni models, by API key. The result always has sound. If a member wants none, the receiver drops the audio
 * track (see `media/mute.ts`).
 */
export function createOmni(options: OmniOptions): Provider<'video'> {
  const model = options.model ?? defaultOmniModel;
  return {
    id: 'google-omni',
    vendor: 'google',
    step: 'video',
    model,
    capabilities: omniModel(model).capabilities,
    prices: videoPrices(omniModel(model)),
    expectedMs: videoUsualMs,
    submit: (request, call) => submit(options, model, request, call),
    poll: (handle, call) => poll(options, model, handleSchema.parse(handle), call),
    download: (handle, call) => download(options, handleSchema.parse(handle), call),
    awaitsHook: (handle) => handleSchema.safeParse(handle).data?.hook ?? false,
    cancel: (handle, call) => cancel(options, handleSchema.parse(handle), call),
  };
}

async function submit(
  options: OmniOptions,
  model: string,
  request: VideoRequest,
  call: Call,
): Promise<Submitted<'video'>> {
  const key = requireGoogleKey(call.key);
  const begun = beginning(request);
  const exchanged = googleExchange(call, options.submitDeadlineMs ?? deadlines.submitVideo);
  const created = await exchange(
    request.start.from === 'clip' ? { ...exchanged, classify: classifyContinuation } : exchanged,
    async (line) =>
      interaction.parse(
        await (await googleClient(options, key, line)).interactions.create(
          {
            model,
            background: true,
            store: true,
            ...begun,
            // Google calls it when the interaction is over, in place of the webhooks of the project. It takes one only in the background.
            ...(call.hook && { webhook_config: { uris: [call.hook.reveal()] } }),
            response_format: {
              type: 'video',
              aspect_ratio: aspectRatio[request.aspect],
              duration: `${request.duration}s`,
              resolution: request.resolution,
              delivery: 'uri',
            },
          },
          // By default the SDK would send the billable POST five times.
          { maxRetries: 0, signal: line.signal },
        ),
      ),
  );
  const submittedAt = (options.now ?? Date.now)();
  const { duration: seconds, resolution } = request;
  const handle: Handle = { id: created.id, submittedAt, seconds, resolution, hook: call.hook !== undefined };
  return { outcome: 'accepted', handle, pollAfterMs: firstPollMs };
}

/**
 * The part of a request that depends on the start. Google finds a clip by the interaction that made it, so no video is sent. Tags in
 * the prompt say which picture is the first frame and which one the last (source: the vendor's guide to Omni, November 2026).
 */
function beginning({ prompt, start, last }: VideoRequest) {
  const words = withoutTags(prompt);
  const text = { type: 'text', text: words } as const;
  if (start.from === 'clip') {
    return {
      previous_interaction_id: interactionOf(start),
      input: [text],
      generation_config: { video_config: { task: 'extend' } },
    };
  }
  if (start.from === 'text') return { input: [text], generation_config: { video_config: { task: 'text_to_video' } } };
  const generation_config = { video_config: { task: 'image_to_video' } };
  if (last === null) return { input: [text, pictureOf(start.image)], generation_config };
  const bound = { type: 'text', text: `[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] ${words}` } as const;
  return { input: [bound, pictureOf(start.image), pictureOf(last)], generation_config };
}

const pictureOf = ({ content, mime }: Picture) =>
  ({ type: 'image', data: content.toString('base64'), mime_type: mime }) as const;

/** The words of a member without what Omni would read as a tag. */
const withoutTags = (prompt: string): string => prompt.replace(/<(?=[A-Z]+_)/g, '‹').replace(/\[#/g, '[');

function interactionOf({ handle }: Extract<VideoStart, { from: 'clip' }>): string {
  const parsed = handleSchema.safeParse(handle);
  if (parsed.success) return parsed.data.id;
  throw new ProviderError('no_output', 'The clip was not made by this model.', { isGone: true });
}

async function poll(options: OmniOptions, model: string, handle: Handle, call: Call): Promise<Polled> {
  const state = await look(options, handle, call);
  switch (state.status) {
    case 'completed': {
      videoOf(state);
      const usage: JsonValue = {
        seconds: handle.seconds,
        resolution: handle.resolution,
        outputTokens: state.usage?.total_output_tokens ?? null,
      };
      return { outcome: 'finished', cost: videoCost(omniModel(model), { ...handle, audio: true }, usage) };
    }
    case 'queued':
    case 'in_progress':
      return { outcome: 'working', pollAfterMs: nextPollMs((options.now ?? Date.now)() - handle.submittedAt) };
    default:
      throw endedBadly(state);
  }
}

async function download(options: OmniOptions, handle: Handle, call: Call): Promise<MediaStream> {
  const video = videoOf(await look(options, handle, call));
  if ('data' in video) return { body: Readable.from([Buffer.from(video.data, 'base64')]) };
  const body = await downloadFile(options, video.uri, {
    key: requireGoogleKey(call.key),
    signal: call.signal,
    idleMs: options.idleDownloadMs ?? deadlines.idleDownload,
    resumePauseMs: options.resumePauseMs ?? 1_000,
  });
  return { body };
}

async function cancel(options: OmniOptions, handle: Handle, call: Call): Promise<void> {
  const { key } = call;
  if (!key) return;
  await attempt(googleExchange(call, deadlines.cancel), async (line) => {
    await (await googleClient(options, key, line)).interactions.cancel(handle.id, undefined, {
      maxRetries: 0,
      signal: line.signal,
    });
  });
}

async function look(options: OmniOptions, handle: Handle, call: Call): Promise<Interaction> {
  const key = requireGoogleKey(call.key);
  return await exchange(googleExchange(call, options.pollDeadlineMs ?? deadlines.poll), async (line) =>
    interaction.parse(
      await (await googleClient(options, key, line)).interactions.get(handle.id, undefined, {
        maxRetries: 0,
        signal: line.signal,
      }),
    ),
  );
}

/** The finished video. Google sometimes answers `completed` without one. */
function videoOf(state: Interaction): { data: string } | { uri: string } {
  if (state.status !== 'completed') throw endedBadly(state);
  if (state.output_video?.data) return { data: state.output_video.data };
  if (state.output_video?.uri) return { uri: state.output_video.uri };
  const words = wordsOf(state);
  if (soundsLikePolicy(words))
    throw new ProviderError('refused', `Google's safety system held the video back. ${words}`);
  throw new ProviderError('no_output', 'Google finished without a video.');
}

function endedBadly(state: Interaction): ProviderError {
  const words = wordsOf(state);
  switch (state.status) {
    case 'cancelled':
      return new ProviderError('interrupted', 'The video was cancelled at Google.');
    case 'budget_exceeded':
      return new ProviderError('quota', 'The Google account behind the key has reached its budget.');
    default: {
      if (soundsLikePolicy(words))
        return new ProviderError('refused', `Google's safety system did not allow this. ${words}`);
      return new ProviderError('no_output', `Google ended the video as "${state.status}". ${words}`.trim());
    }
  }
}

function wordsOf({ errors, output_text }: Interaction): string {
  const told = errors?.map(({ code, message }) => [code, message].filter(Boolean).join(': ')) ?? [];
  return [...told, output_text].filter(Boolean).join(' ');
}
