import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { onTestFinished, vi } from 'vitest';
import { runChild } from '../../src/childProcess.ts';
import { findFfmpeg } from '../../src/pipeline/media/ffmpeg.ts';
import { temporaryDirectory } from './temporary.ts';

/** Makes an ffmpeg the first on PATH until the test ends; it only says a version. Null: there is none on PATH, nor anything else. */
export async function installFfmpeg(version: string | null): Promise<{ PATH: string }> {
  return await installProgram(version === null ? null : `echo 'ffmpeg version ${version} Copyright; libx264'`);
}

/** Makes an ffmpeg the one that the program chooses. It begins its output file and then never ends. */
export async function installStuckFfmpeg(): Promise<void> {
  const begin = 'for last; do :; done; : > "$last"; exec sleep 600';
  await installProgram(`case "$*" in *-version|*-encoders) ${newest};; *) ${begin};; esac`);
}

/** Makes the ffmpeg of this machine the one that the program chooses, whatever its age. False if there is none. */
export async function preferInstalledFfmpeg(): Promise<boolean> {
  if ((await findFfmpeg('ffmpeg')) === null) return false;
  const pass = `PATH='${process.env.PATH ?? ''}' exec ffmpeg "$@"`;
  await installProgram(`case "$*" in *-version) ${newest};; *) ${pass};; esac`);
  return true;
}

const newest = "echo 'ffmpeg version 99.0 Copyright; libx264'";

async function installProgram(script: string | null): Promise<{ PATH: string }> {
  const directory = await temporaryDirectory();
  if (script !== null) {
    const path = join(directory, 'ffmpeg');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }
  const PATH = script === null ? directory : `${directory}${delimiter}${process.env.PATH ?? ''}`;
  vi.stubEnv('PATH', PATH);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { PATH };
}

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

/** Every frame that a decoder finds in a film: its time in seconds, and its mean brightness from 0 to 255. */
export async function framesOf(film: string): Promise<{ second: number; brightness: number }[]> {
  const [report, copy] = [`${film}.frames`, `${film}.small.mp4`];
  const print = `signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=${report}:direct=1`;
  await ffmpeg(['-i', film, '-filter_complex', `[0:v]scale=16:16,${print}[picture]`, '-map', '[picture]', copy]);
  const text = await readFile(report, 'utf8');
  await Promise.all([rm(report), rm(copy)]);
  return [...text.matchAll(/pts_time:(\S+)\s+\S+YAVG=(\S+)/g)].map(([, second, brightness]) => ({
    second: Number(second),
    brightness: Number(brightness),
  }));
}

/** The sound of a film in windows of 10 ms: its level, and the largest step between two samples, where full scale is 1. */
export async function soundOf(film: string): Promise<{ second: number; level: number; step: number }[]> {
  const [report, copy] = [`${film}.sound`, `${film}.quiet.mp4`];
  const windows = 'aformat=sample_fmts=fltp:sample_rates=48000,asetnsamples=n=480:p=0';
  const print = `astats=metadata=1:reset=1,ametadata=print:file=${report}:direct=1`;
  const graph = `[0:a]${windows},${print}[sound]`;
  await ffmpeg(['-i', film, '-filter_complex', graph, '-vn', '-map', '[sound]', copy]);
  const text = await readFile(report, 'utf8');
  await Promise.all([rm(report), rm(copy)]);
  return text
    .split('frame:')
    .slice(1)
    .map((window) => {
      const read = (name: string) => Number(new RegExp(`${name}[:=](\\S+)`).exec(window)?.[1]);
      return {
        second: read('pts_time'),
        level: 10 ** (read('Overall\\.RMS_level') / 20),
        step: read('Overall\\.Max_difference'),
      };
    });
}

/** What a player reads in a film. */
export async function contentsOf(path: string) {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  return {
    size: [await video?.getDisplayWidth(), await video?.getDisplayHeight()],
    codecs: [await video?.getCodec(), await audio?.getCodec()],
    /** When its pictures and its sound begin and end. */
    seconds: {
      video: [await video?.getFirstTimestamp(), await video?.computeDuration()],
      audio: [await audio?.getFirstTimestamp(), await audio?.computeDuration()],
    },
    colours: await video?.getColorSpace(),
    turn: await video?.getRotation(),
  };
}
