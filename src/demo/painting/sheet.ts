import type { Aspect, Quality, Resolution } from '../../domain.ts';

type Size = { width: number; height: number };

/**
 * Wide and tall images are exactly 16:9 and 9:16, as large as the film that may follow. Square ones have the size that vendors
 * use.
 */
const sizes: Record<Aspect, Record<Quality, Size>> = {
  wide: { standard: { width: 1280, height: 720 }, hd: { width: 1920, height: 1080 } },
  tall: { standard: { width: 720, height: 1280 }, hd: { width: 1080, height: 1920 } },
  square: { standard: { width: 1024, height: 1024 }, hd: { width: 1536, height: 1536 } },
};

export function imageSize({ aspect, quality }: { aspect: Aspect; quality: Quality }): Size {
  return sizes[aspect][quality];
}

/** The number of pixels of a film's shorter side. The longer one follows from its shape. */
const shorterSides: Record<Resolution, number> = { '720p': 720, '1080p': 1080, '4k': 2160 };

export function filmSize({ aspect, resolution }: { aspect: Aspect; resolution: Resolution }): Size {
  const shorter = shorterSides[resolution];
  const longer = (shorter * 16) / 9;
  switch (aspect) {
    case 'wide':
      return { width: longer, height: shorter };
    case 'tall':
      return { width: shorter, height: longer };
    case 'square':
      return { width: shorter, height: shorter };
  }
}
