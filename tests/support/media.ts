import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { findFfmpeg } from '../../src/pipeline/providers/demo/ffmpeg.ts';

/** The smallest real picture and video that a vendor could send. */
export async function makeVendorMedia(directory: string): Promise<{ image: string; video: string }> {
  const files = { image: join(directory, 'vendor.png'), video: join(directory, 'vendor.mp4') };
  await sharp({ create: { width: 64, height: 36, channels: 3, background: '#c65d21' } }).toFile(files.image);
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new Error('the tests need ffmpeg: on PATH, or from the optional package @ffmpeg-installer/ffmpeg');
  const source = ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=10:duration=1', '-f', 'lavfi', '-i', 'sine=duration=1'];
  await promisify(execFile)(ffmpeg.path, [
    ...source,
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-shortest',
    '-y',
    files.video,
  ]);
  return files;
}
