import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { runId } from '../../../src/domain.ts';
import {
  type Call,
  type EnhanceRequest,
  type ImageRequest,
  type MediaStream,
  type Picture,
  ProviderError,
  type Reference,
  type VideoRequest,
} from '../../../src/pipeline/providers/provider.ts';

export function callWith(changes: Partial<Call>): Call {
  return {
    runId: runId.parse(randomUUID()),
    stepNumber: 3,
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

/** The one pixel, as the pipeline passes on a picture. */
export const picture: Picture = { content: png, mime: 'image/png', width: 1536, height: 864 };

export const enhanceRequest: EnhanceRequest = {
  prompt: 'a fox in the snow',
  style: 'vivid',
  aspect: 'wide',
  duration: 8,
  scenes: [],
  frame: null,
  cast: [],
};

export const imageRequest: ImageRequest = {
  prompt: 'a fox in the snow',
  style: 'vivid',
  quality: 'hd',
  aspect: 'wide',
  edit: null,
  references: [],
  variant: 1,
};

/** The same as a JPEG, as a camera sends it. */
export const jpeg: Picture = {
  ...picture,
  content: await sharp(png).flatten().jpeg().toBuffer(),
  mime: 'image/jpeg',
};

/** A picture that shows something for an image to follow. */
export const referenceOf = (shows: Reference['shows'], of: Picture = picture): Reference => ({ ...of, shows });

export const videoRequest: VideoRequest = {
  prompt: 'the fox looks up',
  start: { from: 'image', image: picture },
  last: null,
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
