import { Readable } from 'node:stream';
import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import {
  type Call,
  type ImageRequest,
  type ModelPrices,
  type Provider,
  ProviderError,
  type Submitted,
} from '../provider.ts';
import { withinBytes } from '../smallPicture.ts';
import { ask, costOf, imagePartOf, type OpenRouterOptions, requireOpenRouterKey, usageShape } from './client.ts';
import { cautiousImageExtra, imageExtra, maxReferences } from './imageModels.ts';
import type { KnownModel } from './models.ts';
import { aspectRatio } from './videoModels.ts';

/** The pictures of one request. Providers behind OpenRouter take 20 MB, and base64 makes pictures a third larger. */
const maxPictureBytes = 14_000_000;

const answer = z.object({
  data: z.array(z.object({ b64_json: z.string().nullish(), media_type: z.string().nullish() })),
  usage: usageShape,
});

/** Images from OpenRouter's own API for them, which serves all of its image models in the same way. */
export function createOpenRouterImage(
  options: OpenRouterOptions & { deadlineMs?: number },
  known: KnownModel,
): Provider<'image'> {
  return {
    id: 'openrouter',
    vendor: 'openrouter',
    step: 'image',
    ...known.shown,
    expectedMs: ({ quality }) => (quality === 'hd' ? 30_000 : 15_000),
    submit: (request, call) => paint(options, known, request, call),
    ...answersAtOnce,
  };
}

async function paint(
  options: OpenRouterOptions & { deadlineMs?: number },
  { shown, extra }: KnownModel,
  request: ImageRequest,
  call: Call,
): Promise<Submitted<'image'>> {
  const key = requireOpenRouterKey(call.key);
  const listed = imageExtra.safeParse(extra).data;
  // A model that has left the catalogue still takes what runs in flight have planned for it.
  const asked = picturesOf(request, listed ? shown.capabilities.references : maxReferences);
  const pictures = await withinBytes(asked, maxPictureBytes);
  const { aspects, settings, format, count } = listed ?? cautiousImageExtra;
  const { resolution, quality } = settings[request.quality];
  const body = {
    model: shown.model,
    prompt: imagePromptOf(request),
    aspect_ratio: aspects[request.aspect] ?? aspectRatio[request.aspect],
    ...(resolution !== null && { resolution }),
    ...(quality !== null && { quality }),
    ...(format !== null && { output_format: format }),
    ...(count && { n: 1 }),
    ...(pictures.length > 0 && { input_references: pictures.map(imagePartOf) }),
  };
  const deadlineMs = options.deadlineMs ?? deadlines.image;
  const path = '/images';
  const { signal } = call;
  const { data, usage } = await ask(
    options,
    key,
    { method: 'POST', path, body: { json: body }, deadlineMs, signal },
    answer,
  );
  const image = data.find(({ b64_json, media_type }) => b64_json && media_type !== 'image/svg+xml')?.b64_json;
  if (!image) throw new ProviderError('no_output', 'OpenRouter sent no image.');
  const facts = { quality: request.quality, aspect: request.aspect, pictures: pictures.length };
  return {
    outcome: 'finished',
    output: { body: Readable.from([Buffer.from(image, 'base64')]) },
    cost: costOf(usage, publishedOf(shown.prices, request, pictures.length), facts),
  };
}

const publishedOf = (prices: ModelPrices | null, { quality, aspect }: ImageRequest, pictures: number): number | null =>
  prices?.kind === 'image' ? prices.perImage[quality][aspect] + pictures * prices.perPicture : null;
