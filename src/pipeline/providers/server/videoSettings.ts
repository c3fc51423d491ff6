import { type Aspect, aspects, maxVideoSeconds, type Resolution, resolutions } from '../../../domain.ts';
import { type Capabilities, noCapabilities } from '../provider.ts';

/** In pixels. */
export type VideoSize = { width: number; height: number };

/**
 * The whole seconds that most models for one's own GPU make in a call. vLLM-Omni takes any whole number and multiplies it by the frame rate,
 * so a longer clip needs more memory.
 */
const defaultSeconds = Array.from({ length: 8 }, (_, index) => index + 1);
const defaultSizes: readonly VideoSize[] = [
  { width: 1280, height: 720 },
  { width: 720, height: 1280 },
  { width: 720, height: 720 },
];

/** In pixels. Sides are even, because the usual codecs need that. */
const maxSide = 8_192;

/** Reads `2-8` or `4,8,12`: whole seconds, ascending. Null if it is neither. */
export function parseSeconds(text: string): number[] | null {
  const lists = text.split(',').map((part) => {
    const [, from = '', to = from] = /^\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    const isRange = from !== '' && first >= 1 && first <= last && last <= maxVideoSeconds;
    return isRange ? Array.from({ length: last - first + 1 }, (_, index) => first + index) : null;
  });
  if (lists.includes(null)) return null;
  return [...new Set(lists.flatMap((list) => list ?? []))].sort((a, b) => a - b);
}

/** Reads `1280x720,720x1280`. A sentence about what is wrong if it cannot be used. */
export function parseSizes(text: string): { sizes: VideoSize[] } | { problem: string } {
  const sizes = text.split(',').map((part) => {
    const [, width, height] = /^\s*(\d{2,4})x(\d{2,4})\s*$/.exec(part) ?? [];
    return { width: Number(width), height: Number(height) };
  });
  const isSide = (side: number) => side >= 64 && side <= maxSide && side % 2 === 0;
  if (!sizes.every(({ width, height }) => isSide(width) && isSide(height))) {
    return { problem: 'is not a list of sizes with even sides of at least 64 pixels' };
  }
  const { aspects: shapes, resolutions: sharpnesses, sizeOf } = sizesOf(sizes);
  for (const resolution of sharpnesses) {
    const missing = shapes.find((aspect) => !sizeOf(resolution, aspect));
    if (missing)
      return { problem: `has no ${missing} size for ${resolution}, and it has one of that shape for another` };
  }
  return { sizes };
}

type Sizes = {
  aspects: Aspect[];
  resolutions: Resolution[];
  sizeOf: (resolution: Resolution, aspect: Aspect) => VideoSize | undefined;
};

/** The shapes and resolutions of a model's sizes. If two sizes have the same shape and resolution, the first one counts. */
function sizesOf(sizes: readonly VideoSize[]): Sizes {
  return {
    aspects: aspects.filter((aspect) => sizes.some((size) => aspectOf(size) === aspect)),
    resolutions: resolutions.filter((resolution) => sizes.some((size) => resolutionOf(size) === resolution)),
    sizeOf: (resolution, aspect) =>
      sizes.find((size) => resolutionOf(size) === resolution && aspectOf(size) === aspect),
  };
}

function aspectOf({ width, height }: VideoSize): Aspect {
  if (width === height) return 'square';
  return width > height ? 'wide' : 'tall';
}

/** The resolution that people know whose short side is nearest. Many open models make 832 × 480, which counts as 720p. */
function resolutionOf({ width, height }: VideoSize): Resolution {
  const short = Math.min(width, height);
  if (short < 900) return '720p';
  return short < 1_600 ? '1080p' : '4k';
}

type VideoSettings = { seconds: readonly number[] | null; sizes: readonly VideoSize[] | null };

/** The abilities of a server's model, and the size in pixels of each resolution and shape. */
export function videoAbilities({ seconds, sizes }: VideoSettings): {
  capabilities: Capabilities;
  sizeOf: Sizes['sizeOf'];
} {
  const { aspects: shapes, resolutions: sharpnesses, sizeOf } = sizesOf(sizes ?? defaultSizes);
  return {
    capabilities: {
      ...noCapabilities,
      aspects: shapes,
      durations: seconds ?? defaultSeconds,
      resolutions: sharpnesses,
      fromText: true,
    },
    sizeOf,
  };
}
