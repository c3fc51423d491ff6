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
 *     source             the image
 *     attempt-1/         one per renderer that was started: renderer.json (who), progress, plate and partial film
 *     out.mp4            the finished film, moved here in one step
 *     failed.json        why there will be none
 *     canceled           an empty mark
 */
const operation = z.object({
  submittedAtMs: z.number(),
  minStepMs: z.number(),
  fault: z.enum(demoFaults).nullable(),
  ffmpegPath: z.string(),
  prompt: z.string(),
  aspect: z.enum(aspects),
  resolution: z.enum(resolutions),
  durationSeconds: z.number(),
  audio: z.boolean(),
});
export type Operation = z.infer<typeof operation>;

const failed = z.object({ kind: z.enum(failureKinds), detail: z.string() });
export type FailedOperation = z.infer<typeof failed>;

export const framesPerSecond = 24;

export const files = {
  order: 'operation.json',
  source: 'source',
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

/** Removes operations that ended more than an hour ago, and all operations that are more than a day old. */
export async function prune(operations: string, nowMs: number): Promise<void> {
  const hour = 3_600_000;
  for (const id of await readdir(operations).catch(() => [])) {
    const directory = join(operations, id);
    const made = await stat(directory).catch(() => null);
    if (made === null) continue;
    const ended = await Promise.all([files.film, files.failed, files.canceled].map((name) => exists(directory, name)));
    const keepMs = ended.includes(true) ? hour : 24 * hour;
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
