import { readFile, rm } from 'node:fs/promises';
import { runChild } from '../../src/childProcess.ts';
import { findFfmpeg } from '../../src/pipeline/media/ffmpeg.ts';

/** Runs the ffmpeg that the program itself would choose. */
export async function ffmpeg(args: readonly string[]): Promise<void> {
  const found = await findFfmpeg();
  if (!found) throw new Error('the tests need ffmpeg: on PATH, or from the optional packages of this project');
  await runChild(found.path, ['-hide_banner', '-v', 'error', '-y', ...args]);
}

/** Makes a film from FFmpeg's own test sources of picture and sound. */
export async function makeFilm(
  path: string,
  { picture, sound = null, options = [] }: { picture: string; sound?: string | null; options?: readonly string[] },
): Promise<string> {
  const graph = sound === null ? `${picture}[picture]` : `${picture}[picture];${sound}[sound]`;
  const maps = ['-map', '[picture]', ...(sound === null ? [] : ['-map', '[sound]', '-c:a', 'aac'])];
  await ffmpeg(['-filter_complex', graph, ...maps, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', ...options, path]);
  return path;
}

/** Writes the frame of a film at a second as a PNG. */
export const writeFrame = (film: string, second: number, target: string): Promise<void> =>
  ffmpeg(['-ss', String(second), '-i', film, '-frames:v', '1', target]);

/** The loudness of a film, in dB relative to full scale: its mean and its peak. */
export async function loudnessOf(film: string): Promise<{ mean: number; peak: number }> {
  const [report, copy] = [`${film}.loudness`, `${film}.quiet.mp4`];
  const print = `ametadata=print:file=${report}:direct=1`;
  const graph = `[0:v]scale=16:16[picture];[0:a]astats=metadata=1,${print}[sound]`;
  await ffmpeg(['-i', film, '-filter_complex', graph, '-map', '[picture]', '-map', '[sound]', copy]);
  const text = await readFile(report, 'utf8');
  await Promise.all([rm(report), rm(copy)]);
  const last = (name: string) => Number([...text.matchAll(new RegExp(`Overall\\.${name}=(\\S+)`, 'g'))].at(-1)?.[1]);
  return { mean: last('RMS_level'), peak: last('Peak_level') };
}
