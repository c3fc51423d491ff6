import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ChildFailed, runChild } from '../../childProcess.ts';
import { withEncoder } from './encoder.ts';
import { findFfmpeg } from './ffmpeg.ts';
import { type Clip, JoinError, readClip, unreadable } from './join/clip.ts';
import { commonFrame, pictureArguments } from './join/pictures.ts';
import { soundArguments } from './join/sound.ts';
import { type Part, writeFilm } from './join/write.ts';

export { JoinError } from './join/clip.ts';

export type JoinOptions = {
  /** How one clip follows another: at once, or through black. */
  cut: 'hard' | 'fade';
  /** Whether the film keeps the sound of the clips. */
  audio: boolean;
  directory: string;
  signal: AbortSignal;
};

/** A clip as a file. The film has at most the first `maxSeconds` of it. */
export type ClipFile = { path: string; label: string; maxSeconds?: number };

/**
 * Makes one MP4 of clips, in their order, that is as long as all of them together. It copies the pictures if the clips are whole,
 * encoded alike and the cut is hard; otherwise it encodes them in the size of the first clip. The caller owns the file. Throws
 * {@link JoinError} if a clip cannot be read or there is no ffmpeg, and `EncoderBusy`. No file is left then.
 */
export async function joinClips(
  clips: readonly ClipFile[],
  { cut, audio, directory, signal }: JoinOptions,
): Promise<string> {
  signal.throwIfAborted();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const target = join(directory, `join-${randomUUID()}.mp4`);
  const between: string[] = [];
  const job: Job = {
    signal,
    newFile: () => {
      const path = join(directory, `join-${randomUUID()}.mp4`);
      between.push(path);
      return path;
    },
  };
  try {
    const read: Clip[] = [];
    for (const clip of clips) {
      signal.throwIfAborted();
      read.push(shortened(await readClip(clip), clip));
    }
    const parts = canCopy(read, cut) ? read.map(asPart) : await encodeAll(read, cut, job);
    const sound = audio ? await encodeSound(read, job) : null;
    await writeFilm(target, { parts, sound, signal });
    return target;
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await Promise.all(between.map((path) => rm(path, { force: true })));
  }
}

/** `newFile` names a file that is removed when the film is done. */
type Job = { signal: AbortSignal; newFile: () => string };

/** A packet copy cannot end between two pictures that need each other, so a clip that is cut is encoded. */
const shortened = (clip: Clip, { maxSeconds = Number.POSITIVE_INFINITY }: ClipFile): Clip =>
  clip.seconds > maxSeconds ? { ...clip, seconds: maxSeconds, canBeCopied: false } : clip;

const asPart = (clip: Clip): Part => ({ clip, seconds: clip.seconds });

function canCopy(clips: readonly Clip[], cut: JoinOptions['cut']): boolean {
  if (cut === 'fade' && clips.length > 1) return false;
  return clips.every((clip) => clip.canBeCopied && isDeepStrictEqual(clip.encoding, clips[0]?.encoding));
}

/** Encodes clip after clip, so that only one is decoded at a time. */
async function encodeAll(clips: readonly Clip[], cut: JoinOptions['cut'], job: Job): Promise<Part[]> {
  const frame = commonFrame(clips);
  return await withEncoder(async () => {
    const parts: Part[] = [];
    for (const [index, clip] of clips.entries()) {
      const target = job.newFile();
      const fades = { in: cut === 'fade' && index > 0, out: cut === 'fade' && index < clips.length - 1 };
      await encode(pictureArguments(clip, frame, { target, fades }), clip.label, job);
      parts.push({ clip: await readClip({ path: target, label: clip.label }), seconds: clip.seconds });
    }
    if (
      !canCopy(
        parts.map(({ clip }) => clip),
        'hard',
      )
    )
      throw new Error('ffmpeg did not encode all clips alike');
    return parts;
  });
}

async function encodeSound(clips: readonly Clip[], job: Job): Promise<string | null> {
  const target = job.newFile();
  const args = soundArguments(clips, target);
  if (args === null) return null;
  const labels = clips.filter(({ sound }) => sound !== null).map(({ label }) => label);
  await encode(args, `the sound of ${labels.join(', ')}`, job);
  return target;
}

async function encode(args: readonly string[], label: string, { signal }: Job): Promise<void> {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new JoinError('there is no ffmpeg that can encode the film');
  signal.throwIfAborted();
  try {
    await runChild(ffmpeg.path, args, { signal, niceness: 5 });
  } catch (error) {
    signal.throwIfAborted();
    throw isAboutMachine(error) ? error : unreadable(label, error);
  }
}

/** Whether a child did not fail because of its input: it was killed, or there was no room. Another try may succeed. */
function isAboutMachine(error: unknown): boolean {
  if (!(error instanceof ChildFailed)) return true;
  const { cause } = error;
  const hasEnded = cause instanceof Error && 'code' in cause && typeof cause.code === 'number';
  return !hasEnded || /No space left on device|Cannot allocate memory/.test(error.output);
}
