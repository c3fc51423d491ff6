import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoFaults, demoSteps, parseDemoFaults } from '../../../src/demo/faults.ts';
import { readPrompt } from '../../../src/demo/painting/reading.ts';
import { aspects, resolutions, runId, styles } from '../../../src/domain.ts';
import type { EnhanceRequest, ImageRequest, Picture, Reference } from '../../../src/pipeline/providers/provider.ts';
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
  scenes: [],
  frame: null,
  cast: [],
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

describe('the demo enhancer of a story', () => {
  const story = 'a paper boat travels from a gutter to the sea';

  it('answers a shot for each scene, of its length, and with the first as its own image and motion', async () => {
    const { shots = [], ...first } = await enhanced(wish(story, { scenes: [2, 4, 5], duration: null }));
    expect(shots).toHaveLength(3);
    expect(first).toEqual(shots[0]);
    expect(shots.map(({ motion }) => /(\d) seconds/.exec(motion)?.[1])).toEqual(['2', '4', '5']);
    const readings = shots.map(({ image }) => readPrompt(image));
    expect(readings.map(({ subjects }) => subjects)).toEqual([['boat'], ['boat'], ['boat']]);
    expect(readings.map(({ places }) => places)).toEqual([['city'], ['lake'], ['sea']]);
    expect(shots.every(({ image, motion }) => /^a paper boat /.test(image) && /^a paper boat /.test(motion))).toBe(
      true,
    );
  });

  it('answers the same shots every time, and none where there are no scenes', async () => {
    const asked = wish(story, { scenes: [3, 3] });
    expect(await enhanced(asked)).toEqual(await enhanced(asked));
    expect(await enhanced(wish(story))).not.toHaveProperty('shots');
  });
});

describe('the demo enhancer of a frame', () => {
  const pictureOf = async (background: string): Promise<Picture> => {
    const [width, height] = [160, 90];
    const content = await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer();
    return { content, mime: 'image/png', width, height };
  };

  it('keeps the motion that was written and adds the light that it sees', async () => {
    const { motion } = await enhanced(wish('a fox in the snow'));
    const seen = async (background: string) => {
      const frame = { picture: await pictureOf(background), motion };
      return enhanced(wish('a fox in the snow', { frame }));
    };
    const [dark, warm] = await Promise.all([seen('#0a1430'), seen('#e0a050')]);
    expect(dark.image).toBe('a fox in the snow');
    expect(dark.motion).toMatch(/^a fox in the snow — cold blue light moves through the dark frame/);
    expect(warm.motion).toMatch(/warm light/);
    expect(dark.motion).toContain(motion.split(' — ')[1]);
  });

  it('describes the cast that a prompt names, where the painter reads it, and no other', async () => {
    const cast = [
      { name: 'rusty', kind: 'character', description: 'a purple fox', picture: null },
      { name: 'zora', kind: 'character', description: 'an old whale', picture: null },
    ] as const;
    const output = await enhanced(wish('Rusty on a beach', { cast }));
    expect(output.image).toMatch(/^Rusty on a beach \(rusty: a purple fox\) — /);
    expect(output.motion).toMatch(/^Rusty on a beach \(rusty: a purple fox\) — /);
    expect(readPrompt(output.image)).toMatchObject({ subjects: ['fox'], places: ['beach'], colours: ['purple'] });
    const { shots } = await enhanced(wish('rusty meets zora', { cast, scenes: [4, 4] }));
    expect(shots?.every(({ image }) => image.includes('rusty: a purple fox'))).toBe(true);
  });

  it('says it in the language of the motion, also when nobody enhanced that', async () => {
    const frame = { picture: await pictureOf('#dfe8ff'), motion: 'un chat sur la plage.' };
    const { motion } = await enhanced(wish('un chat sur la plage', { frame }));
    expect(motion).toMatch(/^un chat sur la plage — une lumière .*\.$/);
  });

  it('refuses a frame that is no picture, and has generated nothing', async () => {
    const picture = { ...(await pictureOf('#000000')), content: Buffer.from('no picture') };
    const asked = enhanced(wish('a fox', { frame: { picture, motion: 'a fox' } }));
    await expect(asked).rejects.toMatchObject({ kind: 'invalid_request', nothingGenerated: true });
  });
});

