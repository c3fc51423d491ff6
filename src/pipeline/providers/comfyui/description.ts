import { z } from 'zod';
import { aspects, qualities, type Resolution, resolutions } from '../../../domain.ts';
import { type Capabilities, type ModelPrices, noCapabilities } from '../provider.ts';

/** In pixels. */
export type Size = { width: number; height: number };

const largestSide = 8192;

const size = z
  .string()
  .regex(/^\d{2,4}x\d{2,4}$/, 'write a size as width x height in pixels, for example "1280x720"')
  .transform((text): Size => {
    const [width = 0, height = 0] = text.split('x').map(Number);
    return { width, height };
  })
  .refine(({ width, height }) => Math.min(width, height) >= 16 && Math.max(width, height) <= largestSide, {
    error: `a side has 16 to ${largestSide} pixels`,
  });

/** Sizes by shape, and for each shape by quality or resolution. Every shape has the same ones, because VidGenie offers them all. */
const sizesBy = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.partialRecord(z.enum(aspects), z.partialRecord(z.enum(names), size)).refine(
    (sizes) => {
      const [first, ...others] = Object.values(sizes).map((one) => Object.keys(one ?? {}).sort());
      return first !== undefined && first.length > 0 && others.every((one) => one.join() === first.join());
    },
    `each shape needs a size for the same of these: ${names.join(', ')}`,
  );

const usd = z.number().min(0).max(1_000);

const common = {
  /** The name that people read. */
  title: z.string().min(1).max(80).optional(),
  /** The id of the node whose file is the result. */
  output: z.string().min(1),
  /** A prompt that is not done after so many minutes is given up. A GPU works at one at a time, so this includes the queue. */
  maxMinutes: z.int().min(1).max(1_440).default(120),
};

const imageDescription = z.strictObject({
  kind: z.literal('image'),
  ...common,
  sizes: sizesBy(qualities),
  /** How many pictures it can look at: `%image%`, `%image2%` and so on. */
  references: z.int().min(0).max(16).default(0),
  usdPerImage: usd.optional(),
});

const videoDescription = z.strictObject({
  kind: z.literal('video'),
  ...common,
  /** The whole seconds that one call can make. */
  seconds: z.array(z.int().min(1).max(60)).min(1),
  fps: z.number().min(1).max(120),
  sizes: sizesBy(resolutions),
  /** The size in which the model works, if the workflow scales its result. */
  render: z.partialRecord(z.enum(aspects), size).optional(),
  lastFrame: z.boolean().default(false),
  fromText: z.boolean().default(false),
  usdPerSecond: usd.optional(),
});

/** The file beside a workflow, which says what the workflow can do. */
export const descriptionShape = z.discriminatedUnion('kind', [imageDescription, videoDescription]);
export type ImageDescription = z.infer<typeof imageDescription>;
export type VideoDescription = z.infer<typeof videoDescription>;
export type Description = z.infer<typeof descriptionShape>;

export function imageCapabilities({ sizes, references }: ImageDescription): Capabilities {
  const shapes = aspects.filter((aspect) => sizes[aspect]);
  return {
    ...noCapabilities,
    aspects: shapes,
    qualities: qualities.filter((quality) => shapes.every((aspect) => sizes[aspect]?.[quality])),
    references,
  };
}

export function videoCapabilities({ sizes, seconds, lastFrame, fromText }: VideoDescription): Capabilities {
  const shapes = aspects.filter((aspect) => sizes[aspect]);
  const durations = [...new Set(seconds)].sort((a, b) => a - b);
  return {
    ...noCapabilities,
    aspects: shapes,
    resolutions: resolutions.filter((resolution) => shapes.every((aspect) => sizes[aspect]?.[resolution])),
    durations,
    lastFrame: lastFrame ? durations : [],
    fromText,
  };
}

const microUsd = (dollars: number): number => Math.round(dollars * 1_000_000);

/** A GPU of one's own sends no bill. An operator may say what its work costs. */
export function pricesOf(description: Description): ModelPrices | null {
  switch (description.kind) {
    case 'image': {
      const { usdPerImage } = description;
      if (usdPerImage === undefined) return null;
      const each = microUsd(usdPerImage);
      const every = { wide: each, tall: each, square: each };
      return { kind: 'image', perImage: { standard: every, hd: every }, perPicture: 0 };
    }
    case 'video': {
      const { usdPerSecond } = description;
      if (usdPerSecond === undefined) return null;
      const each = microUsd(usdPerSecond);
      const perSecond: { [Name in Resolution]?: { silent: number; sound: number } } = {};
      for (const resolution of videoCapabilities(description).resolutions) {
        perSecond[resolution] = { silent: each, sound: each };
      }
      return { kind: 'video', perSecond };
    }
  }
}
