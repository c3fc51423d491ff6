import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoFaults, parseDemoFaults } from '../../../src/demo/faults.ts';
import { readPrompt } from '../../../src/demo/painting/reading.ts';
import { type Aspect, aspects, type Quality, resolutions, stepKinds, styles } from '../../../src/domain.ts';
import type { EnhanceRequest } from '../../../src/pipeline/providers/provider.ts';
import { callWith, imageRequest, studioIn, videoRequest } from '../../support/demo/calls.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vidgenie-demo-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const wish = (prompt: string, changed: Partial<EnhanceRequest> = {}): EnhanceRequest => ({
  prompt,
  style: 'vivid',
  aspect: 'wide',
  duration: 8,
  ...changed,
});

async function enhanced(request: EnhanceRequest) {
  const submitted = await studioIn(directory).enhance.submit(request, callWith());
  if (submitted.outcome !== 'finished') throw new Error('the enhancer answers at once');
  return submitted.output;
}

describe('the demo enhancer', () => {
  it('keeps the member’s words in front and adds light, lens and motion, the same every time', async () => {
    const output = await enhanced(wish('a fox in the snow'));
    expect(output.image).toMatch(/^a fox in the snow — .*light.* lens/);
    expect(output.motion).toMatch(/^a fox in the snow — .*8 seconds/);
    expect(output.image).not.toBe((await enhanced(wish('a cat in the snow'))).image);
    expect(await enhanced(wish('a fox in the snow'))).toEqual(output);
  });

  it('answers French with French', async () => {
    const output = await enhanced(wish('un chat sur une plage au coucher du soleil', { duration: null }));
    expect(output.image).toMatch(/^un chat sur une plage au coucher du soleil — .*lumière/);
    expect(output.motion).toContain('un seul plan.');
  });

  it('stays within 250 words however long the prompt, and survives the strangest ones', async () => {
    const long = await enhanced(wish('very '.repeat(900)));
    expect(long.image.split(/\s+/).length).toBeLessThanOrEqual(250);
    expect(long.motion.split(/\s+/).length).toBeLessThanOrEqual(250);
    for (const strange of ['🦊', '雪の中の狐', '— — —', '<svg onload="x">&amp;', '\u0000\u202e']) {
      const output = await enhanced(wish(strange));
      expect(output.image.length).toBeGreaterThan(40);
    }
  });

  it('leaves the subject what it was for the painter, who reads the enhanced prompt', async () => {
    for (const prompt of ['a fox in the snow', 'an owl at night', 'un bateau sur la mer', 'hope']) {
      const before = readPrompt(prompt);
      const after = readPrompt((await enhanced(wish(prompt))).image);
      expect({ ...after, words: null }).toEqual({ ...before, words: null });
    }
  });
});

describe('the demo animator', () => {
  it('offers every shape and resolution, and every whole second from one to fifteen', () => {
    const { aspects: shapes, durations, resolutions: sizes } = studioIn(directory).video.capabilities;
    expect(shapes).toEqual(aspects);
    expect(sizes).toEqual(resolutions);
    expect(durations).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });
});

describe('the demo painter', () => {
  async function painted(prompt: string, changed: { aspect?: Aspect; quality?: Quality } = {}) {
    const submitted = await studioIn(directory).image.submit({ ...imageRequest(prompt), ...changed }, callWith());
    if (submitted.outcome !== 'finished') throw new Error('the painter answers at once');
    return buffer(submitted.output.body);
  }

  it.each([
    ['wide', 'standard', 1280, 720],
    ['tall', 'standard', 720, 1280],
    ['square', 'standard', 1024, 1024],
    ['wide', 'hd', 1920, 1080],
  ] as const)('delivers a %s %s PNG of %i × %i', async (aspect, quality, width, height) => {
    const png = await painted('a lighthouse by the sea', { aspect, quality });
    expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width, height });
  });
});

describe('faults of the demo studio', () => {
  const png = () => sharp({ create: { width: 64, height: 36, channels: 3, background: '#123456' } }).png();

  it.each([
    ['fail', 'unavailable', false],
    ['refuse', 'refused', true],
    ['no_output', 'no_output', false],
  ] as const)('%s becomes the error %s in enhance and image', async (fault, kind, nothingGenerated) => {
    const studio = studioIn(directory, { faults: { enhance: fault, image: fault } });
    const expected = { name: 'ProviderError', kind, nothingGenerated };
    await expect(studio.enhance.submit(wish('x'), callWith())).rejects.toMatchObject(expected);
    await expect(studio.image.submit(imageRequest('x'), callWith())).rejects.toMatchObject(expected);
  });

  it('fail and refuse strike a video when it is submitted', async () => {
    const path = join(directory, 'fault.png');
    await png().toFile(path);
    const request = await videoRequest(path);
    for (const [fault, kind] of [
      ['fail', 'unavailable'],
      ['refuse', 'refused'],
    ] as const) {
      const studio = studioIn(directory, { faults: { video: fault } });
      await expect(studio.video.submit(request, callWith())).rejects.toMatchObject({ kind });
    }
  });

  it('a step that hangs, and one that is merely slow, end with the reason of the abort', async () => {
    const slow = studioIn(directory, { minStepMs: 600_000 });
    const hanging = studioIn(directory, { faults: { enhance: 'hang', image: 'hang' } });
    for (const studio of [slow, hanging]) {
      const controller = new AbortController();
      const reason = new Error('the run was canceled');
      const enhancing = studio.enhance.submit(wish('x'), callWith(controller.signal));
      const painting = studio.image.submit(imageRequest('x'), callWith(controller.signal));
      controller.abort(reason);
      await expect(enhancing).rejects.toBe(reason);
      await expect(painting).rejects.toBe(reason);
      await expect(studio.enhance.submit(wish('x'), callWith(controller.signal))).rejects.toBe(reason);
    }
  });
});

describe('reading DEMO_FAULTS', () => {
  it('accepts every fault of every step, with spaces, and nothing at all', () => {
    expect(parseDemoFaults('')).toEqual({ outcome: 'parsed', faults: {} });
    expect(parseDemoFaults(' image = refuse , video=fail,')).toEqual({
      outcome: 'parsed',
      faults: { image: 'refuse', video: 'fail' },
    });
    for (const step of stepKinds) {
      for (const fault of demoFaults) {
        expect(parseDemoFaults(`${step}=${fault}`)).toEqual({ outcome: 'parsed', faults: { [step]: fault } });
      }
    }
  });

  it.each([
    ['imag=fail', '"imag" is not a step'],
    ['image', '"image" names no fault'],
    ['image=explode', 'use image=fail, image=refuse'],
    ['image=fail=twice', 'names no fault'],
    ['image=fail,image=hang', 'image is named twice'],
  ])('says what is wrong with %s', (text, detail) => {
    const parsed = parseDemoFaults(text);
    expect(parsed.outcome === 'invalid' && parsed.detail).toContain(detail);
  });
});

it('offers every style that members can choose', async () => {
  const studio = studioIn(directory);
  for (const style of styles) {
    const submitted = await studio.image.submit({ ...imageRequest('a boat on a lake'), style }, callWith());
    const body = submitted.outcome === 'finished' ? await buffer(submitted.output.body) : Buffer.alloc(0);
    expect((await sharp(body).stats()).entropy).toBeGreaterThan(4);
  }
});
