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
} from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type GoogleCloudOptions, googleCloudClient, googleCloudExchange } from './client.ts';
import { classifyUpload, soundsLikePolicy } from './errors.ts';
import {
  aspectRatio,
  defaultVeoModel,
  firstPollMs,
  nextPollMs,
  veoModel,
  videoCost,
  videoPrices,
  videoUsualMs,
} from './models.ts';

export type VeoOptions = GoogleCloudOptions & {
  model?: string;
  now?: () => number;
  submitDeadlineMs?: number;
  pollDeadlineMs?: number;
};

/** Google Cloud takes requests of at most 20 MB. A larger clip would have to lie in a bucket, and we configure none. */
const maxClipBase64 = 20_000_000;

const handleSchema = z.object({
  name: z.string().min(1),
  submittedAt: z.number(),
  seconds: z.number(),
  resolution: z.enum(resolutions),
  /** Older handles lack it. A second with sound is the dearer one. */
  audio: z.boolean().default(true),
});
type Handle = z.infer<typeof handleSchema>;

const operationSchema = z.object({
  name: z.string().nullish(),
  done: z.boolean().nullish(),
  error: z.object({ code: z.number().nullish(), message: z.string().nullish() }).nullish(),
  response: z
    .object({
      generatedVideos: z.array(z.object({ video: z.object({ videoBytes: z.string().nullish() }).nullish() })).nullish(),
      raiMediaFilteredCount: z.number().nullish(),
      raiMediaFilteredReasons: z.array(z.string()).nullish(),
    })
    .nullish(),
});
type Operation = z.infer<typeof operationSchema>;

/** Videos from Veo, by Google Cloud project. Veo has its own sign-in and does not use a call's key. */
export function createVeo(options: VeoOptions): Provider<'video'> {
  const model = options.model ?? defaultVeoModel;
  return {
    id: 'google-veo',
    vendor: null,
    step: 'video',
    model,
    capabilities: veoModel(model).capabilities,
    prices: videoPrices(veoModel(model)),
    expectedMs: videoUsualMs,
    submit: (request, call) => submit(options, model, request, call),
    poll: (handle, call) => poll(options, model, handleSchema.parse(handle), call),
    download: (handle, call) => download(options, handleSchema.parse(handle), call),
    // Veo's operations cannot be canceled.
    cancel: async () => {},
  };
}

async function submit(
  options: VeoOptions,
  model: string,
  request: VideoRequest,
  call: Call,
): Promise<Submitted<'video'>> {
  const begun = await beginning(request);
  const exchanged = googleCloudExchange(call, options.submitDeadlineMs ?? deadlines.submitVideo);
  const operation = await exchange(
    request.start.from === 'clip' ? { ...exchanged, classify: classifyUpload } : exchanged,
    async (line) => {
      const { ImageResizeMode } = await import('@google/genai');
      return operationSchema.parse(
        await (await googleCloudClient(options, line)).models.generateVideos({
          model,
          source: { prompt: request.prompt, ...begun },
          config: {
            numberOfVideos: 1,
            durationSeconds: request.duration,
            aspectRatio: aspectRatio[request.aspect],
            resolution: request.resolution,
            // Without this setting a first frame of another shape gets bars. Veo takes it only with a frame.
            ...('image' in begun && { resizeMode: ImageResizeMode.CROP }),
            ...('image' in begun && request.last && { lastFrame: encoded(request.last) }),
            generateAudio: request.audio,
            labels: { 'vidgenie-run': call.runId, 'vidgenie-step': String(call.stepNumber) },
          },
        }),
      );
    },
  );
  if (!operation.name)
    throw new ProviderError('no_output', 'Google Cloud took the request and gave no name to ask by.');
  const submittedAt = (options.now ?? Date.now)();
  const handle: Handle = {
    name: operation.name,
    submittedAt,
    seconds: request.duration,
    resolution: request.resolution,
    audio: request.audio,
  };
  return { outcome: 'accepted', handle, pollAfterMs: firstPollMs };
}

/** The first frame, or the whole clip. Veo takes one of them. */
async function beginning({ start }: VideoRequest) {
  if (start.from === 'image') {
    return { image: encoded(start.image) };
  }
  if (start.from === 'text') return {};
  const videoBytes = (await start.read()).toString('base64');
  if (videoBytes.length > maxClipBase64) {
    throw new ProviderError('no_output', 'The clip is too large for Google Cloud.', { isGone: true });
  }
  return { video: { videoBytes, mimeType: start.mime } };
}

const encoded = ({ content, mime }: Picture) => ({ imageBytes: content.toString('base64'), mimeType: mime });

async function poll(options: VeoOptions, model: string, handle: Handle, call: Call): Promise<Polled> {
  const operation = await look(options, handle, call);
  if (!operation.done) {
    return { outcome: 'working', pollAfterMs: nextPollMs((options.now ?? Date.now)() - handle.submittedAt) };
  }
  bytesOf(operation);
  const usage: JsonValue = { seconds: handle.seconds, resolution: handle.resolution };
  return { outcome: 'finished', cost: videoCost(veoModel(model), handle, usage) };
}

async function download(options: VeoOptions, handle: Handle, call: Call): Promise<MediaStream> {
  const operation = await look(options, handle, call);
  if (!operation.done) throw new ProviderError('no_output', 'The video is not finished.');
  return { body: Readable.from([Buffer.from(bytesOf(operation), 'base64')]) };
}

async function look(options: VeoOptions, handle: Handle, call: Call): Promise<Operation> {
  const usualMs = handle.resolution === '4k' ? deadlines.pollLargeVideo : deadlines.poll;
  return await exchange(googleCloudExchange(call, options.pollDeadlineMs ?? usualMs), async (line) => {
    // This is the only way to resume from a stored name: a plain object, or a constructor argument, fails inside the SDK.
    const { GenerateVideosOperation } = await import('@google/genai');
    const operation = new GenerateVideosOperation();
    operation.name = handle.name;
    return operationSchema.parse(
      await (await googleCloudClient(options, line)).operations.getVideosOperation({ operation }),
    );
  });
}

/** The finished video in base64. Veo returns it inside the answer, because we configure no bucket. */
function bytesOf({ error, response }: Operation): string {
  if (error) {
    const words = error.message ?? '';
    // Code 3 is INVALID_ARGUMENT. Veo returns it for a prompt that its filters stopped.
    if (soundsLikePolicy(words))
      throw new ProviderError('refused', `Google's safety system did not allow this. ${words}`);
    if (error.code === 8) throw new ProviderError('quota', 'The Google Cloud project has used up its quota.');
    if (error.code === 13 || error.code === 14)
      throw new ProviderError('unavailable', 'Google Cloud had trouble with the video.');
    throw new ProviderError('no_output', `Google Cloud could not make the video. ${words}`.trim());
  }
  const bytes = response?.generatedVideos?.find(({ video }) => video?.videoBytes)?.video?.videoBytes;
  if (bytes) return bytes;
  if ((response?.raiMediaFilteredCount ?? 0) > 0) {
    const reasons = response?.raiMediaFilteredReasons?.join(' ') ?? '';
    throw new ProviderError('refused', `Google's safety system held the video back. ${reasons}`.trim());
  }
  throw new ProviderError('no_output', 'Google Cloud finished without a video.');
}
