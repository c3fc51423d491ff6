import { Secret } from '../../../src/db/secret.ts';
import { createComfyImage } from '../../../src/pipeline/providers/comfyui/image.ts';
import { createComfyVideo } from '../../../src/pipeline/providers/comfyui/video.ts';
import { plainCanary } from '../../support/canary.ts';
import { imageRequest, videoRequest } from '../../support/providers/call.ts';
import { startComfy } from '../../support/providers/comfyui.ts';
import { sampleOf } from '../../support/providers/comfyui-samples.ts';
import type { Subject } from '../subject.ts';

const key = new Secret(plainCanary);

async function opened({ baseUrl }: { baseUrl?: string } = {}) {
  const stub = await startComfy();
  stub.key = plainCanary;
  return {
    stub,
    server: { baseUrl: baseUrl ?? stub.url, key, resumePauseMs: 1 },
    key,
    holdsKey: true,
    paths: {
      submit: /^\/prompt$/,
      poll: /^\/history\//,
      content: /^\/view$/,
      cancel: { method: 'POST', path: /^\/queue$/ },
    },
    billed: () => stub.jobs.length,
    errorInside: { error: { type: 'invalid_prompt', message: 'no such node', details: '' }, node_errors: {} },
    // A result is always at ComfyUI's own address.
    resultAt: null,
  };
}

export const comfyuiSubjects: Subject[] = [
  {
    name: 'comfyui image',
    open: async (over) => {
      const { server, ...rest } = await opened(over);
      const provider = createComfyImage(server, sampleOf('image'));
      return { ...rest, asks: { step: 'image', provider, request: imageRequest } };
    },
  },
  {
    name: 'comfyui video',
    open: async (over) => {
      const { server, ...rest } = await opened(over);
      const provider = createComfyVideo(server, sampleOf('video'));
      return { ...rest, asks: { step: 'video', provider, request: { ...videoRequest, duration: 5 } } };
    },
  },
];
