import { Readable } from 'node:stream';
import { resolutions } from '../domain.ts';
import { type Capabilities, type ImageRequest, noCapabilities, type Provider } from '../pipeline/providers/provider.ts';
import { answersAtOnce } from './at-once.ts';
import { enhance } from './enhance.ts';
import { createFaultPicker, type DemoFaults } from './faults.ts';
import { createVideoCalls, maxFilmSeconds } from './film/video.ts';
import { paced } from './pace.ts';

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
const still: Capabilities = { ...noCapabilities, qualities: ['standard', 'hd'] };
const moving: Capabilities = {
  ...still,
  durations,
  resolutions,
  lastFrame: durations,
  extension: { seconds: durations, maxSeconds: maxFilmSeconds, resolutions },
};

/** Three providers that need no network and no key. They expand a prompt by rules, paint an image from it and animate the image. */
export function createDemoStudio({ directory, minStepMs, faults, ffmpegPath }: DemoStudioOptions): DemoStudio {
  const faultOf = createFaultPicker(faults);
  return {
    enhance: {
      id: 'demo',
      vendor: null,
      step: 'enhance',
      model: 'demo-enhancer-1',
      capabilities: { ...still, references: 8 },
      prices: null,
      expectedMs: () => Math.max(minStepMs, 50),
      submit: async (request, { runId, signal }) => {
        const output = await paced(minStepMs, faultOf('enhance', runId), signal, () => enhance(request));
        return { outcome: 'finished', output };
      },
      ...answersAtOnce,
    },
    image: {
      id: 'demo',
      vendor: null,
      step: 'image',
      model: 'demo-painter-1',
      capabilities: { ...still, references: 8 },
      prices: null,
      expectedMs: ({ quality }) => Math.max(minStepMs, quality === 'hd' ? 2_500 : 1_200),
      submit: async (request, { runId, signal }) => {
        const fault = faultOf('image', runId);
        const png = await paced(minStepMs, fault, signal, () => paintRequest(request));
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
      prices: null,
      expectedMs: ({ duration, resolution }) =>
        Math.max(minStepMs, 1_500 + duration * (resolution === '720p' ? 500 : 1_100)),
      ...createVideoCalls({ directory, minStepMs, faultOf, ffmpegPath }),
    },
  };
}

async function paintRequest(request: ImageRequest): Promise<Buffer> {
  // Loaded only to paint: sharp is large, and most commands only ask for the studio's capabilities.
  const { paintRequest: paint } = await import('./painting/request.ts');
  return await paint(request);
}
