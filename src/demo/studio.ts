import { Readable } from 'node:stream';
import type { JsonValue } from '../domain.ts';
import { type Capabilities, type Provider, ProviderError } from '../pipeline/providers/provider.ts';
import { enhance } from './enhance.ts';
import type { DemoFaults } from './faults.ts';
import { createVideoCalls } from './film/video.ts';
import { paced } from './pace.ts';
import { imageSize } from './painting/sheet.ts';

export type DemoStudio = { enhance: Provider<'enhance'>; image: Provider<'image'>; video: Provider<'video'> };

export type DemoStudioOptions = {
  /** The folder in which films are rendered. Created when first needed. */
  directory: string;
  /** The minimum duration of a step, so that people see its progress. */
  minStepMs: number;
  faults: DemoFaults;
  /** The only ffmpeg to consider, instead of searching for one. */
  ffmpegPath?: string;
};

const durations = Array.from({ length: 15 }, (_, index) => index + 1);
const still: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: ['standard', 'hd'],
  durations: [],
  resolutions: [],
};
const moving: Capabilities = {
  aspects: ['wide', 'tall', 'square'],
  qualities: ['standard', 'hd'],
  durations,
  resolutions: ['720p', '1080p', '4k'],
};

/** Three providers that need no network and no key. They expand a prompt by rules, paint an image from it and animate the image. */
export function createDemoStudio({ directory, minStepMs, faults, ffmpegPath }: DemoStudioOptions): DemoStudio {
  return {
    enhance: {
      id: 'demo',
      vendor: null,
      step: 'enhance',
      model: 'demo-enhancer-1',
      capabilities: still,
      expectedMs: () => Math.max(minStepMs, 50),
      submit: async (request, { signal }) => {
        const output = await paced(minStepMs, faults.enhance, signal, async () => enhance(request));
        return { outcome: 'finished', output };
      },
      ...answersAtOnce,
    },
    image: {
      id: 'demo',
      vendor: null,
      step: 'image',
      model: 'demo-painter-1',
      capabilities: still,
      expectedMs: ({ quality }) => Math.max(minStepMs, quality === 'hd' ? 2_500 : 1_200),
      submit: async (request, { signal }) => {
        const sheet = { ...imageSize(request), style: request.style };
        // Loaded only to paint: sharp is large, and most commands only ask for the studio's capabilities.
        const { paint } = await import('./painting/paint.ts');
        const png = await paced(minStepMs, faults.image, signal, () => paint(request.prompt, sheet));
        return { outcome: 'finished', output: { body: Readable.from([png], { objectMode: false }) } };
      },
      ...answersAtOnce,
    },
    video: {
      id: 'demo',
      vendor: null,
      step: 'video',
      model: 'demo-animator-1',
      capabilities: moving,
      expectedMs: ({ duration, resolution }) =>
        Math.max(minStepMs, 1_500 + duration * (resolution === '720p' ? 500 : 1_100)),
      ...createVideoCalls({ directory, minStepMs, fault: faults.video, ffmpegPath }),
    },
  };
}

/** Enhancer and painter return their result with `submit`, so there is nothing to poll. */
const answersAtOnce = {
  poll: neverAccepted,
  download: neverAccepted,
  cancel: async (_handle: JsonValue) => {},
};

async function neverAccepted(_handle: JsonValue): Promise<never> {
  throw new ProviderError('interrupted', 'the demo studio does not know this operation');
}
