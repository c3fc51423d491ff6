import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { findFfmpeg } from '../../../src/pipeline/providers/demo/ffmpeg.ts';

/** A photo-like picture: noise does not compress away, so that a truncated copy really lacks pixels. */
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
  const ffmpeg = await findFfmpeg();
  if (ffmpeg === null) throw new Error('these tests need an ffmpeg');
  const path = join(directory, `sample-${options.audio}-${options.faststart}.mp4`);
  const sound = options.audio ? ['-f', 'lavfi', '-i', 'sine=440:d=1'] : [];
  const place = options.faststart ? ['-movflags', '+faststart'] : [];
  const picture = ['-f', 'lavfi', '-i', 'testsrc=s=160x90:r=10:d=1'];
  await promisify(execFile)(ffmpeg.path, ['-y', ...picture, ...sound, '-pix_fmt', 'yuv420p', ...place, path]);
  return path;
}
