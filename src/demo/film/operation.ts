import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { aspects, failureKinds, resolutions } from '../../domain.ts';
import { demoFaults } from '../faults.ts';
import { isAlive, processIdentity } from './processes.ts';

/**
 * A rendering as files, so that any process can follow it:
 *
 *     operation.json     what was ordered; written last of all by submit
 *     source             the image, kept for films that make this one longer
 *     last               the image at which the film ends, if there is one; kept for the same reason
 *     base.mp4           the finished film that this one makes longer; deleted when it has become a part of it
 *     attempt-1/         one per renderer that was started: renderer.json (its process), progress and partial films
 *     out.mp4            the finished film, moved here in one step
 *     failed.json        why there will be none
 *     canceled           an empty mark
 */
const leg = z.object({ prompt: z.string(), seconds: z.number() });
/** A part of a film that was ordered at once. */
export type Leg = z.infer<typeof leg>;

const operation = z.object({
  submittedAtMs: z.number(),
  minStepMs: z.number(),
  fault: z.enum(demoFaults).nullable(),
  ffmpegPath: z.string(),
  prompt: z.string(),
  aspect: z.enum(aspects),
  resolution: z.enum(resolutions),
  /** The new seconds. */
  durationSeconds: z.number(),
  /** The parts of the film in `base.mp4`. Empty if there is none. */
  earlier: z.array(leg).default([]),
  /** Whether the first part of the film ends at the image in `last`. */
  hasEnding: z.boolean().default(false),
  audio: z.boolean(),
});
export type Operation = z.infer<typeof operation>;

const failed = z.object({ kind: z.enum(failureKinds), detail: z.string() });
export type FailedOperation = z.infer<typeof failed>;

export const framesPerSecond = 24;
export const filmComment = 'Made by the VidGenie demo studio';

/** All parts of the film, from its beginning. */
export function legsOf({ earlier, prompt, durationSeconds }: Operation): [Leg, ...Leg[]] {
  const last = { prompt, seconds: durationSeconds };
  const [first, ...others] = earlier;
  return first === undefined ? [last] : [first, ...others, last];
}

export const secondsOf = (legs: readonly Leg[]): number => legs.reduce((sum, { seconds }) => sum + seconds, 0);

export const files = {
  order: 'operation.json',
  source: 'source',
  last: 'last',
  base: 'base.mp4',
  film: 'out.mp4',
  failed: 'failed.json',
  canceled: 'canceled',
  renderer: 'renderer.json',
  progress: 'progress',
  log: 'log',
} as const;

/** The order, or null if there is no such operation (any more). */
export async function readOrder(directory: string): Promise<Operation | null> {
  const text = await readOptional(join(directory, files.order));
  return text === null ? null : operation.parse(JSON.parse(text));
}

export async function readFailure(directory: string): Promise<FailedOperation | null> {
  const text = await readOptional(join(directory, files.failed));
  return text === null ? null : failed.parse(JSON.parse(text));
}

export const exists = (directory: string, name: string) =>
  stat(join(directory, name)).then(
    () => true,
    () => false,
  );

/** A reader sees the whole file or none. */
export async function writeWhole(directory: string, name: string, content: string): Promise<void> {
  const partial = join(directory, `.${name}.${randomUUID()}`);
  await writeFile(partial, content, { flush: true });
  await rename(partial, join(directory, name));
}

/** The number of the latest attempt, 0 if there was none yet. */
export async function latestAttempt(directory: string): Promise<number> {
  const numbers = (await readdir(directory)).map((name) => Number(/^attempt-(\d+)$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

export const attemptPath = (directory: string, attempt: number) => join(directory, `attempt-${attempt}`);

/** The renderer of this attempt. `starting` while a young attempt has not written its renderer's identity yet. */
export async function rendererOf(attempt: string, nowMs: number) {
  const text = await readOptional(join(attempt, files.renderer));
  if (text !== null) {
    const identity = processIdentity.parse(JSON.parse(text));
    return (await isAlive(identity)) ? ({ state: 'alive', identity } as const) : ({ state: 'dead' } as const);
  }
  const made = await stat(attempt).catch(() => null);
  // A renderer writes its identity within moments. The submitter may have died before it could start one.
  const young = made !== null && nowMs - made.mtimeMs < 15_000;
  return { state: young ? ('starting' as const) : ('dead' as const) };
}

/** How much of the film is rendered, 0–1, by the last frame that ffmpeg reported. */
export async function renderedFraction(attempt: string, order: Operation): Promise<number> {
  const text = (await readOptional(join(attempt, files.progress))) ?? '';
  const frames = Number(/frame=\s*(\d+)(?![\s\S]*frame=)/.exec(text)?.[1] ?? 0);
  return Math.min(1, frames / (order.durationSeconds * framesPerSecond));
}

/** A finished film can be made longer for this long. */
const keepFinishedMs = 24 * 3_600_000;
const keepEndedMs = 3_600_000;

/** Removes operations without a film an hour after their end, and all others a day after their order or their film. */
export async function prune(operations: string, nowMs: number): Promise<void> {
  for (const id of await readdir(operations).catch(() => [])) {
    const directory = join(operations, id);
    const made = await stat(directory).catch(() => null);
    if (made === null) continue;
    const ended = await Promise.all([files.failed, files.canceled].map((name) => exists(directory, name)));
    const keepMs = ended.includes(true) ? keepEndedMs : keepFinishedMs;
    if (nowMs - made.mtimeMs > keepMs) await rm(directory, { recursive: true, force: true });
  }
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
