import type { Colour } from '../colour.ts';
import type { PlaceName } from '../lexicon.ts';
import type { Random } from '../random.ts';

/** The colours and the light in which a subject is drawn. */
export type Tones = {
  /** A colour of the subject's own, as it looks in the scene's light. */
  tone: (colour: Colour) => Colour;
  /** The main colour: the one that the member asked for, else the subject's natural one. */
  coat: (natural: Colour) => Colour;
  light: Colour;
  /** Windows are lit and eyes glow. */
  dark: boolean;
  random: Random;
};

/**
 * A subject is drawn in a box of 200 × 200 in which it stands on y = 200, or floats around the middle, and looks to the
 * left; the scene scales, mirrors and places it.
 */
export type Subject = {
  draw: (tones: Tones) => string;
  /** Light that the subject itself throws, drawn behind it. */
  beams?: (tones: Tones) => string;
  /** Its place if the prompt names none. */
  home: PlaceName;
  stance: 'ground' | 'air' | 'afloat' | 'immersed' | 'landmark';
  /** Its height as a share of the shorter side of the picture. */
  height: number;
};
