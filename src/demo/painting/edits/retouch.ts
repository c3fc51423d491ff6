import sharp, { type Sharp } from 'sharp';
import type { ImageEdit } from '../../../pipeline/providers/provider.ts';
import { markOver, unchanged } from '../credits.ts';
import { rasterise } from '../finish.ts';
import { madeBy } from '../paint.ts';
import { caption, readPrompt } from '../reading.ts';
import { composeScene } from '../scene.ts';
import { weather } from '../weather.ts';
import { airOf, gradesOfEdits } from './edits.ts';
import { grade } from './grades.ts';
import { effectsOf } from './words.ts';

type Size = { width: number; height: number };
type Wish = { how: ImageEdit['how']; words: string; variant: number };

/** Changes a picture that the studio did not paint, as PNG of that size. Throws if the picture cannot be read. */
export async function retouch(picture: Buffer, { how, words, variant }: Wish, size: Size): Promise<Buffer> {
  const covered = sharp(picture, { failOn: 'error' })
    .autoOrient()
    .resize({ ...size, fit: 'cover', kernel: 'lanczos3' })
    .toColourspace('srgb')
    .flatten({ background: '#000000' })
    .removeAlpha();
  const { data, info } = await covered.raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: info.channels };
  switch (how) {
    case 'change': {
      grade(data, raw, gradesOfEdits([words]));
      const isKnown = effectsOf(words).length > 0;
      const note = isKnown ? null : `${unchanged[readPrompt(words).language]} ${caption(words, 32)}`;
      return await finished(sharp(data, { raw }), [await particles(words, size), markOver(size, note)]);
    }
    case 'vary': {
      // Seen from the other side, from nearer, and at another hour of the day.
      grade(data, raw, gradesOfEdits([variant % 2 === 1 ? 'warmer' : 'colder']));
      const zoom = 1.05 + 0.04 * variant;
      const inner = { width: Math.round(size.width / zoom), height: Math.round(size.height / zoom) };
      const left = Math.round(((size.width - inner.width) * (variant % 3)) / 2);
      const top = Math.round((size.height - inner.height) / 2);
      const turned = await sharp(data, { raw })
        .flop()
        .extract({ left, top, ...inner })
        .png()
        .toBuffer();
      return await finished(sharp(turned).resize({ ...size, kernel: 'lanczos3' }), [markOver(size)]);
    }
    case 'better':
      return await finished(sharp(data, { raw }).sharpen({ sigma: 1.2, m1: 0.6, m2: 2.4 }), [markOver(size)]);
  }
}

/** The weather that words ask for, as a drawing of that size. */
async function particles(words: string, size: Size): Promise<Buffer | null> {
  const air = airOf([words]);
  if (!air) return null;
  const { canvas } = composeScene(readPrompt(words), { ...size, style: 'natural' });
  return await rasterise(canvas, weather(canvas, { weather: [air] }))
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function finished(image: Sharp, over: (Buffer | string | null)[]): Promise<Buffer> {
  const layers = over.flatMap((one) => (one === null ? [] : [{ input: Buffer.from(one) }]));
  return await image
    .composite(layers)
    .withExif({ IFD0: { Software: madeBy, ImageDescription: 'VidGenie demo, an edited picture.' } })
    .removeAlpha()
    .png({ compressionLevel: 7 })
    .toBuffer();
}
