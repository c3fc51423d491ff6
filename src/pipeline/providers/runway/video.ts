import type RunwayML from '@runwayml/sdk';
import { deadlines } from '../deadlines.ts';
import {
  type Call,
  type Picture,
  type Provider,
  ProviderError,
  type Submitted,
  type VideoRequest,
} from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type RunwayOptions, requireRunwayKey, runwayClient, runwayExchange } from './client.ts';
import { dataUriOf } from './dataUri.ts';
import { type VideoModelId, videoModels, videoRatio, videoUsualMs, within } from './models.ts';
import { createdTask, firstPollMs, handleOf, taskCalls } from './task.ts';

/** Videos from the models that Runway offers, by API key. A task has an id, which any process can ask for. */
export function createRunwayVideo(options: RunwayOptions & { model: VideoModelId }): Provider<'video'> {
  const { model } = options;
  const { title, capabilities, prices } = videoModels[model];
  return {
    id: 'runway',
    vendor: 'runway',
    step: 'video',
    model,
    title,
    capabilities,
    prices,
    expectedMs: videoUsualMs,
    submit: (request, call) => submit(options, model, request, call),
    ...taskCalls(options),
  };
}

async function submit(
  options: RunwayOptions,
  model: VideoModelId,
  request: VideoRequest,
  call: Call,
): Promise<Submitted<'video'>> {
  const key = requireRunwayKey(call.key);
  const frames = await framesOf(request);
  const created = await exchange(runwayExchange(call, deadlines.submitVideo), async (line) =>
    createdTask.parse(await send(await runwayClient(options, key, line), model, request, frames)),
  );
  return {
    outcome: 'accepted',
    handle: handleOf(created, options, publishedPrice(model, request)),
    pollAfterMs: firstPollMs,
  };
}

type Frames = { first: string; last: string | null } | null;

/** The first and the last frame as data URIs. Null for a video from words alone. */
async function framesOf({ start, last }: VideoRequest): Promise<Frames> {
  if (start.from === 'text') return null;
  if (start.from === 'clip') {
    throw new ProviderError('no_output', 'This model cannot make a clip longer.', { isGone: true });
  }
  const asUri = async (picture: Picture | null) => picture && (await dataUriOf(picture));
  return { first: await dataUriOf(start.image), last: await asUri(last) };
}

const imagesOf = ({ first, last }: NonNullable<Frames>) => [
  { uri: first, position: 'first' } as const,
  ...(last === null ? [] : [{ uri: last, position: 'last' } as const]),
];

/** The one POST. Each family of models has its own parameters, and Runway refuses those that a model does not know. */
function send(client: RunwayML, model: VideoModelId, request: VideoRequest, frames: Frames): Promise<unknown> {
  const { duration, audio, aspect, resolution } = request;
  const promptText = within(request.prompt, videoModels[model].maxPrompt);
  switch (model) {
    case 'seedance2': {
      const body = { model, promptText, duration, audio, ratio: videoRatio[resolution][aspect] };
      if (!frames) return client.textToVideo.create(body);
      return client.imageToVideo.create({ ...body, promptImage: imagesOf(frames) });
    }
    case 'seedance2_5':
    case 'wan3': {
      const ratio = videoRatio[fullHd(resolution)][aspect];
      const body = { model, promptText, duration, audio, ratio };
      if (!frames) return client.textToVideo.create(body);
      return client.imageToVideo.create({ ...body, promptImage: imagesOf(frames) });
    }
    case 'veo3.1':
    case 'veo3.1_fast': {
      const seconds = ([4, 6, 8] as const).find((one) => one === duration);
      if (seconds === undefined) throw unable(`It makes no ${duration} seconds.`);
      const ratio = videoRatio[fullHd(resolution)][upright(aspect)];
      const body = { model, promptText, duration: seconds, audio, ratio };
      if (!frames) return client.textToVideo.create(body);
      return client.imageToVideo.create({ ...body, promptImage: imagesOf(frames) });
    }
    case 'gen4.5': {
      const body = { model, promptText, duration, ratio: videoRatio['720p'][upright(aspect)] };
      if (!frames) return client.textToVideo.create(body);
      return client.imageToVideo.create({ ...body, promptImage: frames.first });
    }
    case 'gen4_turbo': {
      if (!frames) throw unable('It needs a first frame.');
      const body = { model, promptText, duration, ratio: videoRatio['720p'][aspect] };
      return client.imageToVideo.create({ ...body, promptImage: frames.first });
    }
  }
}

/** The pipeline asks only for what the capabilities allow. These checks tell it to the types. */
const fullHd = (resolution: VideoRequest['resolution']) => {
  if (resolution === '4k') throw unable('It makes no 4k.');
  return resolution;
};
const upright = (aspect: VideoRequest['aspect']) => {
  if (aspect === 'square') throw unable('It makes nothing square.');
  return aspect;
};
const unable = (detail: string) => new ProviderError('invalid_request', detail, { nothingGenerated: true });

/** In millionths of a US dollar. */
function publishedPrice(model: VideoModelId, { duration, resolution, audio }: VideoRequest): number | null {
  const { prices } = videoModels[model];
  const price = prices.kind === 'video' ? prices.perSecond[resolution] : undefined;
  return price ? duration * (audio ? price.sound : price.silent) : null;
}
