import { join } from 'node:path';
import sharp from 'sharp';
import { makeFilm } from './films.ts';

/** A photo-like picture. Its noise does not compress, so that a truncated copy really lacks pixels. */
export function picture(width: number, height: number, channels: 3 | 4 = 3) {
  const raw = Buffer.alloc(width * height * channels);
  let state = 1;
  for (let index = 0; index < raw.length; index++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    raw[index] = state >> 16;
  }
  return sharp(raw, { raw: { width, height, channels } });
}

/** A real, small MP4 (160 × 90, one second), made once by ffmpeg. */
export async function sampleVideo(directory: string, options: { audio: boolean; faststart: boolean }): Promise<string> {
  const path = join(directory, `sample-${options.audio}-${options.faststart}.mp4`);
  return await makeFilm(path, {
    picture: 'testsrc=s=160x90:r=10:d=1',
    sound: options.audio ? 'sine=440:d=1' : null,
    options: options.faststart ? ['-movflags', '+faststart'] : [],
  });
}
