import type { Aspect, Quality, Resolution } from '../../../../db/vocabulary.ts';

type Size = { width: number; height: number };

/** Wide and tall pictures are exactly 16:9 and 9:16, as large as the film that may follow; square ones as vendors make them. */
const sizes: Record<Aspect, Record<Quality, Size>> = {
  wide: { standard: { width: 1280, height: 720 }, hd: { width: 1920, height: 1080 } },
  tall: { standard: { width: 720, height: 1280 }, hd: { width: 1080, height: 1920 } },
  square: { standard: { width: 1024, height: 1024 }, hd: { width: 1536, height: 1536 } },
};

export function imageSize({ aspect, quality }: { aspect: Aspect; quality: Quality }): Size {
  return sizes[aspect][quality];
}

/** The pixels of a film. The demo studio offers neither 4k nor square; what it is not asked for it renders in 1080p. */
export function filmSize({ aspect, resolution }: { aspect: Aspect; resolution: Resolution }): Size {
  const quality = resolution === '720p' ? 'standard' : 'hd';
  return sizes[aspect === 'tall' ? 'tall' : 'wide'][quality];
}
