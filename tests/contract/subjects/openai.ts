import { createOpenAiEnhance } from '../../../src/pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from '../../../src/pipeline/providers/openai/image.ts';
import { openAiKey } from '../../support/canary.ts';
import { enhanceRequest, imageRequest } from '../../support/providers/call.ts';
import { startOpenAi } from '../../support/providers/openai.ts';
import type { Opened, Subject } from '../subject.ts';

const open =
  (asksOf: (baseUrl: string) => Opened['asks'], submit: RegExp, errorInside: unknown): Subject['open'] =>
  async ({ baseUrl } = {}) => {
    const stub = await startOpenAi();
    return {
      stub,
      asks: asksOf(`${baseUrl ?? stub.url}/v1`),
      key: openAiKey,
      paths: { submit, poll: null, content: null, cancel: null },
      billed: () => stub.billed.length,
      errorInside,
      resultAt: null,
    };
  };

const error = { message: 'The server had an error.', type: 'server_error', code: 'server_error' };

export const openAiSubjects: Subject[] = [
  {
    name: 'openai enhance',
    open: open(
      (baseUrl) => ({ step: 'enhance', provider: createOpenAiEnhance({ baseUrl }), request: enhanceRequest }),
      /^\/v1\/responses$/,
      { id: 'resp_1', object: 'response', status: 'failed', error, output: [] },
    ),
  },
  {
    name: 'openai image',
    open: open(
      (baseUrl) => ({ step: 'image', provider: createOpenAiImage({ baseUrl }), request: imageRequest }),
      /^\/v1\/images\/generations$/,
      { error },
    ),
  },
];
