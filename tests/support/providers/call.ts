import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { runId } from '../../../src/domain.ts';
import {
  type Call,
  type ImageRequest,
  type MediaStream,
  ProviderError,
  type VideoRequest,
} from '../../../src/pipeline/providers/provider.ts';

export function callWith(changes: Partial<Call>): Call {
  return {
    runId: runId.parse(randomUUID()),
    key: null,
    signal: new AbortController().signal,
    memberHash: 'a-hash-of-the-member',
    ...changes,
  };
}

/** One pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const imageRequest: ImageRequest = {
  prompt: 'a fox in the snow',
  style: 'vivid',
  quality: 'hd',
  aspect: 'wide',
};

export const videoRequest: VideoRequest = {
  prompt: 'the fox looks up',
  image: { content: png, mime: 'image/png', width: 1536, height: 864 },
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
};

export async function bytesOf(media: MediaStream): Promise<Buffer> {
  return await buffer(media.body);
}

/** The error of a call that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail');
}
