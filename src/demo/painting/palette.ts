import { type Colour, darken, fromHue, lighten, mix, mixVividly, saturated, tinted } from './colour.ts';
import { colourWords, type TimeName } from './lexicon.ts';
import type { Reading } from './reading.ts';
import type { Likeness, Swatches } from './recipe.ts';

/** The light of a scene. Everything in an image takes its colors from here, so the colors fit together. */
export type Palette = {
  time: TimeName;
  skyTop: Colour;
  skyMiddle: Colour;
  skyLow: Colour;
  /** The disc of the sun or the moon, and the air around it. */
  disc: Colour;
  glow: Colour;
  /** Far silhouettes fade into `haze`. Near ones have the color `close`. */
  haze: Colour;
  close: Colour;
  /** The key light on surfaces that face the sky. */
  light: Colour;
  /** An object's own color as it looks in this light. */
  tone: (colour: Colour) => Colour;
  /** The color that the member asked for, or null. */
  accent: Colour | null;
};

type Sky = Pick<Palette, 'skyTop' | 'skyMiddle' | 'skyLow' | 'disc' | 'glow' | 'close' | 'light'> & {
  shade: Colour;
  /** How much of an object's own color the light removes, 0–1. */
  shading: number;
};

const skies: Record<TimeName, Sky> = {
  dawn: {
    skyTop: '#4468b4',
    skyMiddle: '#a99bd6',
    skyLow: '#ffd2b4',
    disc: '#fff3d6',
    glow: '#ffe2bd',
    close: '#17304f',
    light: '#ffe3cf',
    shade: '#2a3a78',
    shading: 0.1,
  },
  day: {
    skyTop: '#1f6fd0',
    skyMiddle: '#64b0f0',
    skyLow: '#dcf1fb',
    disc: '#fffdf2',
    glow: '#fff7d8',
    close: '#123f3c',
    light: '#fffbe8',
    shade: '#1b3f6b',
    shading: 0.03,
  },
  sunset: {
    skyTop: '#34225f',
    skyMiddle: '#b8487c',
    skyLow: '#ffb45e',
    disc: '#fff0bf',
    glow: '#ffd06e',
    close: '#21102f',
    light: '#ffc47a',
    shade: '#3a1748',
    shading: 0.34,
  },
  night: {
    skyTop: '#050922',
    skyMiddle: '#13235a',
    skyLow: '#3f64a6',
    disc: '#f6f2de',
    glow: '#b9cdff',
    close: '#040817',
    light: '#a9c2ff',
    shade: '#0d1a48',
    shading: 0.5,
  },
};

/** With a likeness, the light and the air are those of another picture. */
export function paletteFor(reading: Reading, likeness: Likeness | null = null): Palette {
  const { weather } = reading;
  const time = reading.time ?? likeness?.time ?? defaultTime(reading);
  const asked = reading.colours[0];
  const accent = asked === undefined ? null : accents(asked);
  let sky = skies[time];
  if (weather.includes('storm')) sky = overcast(sky, time === 'night' ? '#1d2a45' : '#4a5966', 0.7);
  else if (weather.includes('rain')) sky = overcast(sky, time === 'night' ? '#1a2547' : '#6d8193', 0.5);
  else if (weather.includes('fog')) sky = overcast(sky, time === 'night' ? '#3a4a6b' : '#c3ccd2', 0.55);
  else if (weather.includes('leaves') && time !== 'night') sky = overcast(sky, '#f0b36a', 0.3);
  else if (weather.includes('petals') && time !== 'night') sky = overcast(sky, '#f6b8d0', 0.3);
  if (reading.words.has('neon') || reading.words.has('cyberpunk')) {
    sky = { ...sky, skyTop: '#0b0728', skyMiddle: '#3b1470', skyLow: '#e0458f', glow: '#ff6ac1', close: '#0a0620' };
  }
  // With a subject it is the color of the subject's coat. Without one it is the color of the whole scene.
  if (accent !== null && reading.subjects.length === 0) sky = bathed(sky, accent);
  if (likeness !== null) sky = alike(sky, likeness.swatches, time === likeness.time ? 0.78 : 0.6);
  const ground = likeness?.swatches.ground ?? null;
  const { shade, shading, ...seen } = sky;
  const lit = (colour: Colour) => saturated(mix(colour, shade, shading), 1 + shading * 0.55);
  return {
    ...seen,
    time,
    accent,
    haze: mix(sky.skyLow, sky.skyMiddle, 0.5),
    // Mixing reduces the chroma, and eyes adapt to colored light, so this restores some of the color.
    tone: ground === null ? lit : (colour) => mix(lit(colour), ground, 0.2),
  };
}

function defaultTime({ weather, subjects, words }: Reading): TimeName {
  if (words.has('neon') || words.has('cyberpunk') || weather.includes('aurora') || weather.includes('fireflies')) {
    return 'night';
  }
  if (weather.includes('snow') || weather.includes('petals')) return 'dawn';
  if (weather.includes('leaves')) return 'sunset';
  if (weather.includes('storm') || weather.includes('rain') || weather.includes('fog')) return 'day';
  const [first] = subjects;
  if (words.has('mars')) return 'sunset';
  if (first === 'dragon' || first === 'castle' || first === 'lighthouse' || first === 'wolf') return 'sunset';
  if (first === 'owl' || first === 'rocket' || first === 'astronaut') return 'night';
  return first === 'fox' || first === 'deer' || first === 'balloon' ? 'dawn' : 'day';
}

function overcast(sky: Sky, cloud: Colour, share: number): Sky {
  return {
    ...sky,
    skyTop: mix(sky.skyTop, darken(cloud, 0.35), share),
    skyMiddle: mix(sky.skyMiddle, cloud, share),
    skyLow: mix(sky.skyLow, lighten(cloud, 0.35), share),
    glow: mix(sky.glow, lighten(cloud, 0.5), share * 0.5),
    close: mix(sky.close, darken(cloud, 0.75), share * 0.5),
    light: mix(sky.light, lighten(cloud, 0.4), share),
    shading: sky.shading + share * 0.12,
  };
}

function alike(sky: Sky, { top, middle, low, dark, bright }: Swatches, share: number): Sky {
  return {
    ...sky,
    skyTop: mixVividly(sky.skyTop, top, share),
    skyMiddle: mixVividly(sky.skyMiddle, middle, share),
    skyLow: mixVividly(sky.skyLow, low, share),
    glow: mix(sky.glow, bright, share * 0.7),
    light: mix(sky.light, bright, share * 0.7),
    close: mixVividly(sky.close, dark, share * 0.8),
    shade: mix(sky.shade, dark, share * 0.6),
  };
}

function bathed(sky: Sky, accent: Colour): Sky {
  const bathe = (colour: Colour) => tinted(colour, accent, 0.65);
  return {
    ...sky,
    skyTop: bathe(sky.skyTop),
    skyMiddle: bathe(sky.skyMiddle),
    skyLow: bathe(sky.skyLow),
    glow: tinted(sky.glow, accent, 0.3),
    close: bathe(sky.close),
  };
}

export function accents(name: keyof typeof colourWords): Colour {
  const hue = colourWords[name][0];
  if (hue === null) return name === 'white' ? '#f3f1ec' : '#23232b';
  const lightness = name === 'yellow' ? 0.84 : name === 'orange' || name === 'pink' ? 0.72 : 0.6;
  return fromHue(lightness, 0.17, hue);
}
