import type { Aspect, Quality } from '../../../domain.ts';
import { type Capabilities, noCapabilities } from '../provider.ts';

export const defaultEnhanceModel = 'gpt-6-luna';
export const defaultImageModel = 'gpt-image-2.6-flare';

/** OpenAI's image models that a member can choose, the newest first. Source: the SDK's types, November 2026. */
export const knownImageModels = [
  'gpt-image-2.6-flare',
  'gpt-image-2.6-sunburst',
  'gpt-image-2.5-flare',
  'gpt-image-2.5-sunburst',
  'gpt-image-2',
] as const;

/** Millionths of a US dollar per token. That is the same number as US dollars per million tokens. */
type TextPrice = { input: number; cachedInput: number; output: number };

type TextModel = { reasoning: 'none' | 'low' | null; price: TextPrice | null };

/** Models that reason get a low effort, because the task is small. Price: the vendor's page of gpt-6-luna, read in November 2026. */
const textModels: Record<string, TextModel> = {
  'gpt-6-luna': { reasoning: 'low', price: { input: 0.1, cachedInput: 0.01, output: 0.5 } },
};
const textFamilies: readonly (readonly [prefix: string, model: TextModel])[] = [
  ['gpt-6', { reasoning: 'low', price: null }],
  ['gpt-5.', { reasoning: 'low', price: null }],
];

export function textModel(id: string): TextModel {
  return (
    textModels[id] ?? textFamilies.find(([prefix]) => id.startsWith(prefix))?.[1] ?? { reasoning: null, price: null }
  );
}

/**
 * The request format of a model. `gpt` is the GPT Image family from 2 on, which takes any size in steps of 16. `gpt-fixed` is its
 * predecessors with three sizes. `dall-e` is the model that compatible services still serve under that name.
 */
export type ImageShape = 'gpt' | 'gpt-fixed' | 'dall-e';

export function imageShape(id: string): ImageShape {
  if (id.startsWith('dall-e')) return 'dall-e';
  return /^gpt-image-1|^chatgpt-image/.test(id) ? 'gpt-fixed' : 'gpt';
}

const fixedSizes = { wide: '1536x1024', tall: '1024x1536', square: '1024x1024' } as const;
const dallESizes = { wide: '1792x1024', tall: '1024x1792', square: '1024x1024' } as const;

/**
 * Exact 16:9 and 9:16 if a model takes any size, so that an image can be a first frame; at hd as large as a 1080p frame.
 * Otherwise the nearest fixed sizes, and the receiver crops the rest. Source of the sizes: the vendor's guide to GPT Image 2,
 * November 2026.
 */
const sizes = {
  gpt: {
    standard: { wide: '1536x864', tall: '864x1536', square: '1024x1024' },
    hd: { wide: '2048x1152', tall: '1152x2048', square: '1024x1024' },
  },
  'gpt-fixed': { standard: fixedSizes, hd: fixedSizes },
  'dall-e': { standard: dallESizes, hd: dallESizes },
} as const satisfies Record<ImageShape, Record<Quality, Record<Aspect, string>>>;

export function imageSize<Shape extends ImageShape>(shape: Shape, aspect: Aspect, quality: Quality) {
  return sizes[shape][quality][aspect];
}

export const gptQuality = { standard: 'medium', hd: 'high' } as const satisfies Record<Quality, string>;

/**
 * OpenAI's own models take up to 16 pictures and make up to 10 images a call. A model of a compatible service may have no edits.
 * Source: the SDK's documentation of `images.edit`.
 */
export function imageCapabilities(id: string): Capabilities {
  const isGpt = /^(gpt-image|chatgpt-image)/.test(id);
  return { ...noCapabilities, qualities: ['standard', 'hd'], references: isGpt ? 16 : 0, variants: isGpt ? 10 : 1 };
}

/**
 * How closely a model keeps the faces and details of the pictures that it is given. From GPT Image 2 on this is always high, and the
 * parameter must be left out. Source: the SDK's documentation of `images.edit`.
 */
export const inputFidelity = (id: string): 'high' | null => (id.startsWith('gpt-image-1.5') ? 'high' : null);

/**
 * The usual duration of a GPT Image in milliseconds, by quality. Source: third-party reports of 8–12 s for flare at medium,
 * doubled for hd.
 */
export const imageUsualMs = { standard: 15_000, hd: 30_000 } as const satisfies Record<Quality, number>;
