import { z } from 'zod';
import { type Aspect, aspects, maxVideoSeconds, type Resolution, resolutions } from '../../../domain.ts';
import type { ListedModel } from '../keys.ts';
import { type Capabilities, noCapabilities } from '../provider.ts';
import { modelId, shutdown, strings, titleOf } from './listing.ts';
import { videoPricesOf } from './videoPrices.ts';

export const aspectRatio = { wide: '16:9', tall: '9:16', square: '1:1' } as const satisfies Record<Aspect, string>;

/** OpenRouter's names of our resolutions, unless a model's listing has another spelling. */
export const resolutionName = { '720p': '720p', '1080p': '1080p', '4k': '4K' } as const satisfies Record<
  Resolution,
  string
>;

const spellings = {
  '720p': ['720p'],
  '1080p': ['1080p'],
  '4k': ['4k', '2160p'],
} as const satisfies Record<Resolution, readonly string[]>;

/** Further facts that a request for a video needs. `sound`: the model makes sound, and can be told not to. */
export const videoExtra = z.object({
  resolutions: z.partialRecord(z.enum(resolutions), z.string()),
  sound: z.boolean(),
});

const listing = z.object({
  id: modelId,
  name: z.string().catch(''),
  supported_resolutions: strings,
  supported_aspect_ratios: strings,
  supported_frame_images: strings,
  supported_durations: z.array(z.unknown()).catch([]),
  generate_audio: z.boolean().nullish().catch(null),
  upscale_factor: z.unknown().optional(),
  pricing_skus: z.record(z.string(), z.unknown()).nullish().catch(null),
  expiration_date: shutdown,
});

/**
 * A model of `GET /videos/models`, reduced to what VidGenie can do with it. Null if that is nothing: its films begin with a first
 * frame, so a model that takes none is left out, as is one that makes videos larger.
 */
export function videoModelOf(raw: unknown): ListedModel | null {
  const model = listing.safeParse(raw).data;
  if (!model || (model.upscale_factor ?? null) !== null) return null;
  const frames = new Set(model.supported_frame_images);
  const durations = durationsOf(model.supported_durations);
  const names = namesOf(model.supported_resolutions);
  const able = {
    resolutions: resolutions.filter((one) => names[one] !== undefined),
    aspects: aspects.filter((one) => model.supported_aspect_ratios.includes(aspectRatio[one])),
  };
  const isUsable = frames.has('first_frame') && durations.length > 0;
  if (!isUsable || able.resolutions.length === 0 || able.aspects.length === 0) return null;
  const skus = model.pricing_skus ?? {};
  const lastFrame = frames.has('last_frame');
  const capabilities: Capabilities = {
    ...noCapabilities,
    ...able,
    durations,
    lastFrame: lastFrame ? durations : [],
    fromText: beginsWithWords(skus),
  };
  const { fromText } = capabilities;
  return {
    id: model.id,
    shutdownAt: model.expiration_date,
    entry: {
      kind: 'video',
      title: titleOf(model.name, model.id),
      capabilities,
      prices: videoPricesOf(skus, { resolutions: able.resolutions, durations, fromText, lastFrame }),
      extra: { resolutions: names, sound: model.generate_audio === true },
    },
  };
}

/** The capabilities of a model that is not in the catalogue, as most models have them. */
export const cautiousVideo: Capabilities = {
  ...noCapabilities,
  aspects: ['wide', 'tall'],
  durations: [8],
  resolutions: ['720p'],
};

const wholeSeconds = z.int().min(1).max(maxVideoSeconds);

function durationsOf(listed: readonly unknown[]): number[] {
  const seconds = listed.flatMap((one) => wholeSeconds.safeParse(one).data ?? []);
  return [...new Set(seconds)].sort((a, b) => a - b);
}

function namesOf(listed: readonly string[]): { [Size in Resolution]?: string } {
  const names: { [Size in Resolution]?: string } = {};
  for (const size of resolutions) {
    const known: readonly string[] = spellings[size];
    const found = listed.find((one) => known.includes(one.toLowerCase()));
    if (found !== undefined) names[size] = found;
  }
  return names;
}

/** A list of prices that are only for videos from images says that the model needs one. */
function beginsWithWords(skus: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(skus);
  return names.length === 0 || !names.every((name) => /^image[-_]to[-_]video/i.test(name));
}
