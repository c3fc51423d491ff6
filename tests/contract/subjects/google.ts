import { createGoogleEnhance } from '../../../src/pipeline/providers/google/enhance.ts';
import { createGoogleImage } from '../../../src/pipeline/providers/google/image.ts';
import { createOmni } from '../../../src/pipeline/providers/google/omni.ts';
import { createVeo } from '../../../src/pipeline/providers/google/veo.ts';
import { googleKey } from '../../support/canary.ts';
import { enhanceRequest, imageRequest, videoRequest } from '../../support/providers/call.ts';
import { geminiImageAnswer, geminiTextAnswer, startGemini } from '../../support/providers/gemini-image.ts';
import { completed, startOmni } from '../../support/providers/omni.ts';
import { startVeo, veoDone, veoOptions, veoWorking } from '../../support/providers/veo.ts';
import type { Opened, Subject } from '../subject.ts';

const gemini =
  (answer: unknown, asksOf: (baseUrl: string) => Opened['asks']): Subject['open'] =>
  async ({ baseUrl } = {}) => {
    const stub = await startGemini();
    stub.answer = answer;
    return {
      stub,
      asks: asksOf(baseUrl ?? stub.url),
      key: googleKey,
      paths: { submit: /:generateContent$/, poll: null, content: null, cancel: null },
      billed: () => stub.billed.length,
      errorInside: { promptFeedback: { blockReason: 'OTHER' } },
      resultAt: null,
    };
  };

const openOmni: Subject['open'] = async ({ baseUrl } = {}) => {
  const stub = await startOmni();
  stub.states = [{ status: 'in_progress' }, completed];
  return {
    stub,
    asks: {
      step: 'video',
      provider: createOmni({ baseUrl: baseUrl ?? stub.url, resumePauseMs: 1 }),
      request: videoRequest,
    },
    key: googleKey,
    paths: {
      submit: /\/interactions$/,
      poll: /\/interactions\/it-\d+$/,
      content: /\/files\//,
      cancel: { method: 'POST', path: /\/interactions\/it-\d+\/cancel$/ },
    },
    billed: () => stub.billed.length,
    errorInside: { error: { code: 'internal', message: 'An internal error has occurred.' } },
    resultAt: (uri) => {
      stub.states = [{ status: 'completed', steps: [{ type: 'model_output', content: [{ type: 'video', uri }] }] }];
    },
  };
};

const openVeo: Subject['open'] = async ({ baseUrl } = {}) => {
  const stub = await startVeo();
  stub.states = [veoWorking, veoDone(Buffer.from('a video of a fox'))];
  const options = await veoOptions(stub);
  return {
    stub,
    asks: {
      step: 'video',
      provider: createVeo({ ...options, ...(baseUrl !== undefined && { baseUrl }) }),
      request: videoRequest,
    },
    // Veo signs in by itself.
    key: null,
    paths: { submit: /:predictLongRunning$/, poll: /:fetchPredictOperation$/, content: null, cancel: null },
    billed: () => stub.billed.length,
    errorInside: { done: true, error: { code: 13, message: 'An internal error has occurred.' } },
    resultAt: null,
  };
};

export const googleSubjects: Subject[] = [
  {
    name: 'google enhance',
    open: gemini(geminiTextAnswer({ image: 'a still fox', motion: 'it runs' }), (baseUrl) => ({
      step: 'enhance',
      provider: createGoogleEnhance({ baseUrl }),
      request: enhanceRequest,
    })),
  },
  {
    name: 'google image',
    open: gemini(geminiImageAnswer, (baseUrl) => ({
      step: 'image',
      provider: createGoogleImage({ baseUrl }),
      request: imageRequest,
    })),
  },
  { name: 'google omni', open: openOmni },
  { name: 'google veo', open: openVeo },
];
