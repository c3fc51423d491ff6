import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildFailed, runChild } from '../childProcess.ts';
import { findFfmpeg, noFfmpegAdvice } from '../pipeline/media/ffmpeg.ts';
import { probeVideo } from '../pipeline/media/probe.ts';
import { BackupError } from './error.ts';

/** In seconds. The last picture of a copy may last a little longer or shorter. */
const tolerance = 0.5;

/** Decodes every picture and all sound of a video, as a player would. Returns its seconds. Throws a {@link BackupError} if that fails. */
export async function playVideo(path: string, directory: string, signal: AbortSignal): Promise<number> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new BackupError(noFfmpegAdvice);
  const copy = join(directory, `played-${randomUUID()}.mp4`);
  const input = ['-hide_banner', '-nostdin', '-v', 'error', '-y', '-threads', '1', '-i', path];
  const picture = ['-vf', 'scale=64:64', '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'ultrafast'];
  const sound = ['-c:a', 'aac', '-b:a', '64k', '-threads', '1'];
  try {
    const { stderr } = await runChild(ffmpeg.path, [...input, ...picture, ...sound, copy], { signal, niceness: 5 });
    const [original, played] = [await probeVideo(path), await probeVideo(copy)];
    const isWhole =
      original.outcome === 'probed' &&
      played.outcome === 'probed' &&
      Math.abs(original.seconds - played.seconds) < tolerance;
    if (isWhole && stderr.trim() === '') return original.seconds;
    throw new BackupError(`The newest video does not play to its end. ${stderr.trim().slice(0, 300)}`.trim());
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ChildFailed)) throw error;
    throw new BackupError(`The newest video does not play: ${error.output.slice(0, 300)}`, { cause: error });
  } finally {
    await rm(copy, { force: true });
  }
}
