import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { letter, readable } from '../../../../src/demo/painting/lettering.ts';
import { paint } from '../../../../src/demo/painting/paint.ts';
import { caption, readPrompt } from '../../../../src/demo/painting/reading.ts';
import { findRecipe } from '../../../../src/demo/painting/recipe.ts';
import type { Style } from '../../../../src/domain.ts';
import { statsOf } from '../../../support/demo/calls.ts';

const small = (prompt: string, style: Style = 'vivid') => paint(prompt, { width: 640, height: 360, style });

/** Mean red, green and blue of the picture. */
async function means(png: Buffer): Promise<number[]> {
  const { channels } = await sharp(png).removeAlpha().stats();
  return channels.map((channel) => channel.mean);
}

async function difference(one: string, other: string): Promise<number> {
  const raw = async (prompt: string) =>
    sharp(await small(prompt))
      .removeAlpha()
      .raw()
      .toBuffer();
  const [a, b] = await Promise.all([raw(one), raw(other)]);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

describe('a painted prompt', () => {
  it('is the same picture every time', async () => {
    expect((await small('a fox in the snow')).equals(await small('a fox in the snow'))).toBe(true);
  });

  it.each([
    ['a fox in the snow', 'an owl in the snow'],
    ['a lighthouse at night', 'a lighthouse at sunset'],
    ['a boat on the sea', 'a boat in a storm on the sea'],
    ['a red car', 'a green car'],
    ['abstract joy', 'abstract sadness'],
    ['qwertz', 'zxcvb'],
  ])('shows the difference between "%s" and "%s"', async (one, other) => {
    expect(await difference(one, other)).toBeGreaterThan(1);
  });

  it('takes its light from the words', async () => {
    const brightness = async (prompt: string) => (await means(await small(prompt))).reduce((sum, mean) => sum + mean);
    expect(await brightness('mountains at noon')).toBeGreaterThan(2 * (await brightness('mountains at night')));
    const [red = 0, , blue = 0] = await means(await small('a desert at sunset'));
    expect(red).toBeGreaterThan(blue * 1.2);
    const [seaRed = 0, , seaBlue = 0] = await means(await small('a whale under the sea, underwater'));
    expect(seaBlue).toBeGreaterThan(seaRed * 1.5);
  });

  it('understands French as it understands English', () => {
    const french = readPrompt('deux renards roux dans la forêt enneigée, la nuit');
    expect(french).toMatchObject({ language: 'fr', subjects: ['fox'], places: ['forest'], time: 'night' });
    expect(french.weather).toContain('snow');
    expect(readPrompt('Un château près de la mer')).toMatchObject({ subjects: ['castle'], places: ['sea'] });
  });

  it('carries a caption and a mark that need no fonts', async () => {
    const script = fileURLToPath(new URL('../../../support/demo/painter.ts', import.meta.url));
    const prompt = 'a café on the moon';
    const { stdout } = await promisify(execFile)(process.execPath, [script, prompt], {
      env: { FONTCONFIG_FILE: '/dev/null', FONTCONFIG_PATH: '/nonexistent' },
      encoding: 'buffer',
      maxBuffer: 10_000_000,
    });
    expect(stdout.equals(await small(prompt))).toBe(true);
    // White strokes on the darkened band: the caption on the left, the mark on the right.
    for (const left of [8, 520]) {
      const corner = await statsOf(stdout, { left, top: 330, width: 110, height: 26 });
      expect(corner.channels[0]?.max).toBeGreaterThan(200);
    }
  });

  it('keeps its recipe, whatever the prompt is written in', async () => {
    const prompt = 'un phare 灯台 dans la tempête "…" — 🦊';
    const { exif } = await sharp(await small(prompt, 'natural')).metadata();
    expect(findRecipe(exif)).toEqual({ prompt, style: 'natural' });
    expect(findRecipe(undefined)).toBeNull();
    expect(findRecipe(Buffer.from('VidGenie demo, a synthetic picture. Recipe: bm90IGpzb24'))).toBeNull();
  });

  it('is painted from any text, and never runs text as markup', async () => {
    for (const strange of ['', '</svg><script>', '&lt;&#0;', '\u0000', '🦊🦊🦊', 'ا', 'a'.repeat(5000)]) {
      expect(await sharp(await small(strange)).metadata()).toMatchObject({ width: 640, height: 360 });
    }
  });
});

describe('captions', () => {
  it('show the clause that the member wrote, short, in whole words', () => {
    expect(caption(readPrompt('a fox in the snow — soft light, 85 mm lens').clause, 40)).toBe('a fox in the snow');
    expect(caption('one two three four five', 14)).toBe('one two three…');
    expect(caption('snow, 雪!', 40)).toBe('snow, !');
  });

  it('spell what the alphabet can, and leave out what it cannot', () => {
    expect(readable('Cœur — Straße, «déjà vu» 🦊 雪')).toBe('Coeur — Strasse, "déjà vu"');
    expect(letter('雪の狐', 20).width).toBe(0);
    expect(letter('fox', 20).width).toBeGreaterThan(20);
  });
});
