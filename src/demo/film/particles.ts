import { createRandom, type Random } from '../painting/random.ts';
import type { Reading } from '../painting/reading.ts';
import { dab } from './dabs.ts';
import { type Frame, type Yuv, yuvOf } from './frame.ts';

/** Draws the particles in the air at a moment, in seconds. The position of every particle depends only on the time. */
export type Particles = (frame: Frame, seconds: number) => void;

export type ParticleKind =
  | 'snow'
  | 'rain'
  | 'fireflies'
  | 'leaves'
  | 'petals'
  | 'bubbles'
  | 'stars'
  | 'embers'
  | 'dust';

/** The particles that fit a prompt: by its weather first, then by its place, otherwise dust in the light. */
export function particleKind(reading: Reading): ParticleKind {
  for (const weather of reading.weather) {
    if (weather === 'storm') return 'rain';
    if (weather === 'aurora') return 'stars';
    if (weather !== 'fog') return weather;
  }
  if (reading.places.includes('underwater')) return 'bubbles';
  if (reading.places.includes('space')) return 'stars';
  if (reading.subjects.includes('dragon')) return 'embers';
  if (reading.subjects.length + reading.places.length === 0) return 'stars';
  return reading.time === 'night' ? 'fireflies' : 'dust';
}

type Mote = { x: number; y: number; depth: number; phase: number; pace: number; colour: Yuv };

export function createParticles(kind: ParticleKind, size: { width: number; height: number }, seed: string): Particles {
  const random = createRandom(`${seed}/${kind}`);
  const unit = Math.min(size.width, size.height) / 1000;
  const field = { ...size, unit };
  switch (kind) {
    case 'snow':
      return snow(field, scatter(random, 420, ['#ffffff']));
    case 'rain':
      return rain(field, scatter(random, 420, ['#d9e6f5']));
    case 'fireflies':
      return glowing(field, scatter(random, 60, ['#ffd76a', '#ffe9a0', '#d8ff8a']), { rise: -12, size: 5, low: 0.35 });
    case 'embers':
      return glowing(field, scatter(random, 110, ['#ffb347', '#ff7a2f', '#ffe08a']), { rise: -95, size: 3.2, low: 0 });
    case 'dust':
      return glowing(field, scatter(random, 90, ['#fff3d0', '#ffffff']), { rise: -9, size: 2.6, low: 0 });
    case 'stars':
      return twinkling(field, scatter(random, 130, ['#ffffff', '#cfe0ff', '#fff0cf']));
    case 'bubbles':
      return glowing(field, scatter(random, 90, ['#d8fbff', '#ffffff']), { rise: -120, size: 5, low: 0 });
    case 'leaves':
      return tumbling(field, scatter(random, 46, ['#e9812f', '#c9482b', '#f0b541']), 12);
    case 'petals':
      return tumbling(field, scatter(random, 80, ['#ffd3e4', '#ffb3d1', '#fff0f6']), 8);
  }
}

type Field = { width: number; height: number; unit: number };

function scatter(random: Random, count: number, colours: readonly [string, ...string[]]): Mote[] {
  return Array.from({ length: count }, () => ({
    x: random.next(),
    y: random.next(),
    // Few particles are near, many are far.
    depth: random.next() ** 2.6,
    phase: random.between(0, Math.PI * 2),
    pace: random.between(0.7, 1.3),
    colour: yuvOf(random.pick(colours)),
  }));
}

/** Keeps a moving coordinate in the frame, with a margin in which a particle enters and leaves unseen. */
function wrapped(value: number, length: number, margin: number): number {
  const span = length + margin * 2;
  return ((((value + margin) % span) + span) % span) - margin;
}

