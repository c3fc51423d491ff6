import type { Aspect, Quality, Resolution } from '../../../domain.ts';
import { type Capabilities, type ModelPrices, noCapabilities } from '../provider.ts';

/** A credit of Runway costs one US cent. In millionths of a US dollar. Source: Runway's page on prices, November 2026. */
export const creditMicroUsd = 10_000;

export const videoModelIds = [
  'seedance2_5',
  'veo3.1',
  'veo3.1_fast',
  'seedance2',
  'wan3',
  'gen4.5',
  'gen4_turbo',
] as const;
export type VideoModelId = (typeof videoModelIds)[number];

export const imageModelIds = ['gpt_image_2', 'gemini_image3_pro', 'gen4_image'] as const;
export type ImageModelId = (typeof imageModelIds)[number];

export const isVideoModel = (id: string): id is VideoModelId => videoModelIds.some((one) => one === id);
export const isImageModel = (id: string): id is ImageModelId => imageModelIds.some((one) => one === id);

type Model = {
  title: string;
  capabilities: Capabilities;
  prices: ModelPrices;
  /** The length of a prompt in UTF-16 code units that the model takes. */
  maxPrompt: number;
};

const seconds = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const film: Capabilities = { ...noCapabilities, aspects: ['wide', 'tall'], variants: 1, fromText: true };

/** Credits for each second, at each resolution: silent, and with sound if that costs more. */
const perSecond = (credits: Partial<Record<Resolution, readonly [silent: number, sound?: number]>>): ModelPrices => ({
  kind: 'video',
  perSecond: Object.fromEntries(
    Object.entries(credits).map(([resolution, [silent, sound = silent]]) => [
      resolution,
      { silent: silent * creditMicroUsd, sound: sound * creditMicroUsd },
    ]),
  ),
});

const byteDance = (from: number, to: number, resolutions: readonly Resolution[]): Capabilities => ({
  ...film,
  aspects: ['wide', 'tall', 'square'],
  durations: seconds(from, to),
  lastFrame: seconds(from, to),
  resolutions,
});

/**
 * What each model can do is in the types of `@runwayml/sdk` 4.20. Prices are those of Runway's page, read through others' tables in
 * September to November 2026. The Gen-4 models make no sound, and Gen-4 Turbo makes nothing of words alone.
 */
export const videoModels: Readonly<Record<VideoModelId, Model>> = {
  seedance2_5: {
    title: 'Seedance 2.5',
    capabilities: byteDance(4, 30, ['720p', '1080p']),
    prices: perSecond({ '720p': [30], '1080p': [68] }),
    maxPrompt: 15_000,
  },
  'veo3.1': {
    title: 'Veo 3.1 at Runway',
    // Between two frames we ask for 8 seconds, as at Google.
    capabilities: { ...film, durations: [4, 6, 8], lastFrame: [8], resolutions: ['720p', '1080p'] },
    prices: perSecond({ '720p': [20, 40], '1080p': [20, 40] }),
    maxPrompt: 1_000,
  },
  'veo3.1_fast': {
    title: 'Veo 3.1 Fast at Runway',
    capabilities: { ...film, durations: [4, 6, 8], lastFrame: [8], resolutions: ['720p', '1080p'] },
    prices: perSecond({ '720p': [10, 15], '1080p': [10, 15] }),
    maxPrompt: 1_000,
  },
  seedance2: {
    title: 'Seedance 2',
    capabilities: byteDance(4, 15, ['720p', '1080p', '4k']),
    prices: perSecond({ '720p': [36], '1080p': [40], '4k': [150] }),
    maxPrompt: 3_500,
  },
  wan3: {
    title: 'Wan 3',
    capabilities: byteDance(2, 30, ['720p', '1080p']),
    prices: perSecond({ '720p': [10], '1080p': [20] }),
    // No limit is published. This one is ByteDance's.
    maxPrompt: 3_500,
  },
  'gen4.5': {
    title: 'Gen-4.5',
    capabilities: { ...film, durations: seconds(2, 10), resolutions: ['720p'] },
    prices: perSecond({ '720p': [12] }),
    maxPrompt: 1_000,
  },
  gen4_turbo: {
    title: 'Gen-4 Turbo',
    capabilities: {
      ...film,
      aspects: ['wide', 'tall', 'square'],
      durations: seconds(2, 10),
      resolutions: ['720p'],
      fromText: false,
    },
    prices: perSecond({ '720p': [5] }),
    maxPrompt: 1_000,
  },
};

const picture: Capabilities = { ...noCapabilities, qualities: ['standard', 'hd'] };

/** Credits for an image in each quality, whatever its shape, and for each picture that it looks at. */
const perImage = ({ standard, hd, picture: each }: Record<Quality | 'picture', number>): ModelPrices => {
  const everyShape = (credits: number): Record<Aspect, number> => ({
    wide: credits * creditMicroUsd,
    tall: credits * creditMicroUsd,
    square: credits * creditMicroUsd,
  });
  return {
    kind: 'image',
    perImage: { standard: everyShape(standard), hd: everyShape(hd) },
    perPicture: each * creditMicroUsd,
  };
};

export const imageModels: Readonly<Record<ImageModelId, Model>> = {
  gpt_image_2: {
    title: 'GPT Image 2 at Runway',
    capabilities: { ...picture, references: 16 },
    prices: perImage({ standard: 5, hd: 20, picture: 0 }),
    maxPrompt: 32_000,
  },
  gemini_image3_pro: {
    title: 'Gemini 3 Pro Image at Runway',
    capabilities: { ...picture, references: 14 },
    prices: perImage({ standard: 20, hd: 20, picture: 0 }),
    // No limit is published. This one leaves room for the rules about 14 pictures.
    maxPrompt: 32_000,
  },
  gen4_image: {
    title: 'Gen-4 Image',
    // It takes three pictures, but no prompt that is long enough to say what each of them is for.
    capabilities: picture,
    prices: perImage({ standard: 5, hd: 8, picture: 0 }),
    maxPrompt: 1_000,
  },
};

/** The pixels of a video. Every model takes those of its resolutions and aspects. */
export const videoRatio = {
  '720p': { wide: '1280:720', tall: '720:1280', square: '960:960' },
  '1080p': { wide: '1920:1080', tall: '1080:1920', square: '1440:1440' },
  '4k': { wide: '3840:2160', tall: '2160:3840', square: '3840:3840' },
} as const satisfies Record<Resolution, Record<Aspect, string>>;

/** A prompt that the model takes: cut after a whole word. Enhanced prompts have up to 250 words. */
export function within(prompt: string, max: number): string {
  if (prompt.length <= max) return prompt;
  const cut = prompt.slice(0, max);
  return /\s/.test(prompt.charAt(max)) ? cut : cut.replace(/\s+\S*$/, '').slice(0, max);
}

/** A first guess at a video's duration in milliseconds. Estimates from real runs replace it. */
export const videoUsualMs = ({ duration, resolution }: { duration: number; resolution: Resolution }): number =>
  30_000 + duration * { '720p': 6_000, '1080p': 9_000, '4k': 15_000 }[resolution];
