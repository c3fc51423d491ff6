import { access, chmod, constants } from 'node:fs/promises';
import { runChild } from '../../../childProcess.ts';

export type Ffmpeg = { path: string; version: string };

/** The sentence for people whose machine has none. */
export const noFfmpegAdvice =
  'The demo studio found no ffmpeg that can write H.264: install ffmpeg, or the npm package @ffmpeg-installer/ffmpeg.';

/**
 * The `ffmpeg` on PATH, else the one of the optional package `@ffmpeg-installer/ffmpeg`, else null. Some distributions
 * ship an ffmpeg without x264; such a one counts as none. `only` names the single binary to consider.
 */
export async function findFfmpeg(only?: string): Promise<Ffmpeg | null> {
  if (only !== undefined) return usable(only);
  return (await usable('ffmpeg')) ?? (await installed());
}

async function usable(path: string): Promise<Ffmpeg | null> {
  try {
    const { stdout: about } = await runChild(path, ['-hide_banner', '-version']);
    const { stdout: encoders } = await runChild(path, ['-hide_banner', '-encoders']);
    if (!encoders.includes('libx264')) return null;
    return { path, version: /version (\S+)/.exec(about)?.[1] ?? 'unknown' };
  } catch {
    return null;
  }
}

async function installed(): Promise<Ffmpeg | null> {
  try {
    const { default: installer } = await import('@ffmpeg-installer/ffmpeg');
    // npm leaves the binary without its execute bit when install scripts are blocked.
    await access(installer.path, constants.X_OK).catch(() => chmod(installer.path, 0o755));
    return await usable(installer.path);
  } catch {
    // The package is absent, or has no binary for this platform.
    return null;
  }
}
