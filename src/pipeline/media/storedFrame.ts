import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { lastFrame } from './lastFrame.ts';
import type { MediaStore } from './store.ts';

/** The last frame of a stored film, as a PNG. Throws a `LastFrameError` if it cannot be decoded. */
export async function storedLastFrame(
  store: Pick<MediaStore, 'link' | 'open'>,
  objectKey: string,
  { directory, signal }: { directory: string; signal: AbortSignal },
): Promise<Buffer> {
  const link = await store.link(objectKey);
  if (link.kind === 'file') return (await lastFrame(link.path, { directory, signal })).content;
  const path = join(directory, `film-${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await pipeline(await store.open(objectKey), createWriteStream(path), { signal });
    return (await lastFrame(path, { directory, signal })).content;
  } finally {
    await rm(path, { force: true });
  }
}
