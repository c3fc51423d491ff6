import { createRunwayImage } from '../../../src/pipeline/providers/runway/image.ts';
import { createRunwayVideo } from '../../../src/pipeline/providers/runway/video.ts';
import { runwayKey } from '../../support/canary.ts';
import { imageRequest, videoRequest } from '../../support/providers/call.ts';
import { startRunway } from '../../support/providers/runway.ts';
import type { Opened, Subject } from '../subject.ts';

const open =
  (asksOf: (options: { baseUrl: string; resumePauseMs: number }) => Opened['asks'], submit: RegExp): Subject['open'] =>
  async ({ baseUrl } = {}) => {
    const stub = await startRunway();
    stub.states = [{ status: 'THROTTLED' }, { status: 'RUNNING', progress: 0.5 }, { status: 'SUCCEEDED' }];
    return {
      stub,
      asks: asksOf({ baseUrl: baseUrl ?? stub.url, resumePauseMs: 1 }),
      key: runwayKey,
      paths: {
        submit,
        poll: /^\/v1\/tasks\//,
        content: /^\/files\//,
        cancel: { method: 'DELETE', path: /^\/v1\/tasks\// },
      },
      billed: () => stub.billed.length,
      errorInside: { error: 'An internal error has occurred.' },
      resultAt: (url) => {
        stub.states = [{ status: 'SUCCEEDED', output: [url] }];
      },
    };
  };

export const runwaySubjects: Subject[] = [
  {
    name: 'runway image',
    open: open(
      (options) => ({
        step: 'image',
        provider: createRunwayImage({ ...options, model: 'gpt_image_2' }),
        request: imageRequest,
      }),
      /^\/v1\/text_to_image$/,
    ),
  },
  {
    name: 'runway video',
    open: open(
      (options) => ({
        step: 'video',
        provider: createRunwayVideo({ ...options, model: 'seedance2_5' }),
        request: videoRequest,
      }),
      /^\/v1\/image_to_video$/,
    ),
  },
];