describe('the demo animator', () => {
  it('offers every shape and resolution, and every whole second from one to fifteen, up to thirty in all', () => {
    const { aspects: shapes, durations, extension, ...others } = studioIn(directory).video.capabilities;
    expect(shapes).toEqual(aspects);
    expect(others).toMatchObject({ resolutions, lastFrame: durations });
    expect(durations).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(extension).toEqual({ seconds: durations, maxSeconds: 30, resolutions });
  });

  it('expects a film to take longer the more seconds it adds', () => {
    const { expectedMs } = studioIn(directory).video;
    const expected = (duration: number) => expectedMs({ duration, resolution: '720p', quality: 'hd' });
    expect(expected(15)).toBeGreaterThan(expected(1) * 3);
  });
});

describe('the demo painter', () => {
  async function painted(prompt: string, changed: Partial<ImageRequest> = {}) {
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

  const asReference = (content: Buffer): Reference => ({
    content,
    mime: 'image/png',
    width: 1280,
    height: 720,
    shows: { from: 'cast', name: 'foxy', kind: 'character', description: 'a purple fox' },
  });

  it('looks at up to eight references', async () => {
    expect(studioIn(directory).image.capabilities.references).toBe(8);
    const night = await painted('a purple fox at night');
    const brightness = async (png: Buffer) => (await sharp(png).greyscale().stats()).channels[0]?.mean ?? 0;
    const alone = await painted('a fox on a beach');
    const alike = await painted('a fox on a beach', { references: Array(8).fill(asReference(night)) });
    expect(await brightness(alike)).toBeLessThan((await brightness(alone)) / 2);
  });

  it('refuses a reference that is no picture, and has generated nothing', async () => {
    const asked = painted('a fox', { references: [asReference(Buffer.from('no picture'))] });
    await expect(asked).rejects.toMatchObject({ kind: 'invalid_request', nothingGenerated: true });
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

  it('with a number strikes that call of every run, and no other', async () => {
    const studio = studioIn(directory, { faults: { 'enhance#2': 'refuse' } });
    const runs = ['018f2f0e-2c4a-7a5e-9f6e-0d7a3f1b2c01', '018f2f0e-2c4a-7a5e-9f6e-0d7a3f1b2c02'];
    for (const id of runs.map((text) => runId.parse(text))) {
      const call = callWith(undefined, id);
      await studio.enhance.submit(wish('x'), call);
      await expect(studio.enhance.submit(wish('x'), call)).rejects.toMatchObject({ kind: 'refused' });
      await studio.enhance.submit(wish('x'), call);
    }
  });

  it('with a number counts each step alone', async () => {
    const studio = studioIn(directory, { faults: { 'video#1': 'fail', 'image#2': 'fail' } });
    await studio.enhance.submit(wish('x'), callWith());
    await studio.image.submit(imageRequest('x'), callWith());
    await expect(studio.image.submit(imageRequest('x'), callWith())).rejects.toMatchObject({ kind: 'unavailable' });
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
    for (const step of demoSteps) {
      for (const fault of demoFaults) {
        expect(parseDemoFaults(`${step}=${fault}`)).toEqual({ outcome: 'parsed', faults: { [step]: fault } });
      }
    }
  });

  it('accepts a fault of one call beside those of all', () => {
    expect(parseDemoFaults('image#2=refuse,video#3=fail, image=hang')).toEqual({
      outcome: 'parsed',
      faults: { 'image#2': 'refuse', 'video#3': 'fail', image: 'hang' },
    });
  });

  it.each([
    ['image#0=fail', '"image#0" names no call'],
    ['image#=fail', 'use image#1'],
    ['image#two=fail', 'names no call'],
    ['join#1=fail', '"join" is not a step'],
    ['image#2=fail,image#2=hang', 'image#2 is named twice'],
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
