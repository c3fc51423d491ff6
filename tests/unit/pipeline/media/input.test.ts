import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { acceptImage } from '../../../../src/pipeline/media/input.ts';
import { picture } from '../../../support/mediaSamples.ts';

let root = '';
let directory = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vidgenie-input-'));
  directory = join(root, 'incoming');
  await mkdir(directory);
});
afterEach(async () => {
  for (const name of await readdir(directory)) await rm(join(directory, name));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const accept = (source: string | Uint8Array) =>
  acceptImage(source, { directory, signal: new AbortController().signal });
const reasonFor = async (source: string | Uint8Array) => {
  const accepted = await accept(source);
  expect(await readdir(directory)).toEqual([]);
  return accepted.outcome === 'refused' ? accepted.reason : accepted.outcome;
};

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

/** A valid, tiny PNG that unpacks to a gigantic black picture. */
function pixelBomb(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 9 });
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

describe("a member's image", () => {
  it('comes out upright and without the EXIF that tells where it was taken', async () => {
    const photo = await picture(80, 40)
      .withExif({ IFD0: { Copyright: 'somebody' }, IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await sharp(photo).metadata()).orientation).toBe(6);
    const path = join(root, 'photo.jpg');
    await writeFile(path, photo);
    const accepted = await accept(path);
    expect(accepted).toMatchObject({
      outcome: 'accepted',
      image: { kind: 'image', mime: 'image/jpeg', width: 40, height: 80, seconds: null },
    });
    if (accepted.outcome !== 'accepted') return;
    const clean = await sharp(accepted.image.path).metadata();
    expect(clean.exif).toBeUndefined();
    expect(clean.orientation ?? 1).toBe(1);
    expect((await readFile(path)).equals(photo)).toBe(true);
    expect((await readFile(accepted.image.path)).length).toBe(accepted.image.bytes);
  });

  it('keeps transparency as PNG, and turns a WebP photo into a JPEG', async () => {
    const transparent = await picture(30, 30, 4).webp({ lossless: true }).toBuffer();
    expect(await accept(transparent)).toMatchObject({ image: { mime: 'image/png', extension: 'png' } });
    const photo = await picture(30, 30).webp().toBuffer();
    expect(await accept(photo)).toMatchObject({ image: { mime: 'image/jpeg', extension: 'jpg' } });
  });

  it('says which of the many things is wrong with it', async () => {
    const png = await picture(64, 64).png().toBuffer();
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect(await reasonFor(join(root, 'nowhere.png'))).toBe('missing');
    expect(await reasonFor(root)).toBe('missing');
    expect(await reasonFor('/dev/zero')).toBe('missing');
    expect(await reasonFor(Buffer.alloc(0))).toBe('empty');
    expect(await reasonFor(Buffer.concat([png, Buffer.alloc(11 * 1024 * 1024)]))).toBe('too_large');
    expect(await reasonFor(svg)).toBe('unknown_type');
    expect(await reasonFor(Buffer.from('%PDF-1.7 pretending to be a picture'))).toBe('unknown_type');
    expect(await reasonFor(Buffer.from('GIF89a-and-so-on-and-on'))).toBe('unknown_type');
    expect(await reasonFor(png.subarray(0, png.length / 2))).toBe('damaged');
    expect(await reasonFor(Buffer.concat([png.subarray(0, 60), Buffer.alloc(500, 7)]))).toBe('damaged');
    expect(await reasonFor(await picture(4097, 5).png().toBuffer())).toBe('too_many_pixels');
  });

  it('refuses a pixel bomb by its header, however small the file', async () => {
    const bomb = pixelBomb(30_000);
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await reasonFor(bomb)).toBe('too_many_pixels');
  });

  it('refuses animations: WebP with frames, and PNG with an animation chunk', async () => {
    const frames = await sharp(
      await Promise.all(
        [1, 2, 3].map((shade) =>
          solid(shade * 60)
            .png()
            .toBuffer(),
        ),
      ),
      { join: { animated: true } },
    )
      .webp({ loop: 0, delay: [100, 100, 100] })
      .toBuffer();
    expect(await reasonFor(frames)).toBe('animated');
    const still = await solid(9).png().toBuffer();
    const apng = Buffer.concat([still.subarray(0, 33), chunk('acTL', Buffer.alloc(8, 1)), still.subarray(33)]);
    expect(await reasonFor(apng)).toBe('animated');
  });
});

function solid(shade: number) {
  return sharp({ create: { width: 16, height: 16, channels: 3, background: { r: shade, g: shade, b: shade } } });
}
