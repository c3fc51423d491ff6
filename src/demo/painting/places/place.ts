import type { Canvas } from '../canvas.ts';
import type { Disc } from '../disc.ts';

/** The surroundings of a subject, from behind it to before it. */
export type Backdrop = {
  /** The sky and everything in it. */
  far: string;
  /** Distant things, before the sky. */
  middle: string;
  /** The ground on which subjects stand. */
  near: string;
  /** The foreground, which overlaps a subject's feet and frames the picture. */
  front: string;
  /** How many pixels from the top a subject stands at `x`. */
  groundAt: (x: number) => number;
};

export type Place = (canvas: Canvas, disc: Disc) => Backdrop;
