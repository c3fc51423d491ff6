import type { Colour } from '../colour.ts';
import type { PlaceName } from '../lexicon.ts';
import type { Random } from '../random.ts';

/** The colours and the light in which a subject is drawn. */
export type Tones = {
  /** A color of the subject, as it looks in the scene's light. */
  tone: (colour: Colour) => Colour;
  /** The main color: the one that the member asked for, else the subject's natural one. */
  coat: (natural: Colour) => Colour;
  light: Colour;
  /** Windows are lit and eyes glow. */
  dark: boolean;
  random: Random;
};

/**
 * A subject is drawn in a box of 200 × 200, facing left. It stands on y = 200, or floats around the middle. The scene scales,
 * mirrors and positions it.
 */
export type Subject = {
  draw: (tones: Tones) => string;
  /** Light from the subject itself, drawn behind it. */
  beams?: (tones: Tones) => string;
  /** The subject's place if the prompt names none. */
  home: PlaceName;
  stance: 'ground' | 'air' | 'afloat' | 'immersed' | 'landmark';
  /** Its height as a share of the shorter side of the picture. */
  height: number;
};
