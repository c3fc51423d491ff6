import { readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import sharp from 'sharp';
import { createDemoStudio, type DemoStudio } from '../../../src/demo/studio.ts';
import { type JsonValue, type RunId, runId } from '../../../src/domain.ts';
import type { Call, ImageRequest, VideoRequest } from '../../../src/pipeline/providers/provider.ts';

const run = runId.parse('018f2f0e-2c4a-7a5e-9f6e-0d7a3f1b2c3d');

export function callWith(signal: AbortSignal = new AbortController().signal, id: RunId = run): Call {
  return { runId: id, stepNumber: 1, signal, memberHash: 'member', key: null };
}

export function studioIn(directory: string, options: Partial<Parameters<typeof createDemoStudio>[0]> = {}): DemoStudio {
  return createDemoStudio({ directory, minStepMs: 0, faults: {}, ...options });
}

export const imageRequest = (prompt: string): ImageRequest => ({
  prompt,
  style: 'vivid',
  quality: 'standard',
  aspect: 'wide',
  edit: null,
  references: [],
  variant: 1,
});

/** A request for the shortest film of the image at `path`. */
export async function videoRequest(path: string, changed: Partial<VideoRequest> = {}): Promise<VideoRequest> {
  const { width, height, format } = await sharp(path).metadata();
  return {
    prompt: 'a fox in the snow',
    start: { from: 'image', image: { content: await readFile(path), mime: `image/${format}`, width, height } },
    last: null,
    aspect: 'wide',
    duration: 3,
    resolution: '720p',
    audio: true,
    ...changed,
  };
}

/** A request to make a film longer. */
export const extensionRequest = (handle: JsonValue, changed: Partial<VideoRequest> = {}): VideoRequest => ({
  prompt: 'a fox in the snow',
  start: { from: 'clip', handle, seconds: 1, mime: 'video/mp4', read: async () => Buffer.alloc(0) },
  last: null,
  aspect: 'wide',
  duration: 1,
  resolution: '720p',
  audio: true,
  ...changed,
});

/** Submits a request and returns the handle of the long-running operation. */
export async function order(studio: DemoStudio, request: VideoRequest): Promise<JsonValue> {
  const submitted = await studio.video.submit(request, callWith());
  if (submitted.outcome !== 'accepted') throw new Error('the studio films as a long-running operation');
  return submitted.handle;
}

/** Polls as a worker does until the film is finished. Returns the reported fractions. */
export async function pollToTheEnd(studio: DemoStudio, handle: JsonValue): Promise<number[]> {
  const fractions: number[] = [];
  for (;;) {
    const polled = await studio.video.poll(handle, callWith());
    if (polled.outcome === 'finished') return fractions;
    fractions.push(polled.fraction ?? 0);
    await after(polled.pollAfterMs);
  }
}

/** Statistics of a part of a picture. We cut the part out first, because sharp's statistics always cover its whole input. */
export const statsOf = async (
  picture: string | Buffer,
  part: { left: number; top: number; width: number; height: number },
) => sharp(await sharp(picture).removeAlpha().extract(part).png().toBuffer()).stats();