function snow({ width, height, unit }: Field, motes: Mote[]): Particles {
  return (frame, seconds) => {
    for (const { x, y, depth, phase, pace, colour } of motes) {
      const speed = unit * (60 + 260 * depth) * pace;
      const sway = Math.sin(phase + seconds * (0.7 + pace * 0.5)) * unit * (8 + 26 * depth);
      const radius = unit * (1.6 + 11 * depth ** 1.4);
      dab(frame, {
        x: wrapped(x * width + sway + seconds * unit * (14 + 60 * depth), width, 40 * unit),
        y: wrapped(y * height + seconds * speed, height, 40 * unit),
        rx: radius,
        ry: radius,
        turn: 0,
        colour,
        opacity: 0.9 - 0.42 * depth,
        hardness: depth > 0.45 ? 1.6 : 3,
      });
    }
  };
}

function rain({ width, height, unit }: Field, motes: Mote[]): Particles {
  return (frame, seconds) => {
    for (const { x, y, depth, pace, colour } of motes) {
      const speed = unit * (900 + 1100 * depth) * pace;
      const long = unit * (16 + 46 * depth);
      dab(frame, {
        x: wrapped(x * width - seconds * speed * 0.17, width, 80 * unit),
        y: wrapped(y * height + seconds * speed, height, 80 * unit),
        rx: long,
        ry: unit * (1 + 1.1 * depth),
        turn: Math.PI / 2 + 0.17,
        colour,
        opacity: 0.26 + 0.3 * depth,
        hardness: 1.4,
      });
    }
  };
}

function glowing(
  { width, height, unit }: Field,
  motes: Mote[],
  how: { rise: number; size: number; low: number },
): Particles {
  return (frame, seconds) => {
    for (const { x, y, depth, phase, pace, colour } of motes) {
      const radius = unit * how.size * (0.6 + 1.5 * depth);
      const place = {
        x: wrapped(x * width + Math.sin(phase + seconds * pace * 0.8) * unit * 40, width, 30 * unit),
        y: wrapped((how.low + y * (1 - how.low)) * height + seconds * unit * how.rise * pace, height, 30 * unit),
        turn: 0,
        colour,
      };
      const shine = 0.5 + 0.5 * Math.sin(phase * 3 + seconds * (1.2 + pace));
      dab(frame, { ...place, rx: radius * 3.6, ry: radius * 3.6, opacity: 0.3 * shine, hardness: 1 });
      dab(frame, { ...place, rx: radius, ry: radius, opacity: 0.25 + 0.65 * shine, hardness: 2.5 });
    }
  };
}

function twinkling({ width, height, unit }: Field, motes: Mote[]): Particles {
  return (frame, seconds) => {
    for (const { x, y, depth, phase, pace, colour } of motes) {
      const shine = Math.max(0, Math.sin(phase + seconds * pace * 2.1)) ** 2;
      const at = { x: x * width, y: y * height * 0.7, colour, turn: 0 };
      const radius = unit * (1.8 + 3.4 * depth);
      dab(frame, { ...at, rx: radius, ry: radius, opacity: shine, hardness: 2 });
      dab(frame, { ...at, rx: radius * 5, ry: radius * 0.5, opacity: shine * 0.7 * depth, hardness: 1.2 });
      dab(frame, { ...at, rx: radius * 0.5, ry: radius * 5, opacity: shine * 0.7 * depth, hardness: 1.2 });
    }
  };
}

function tumbling({ width, height, unit }: Field, motes: Mote[], size: number): Particles {
  return (frame, seconds) => {
    for (const { x, y, depth, phase, pace, colour } of motes) {
      const radius = unit * size * (0.5 + 1.2 * depth);
      const flip = Math.sin(phase + seconds * 2.2 * pace);
      dab(frame, {
        x: wrapped(
          x * width + seconds * unit * 70 * pace + Math.sin(phase + seconds * 1.3) * unit * 50,
          width,
          60 * unit,
        ),
        y: wrapped(y * height + seconds * unit * (70 + 110 * depth) * pace, height, 60 * unit),
        rx: radius * 1.5,
        ry: radius * (0.15 + 0.75 * Math.abs(flip)),
        turn: phase + seconds * pace * 1.1,
        colour,
        opacity: 0.92,
        hardness: 6,
      });
    }
  };
}
