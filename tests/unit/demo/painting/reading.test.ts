import { readFileSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { locales, textOf } from '../../../../src/bots/text.ts';
import { paintCredits } from '../../../../src/demo/painting/paint.ts';
import { paletteFor } from '../../../../src/demo/painting/palette.ts';
import { snowCaps } from '../../../../src/demo/painting/peaks.ts';
import { createRandom } from '../../../../src/demo/painting/random.ts';
import { isDepicted, readPrompt } from '../../../../src/demo/painting/reading.ts';
import { composeScene } from '../../../../src/demo/painting/scene.ts';
import { statsOf } from '../../../support/demo/calls.ts';

/** Every prompt that the documents, the page and the texts suggest, read from those files. */
async function suggestions(): Promise<string[]> {
  const sources = [readFileSync('README.md', 'utf8')];
  for await (const file of glob(['docs/*.md', 'src/bots/**/*.ts'])) sources.push(await readFile(file, 'utf8'));
  const suggested = /\b(?:complete|image|demo --|"initialPrompt":) ?["']?((?:an?|une?) [\p{L}’ ,]+)/giu;
  const found = sources.flatMap((source) => [...source.matchAll(suggested)].map(([, prompt = '']) => prompt.trim()));
  const listed = locales.map(textOf).flatMap(({ page, terminal }) => [...page.composer.examples, terminal.demoPrompt]);
  return [...new Set([...listed, ...found.filter((prompt) => !/^an image|^an? (few|video|run|new)\b/i.test(prompt))])];
}

describe('what is suggested as an example', () => {
  it('is something that the demo draws', async () => {
    const prompts = await suggestions();
    expect(prompts).toEqual(expect.arrayContaining(['a fox in the snow', 'a lighthouse in a storm']));
    const missing = prompts.filter((prompt) => {
      const { subjects, places } = readPrompt(prompt);
      return subjects.length + places.length === 0;
    });
    expect(missing).toEqual([]);
  });

  it('is drawn as it says: a paper boat is no sailing boat, and a mountain lake has a lake', () => {
    // The random source is the same for all prompts, so that only the understood words can differ.
    const sceneOf = (prompt: string) =>
      composeScene({ ...readPrompt(prompt), clause: 'same' }, { width: 320, height: 180, style: 'vivid' });
    expect(sceneOf('a fine boat').near).toBe(sceneOf('a new boat').near);
    expect(sceneOf('a paper boat').near).not.toBe(sceneOf('a fine boat').near);
    expect(sceneOf('a mountain lake at noon').middle).toBe(sceneOf('a lake at noon').middle);
  });
});

describe('the snow of mountains', () => {
  it('ends along a line of one altitude, and hangs in no spikes', () => {
    const canvas = { width: 1280, random: createRandom('snow'), palette: paletteFor(readPrompt('mountains')) };
    const heights = Array.from({ length: 129 }, () => 0.9);
    const path = snowCaps(canvas, { heights, base: 1000, rise: 1000, nearness: 0.5 });
    const levels = [...path.matchAll(/[ML][\d.-]+ ([\d.-]+)/g)].map(([, y]) => Number(y)).filter((y) => y !== 100);
    const jumps = levels.slice(1).map((level, index) => Math.abs(level - (levels[index] ?? level)));
    expect(levels.length).toBeGreaterThan(40);
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(360);
    expect(jumps.reduce((sum, jump) => sum + jump) / jumps.length).toBeLessThan(80);
  });
});

describe('a prompt in which the demo knows nothing', () => {
  it.each(['a teapot', 'hope', 'a red spreadsheet', 'une théière', 'qwertz'])(
    '"%s" is not taken for depicted',
    (prompt) => {
      expect(isDepicted(readPrompt(prompt))).toBe(false);
    },
  );

  it.each(['a fox', 'snow', 'at night', 'abstract joy'])('and "%s" is', (prompt) => {
    expect(isDepicted(readPrompt(prompt))).toBe(true);
  });

  it('says so in the picture, above its caption, and only then', async () => {
    const size = { width: 640, height: 360 };
    const brightest = async (prompt: string) => {
      const { data, ...raw } = await paintCredits({ prompt, style: 'vivid' }, size, size);
      const png = await sharp(data, { raw: { ...raw, channels: 4 } })
        .png()
        .toBuffer();
      return (await statsOf(png, { left: 10, top: 324, width: 200, height: 11 })).channels[0]?.max;
    };
    expect(await brightest('a teapot')).toBeGreaterThan(200);
    expect(await brightest('un robot')).toBeLessThan(60);
  });
});
