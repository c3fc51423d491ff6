import { join } from 'node:path';
import sharp from 'sharp';
import { makeFilm } from './films.ts';

/** The smallest real picture and video that a vendor could send. */
export async function makeVendorMedia(directory: string): Promise<{ image: string; video: string }> {
  const files = { image: join(directory, 'vendor.png'), video: join(directory, 'vendor.mp4') };
  await sharp({ create: { width: 64, height: 36, channels: 3, background: '#c65d21' } }).toFile(files.image);
  await makeFilm(files.video, { picture: 'testsrc=size=64x36:rate=10:duration=1', sound: 'sine=duration=1' });
  return files;
}
