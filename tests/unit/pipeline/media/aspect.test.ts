import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { aspects } from '../../../../src/domain.ts';
import { cutTo, exactPart } from '../../../../src/pipeline/media/aspect.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const ratio = { wide: 16 / 9, tall: 9 / 16, square: 1 };
const side = fc.integer({ min: 16, max: 8_192 });

test('the part that is kept has the aspect exactly, lies within the image, and is as large as can be', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom(...aspects), (width, height, aspect) => {
      const part = exactPart({ width, height }, aspect) ?? { width, height };
      expect(part.width / part.height).toBeCloseTo(ratio[aspect], 12);
      expect(part.width <= width && part.height <= height).toBe(true);
      expect(width - part.width < 16 || height - part.height < 16).toBe(true);
      expect(exactPart(part, aspect)).toBeNull();
    }),
  );
});

test.for(['png', 'jpeg', 'webp'] as const)(
  'a %s image is cut around its centre and stays what it is',
  async (format) => {
    const folder = await temporaryDirectory();
    const [path, target] = [join(folder, 'whole'), join(folder, 'part')];
    // Red at the edges that are cut off, green where the picture is.
    const middle = { create: { width: 1_536, height: 864, channels: 3, background: '#00ff00' } } as const;
    await sharp({ create: { width: 1_536, height: 1_024, channels: 3, background: '#ff0000' } })
      .composite([{ input: await sharp(middle).png().toBuffer(), top: 80, left: 0 }])
      .toFormat(format)
      .toFile(path);
    await cutTo(path, { width: 1_536, height: 1_024 }, { width: 1_536, height: 864 }, target);
    const cut = sharp(target);
    expect(await cut.metadata()).toMatchObject({ format, width: 1_536, height: 864 });
    const { channels } = await cut.stats();
    expect(channels.slice(0, 3).map(({ mean }) => Math.round(mean / 255))).toEqual([0, 1, 0]);
  },
);
