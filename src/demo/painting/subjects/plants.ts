import { flowerHead } from '../blossoms.ts';
import { darken, lighten, mix } from '../colour.ts';
import { leafy } from '../trees.ts';
import { path, stroke } from './shapes.ts';
import type { Subject, Tones } from './subject.ts';

export const tree: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.74,
  draw: ({ tone, coat, light, random }) => {
    const lit = coat('#8cc152');
    return leafy(
      random,
      { x: 100, y: 200, height: 205 },
      { trunk: tone('#5b3b2a'), dark: darken(lit, 0.42), lit: mix(lit, light, 0.18) },
    );
  },
};

const stalk = ({ tone }: Tones) => {
  const green = tone('#4c8a3f');
  return (
    stroke(darken(green, 0.15), 6, 'M100 200C102 160 96 130 100 84') +
    path(green, 'M100 170C76 170 54 156 46 134C72 130 94 144 100 170Z') +
    path(lighten(green, 0.14), 'M100 150C122 148 144 132 150 110C126 108 104 124 100 150Z')
  );
};

export const flower: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.6,
  draw: (tones) =>
    stalk(tones) +
    flowerHead(tones.random, { x: 100, y: 62, size: 58 }, 'daisy', tones.coat('#e0527e'), {
      tone: tones.tone,
      light: tones.light,
    }),
};

export const sunflower: Subject = {
  home: 'meadow',
  stance: 'ground',
  height: 0.66,
  draw: (tones) =>
    stalk(tones) +
    flowerHead(tones.random, { x: 100, y: 64, size: 62 }, 'sunflower', tones.coat('#f9bd22'), {
      tone: tones.tone,
      light: tones.light,
    }),
};
