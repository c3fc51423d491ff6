import { type Aspect, aspects } from '../../domain.ts';

/** Width to height. The platforms show these ratios to members, and videos have no others. */
export const ratios: Readonly<Record<Aspect, readonly [width: number, height: number]>> = {
  wide: [16, 9],
  tall: [9, 16],
  square: [1, 1],
};

export type Size = { width: number; height: number };

/** The aspect that is closest to an image's own shape. */
export function nearestAspect({ width, height }: Size): Aspect {
  const off = (aspect: Aspect) => Math.abs(Math.log((width * ratios[aspect][1]) / (height * ratios[aspect][0])));
  return aspects.reduce((best, aspect) => (off(aspect) < off(best) ? aspect : best));
}
