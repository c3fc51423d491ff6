import { fileURLToPath } from 'node:url';
import { runChild } from '../../childProcess.ts';

export type Ffmpeg = { path: string; version: string; isBundled: boolean };

/** The message for people whose machine has no ffmpeg. */
export const noFfmpegAdvice =
  'The demo studio found no ffmpeg that can write H.264: install ffmpeg, or install VidGenie with its optional npm packages.';

const bundledProgram = fileURLToPath(new URL('./ffmpeg/program.ts', import.meta.url));

/**
 * The newer of two programs, or null if there is neither: the `ffmpeg` on PATH, if it has x264 (some distributions omit it), and
 * the bundled one, on Linux and macOS. `only` names the single program to consider.
 */
export async function findFfmpeg(only?: string): Promise<Ffmpeg | null> {
  if (only !== undefined) return await usable(only);
  const [installed, bundled] = await Promise.all([usable('ffmpeg'), findBundled()]);
  if (!installed || !bundled) return installed ?? bundled;
  return isNewer(bundled.version, installed.version) ? bundled : installed;
}

let bundled: Promise<Ffmpeg | null> | null = null;

/** Looks only once, because the bundled program does not change while this process runs. */
function findBundled(): Promise<Ffmpeg | null> {
  bundled ??= versionOf(bundledProgram).then(
    (version) => ({ path: bundledProgram, version, isBundled: true }),
    () => null,
  );
  return bundled;
}

/** Programs that were found usable, by PATH and name. A program that was not may be installed later. */
const known = new Map<string, Ffmpeg>();

async function usable(path: string): Promise<Ffmpeg | null> {
  const key = JSON.stringify([process.env.PATH, path]);
  const found = known.get(key) ?? (await lookAt(path));
  if (found) known.set(key, found);
  return found;
}

async function lookAt(path: string): Promise<Ffmpeg | null> {
  try {
    const version = await versionOf(path);
    const { stdout: encoders } = await runChild(path, ['-hide_banner', '-encoders']);
    return encoders.includes('libx264') ? { path, version, isBundled: false } : null;
  } catch {
    return null;
  }
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await runChild(path, ['-hide_banner', '-version']);
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/**
 * Whether the first of two versions is newer. A version without a number, such as a build from a source snapshot, counts as the
 * oldest.
 */
export function isNewer(version: string, than: string): boolean {
  const [one = [], other = []] = [version, than].map((text) =>
    (/^n?(\d+(?:\.\d+)+)/.exec(text)?.[1] ?? '0').split('.').map(Number),
  );
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
