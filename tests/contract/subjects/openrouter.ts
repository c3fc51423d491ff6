import type { ProvidedKind } from '../../../src/domain.ts';
import { openrouter } from '../../../src/pipeline/providers/openrouter/adapter.ts';
import type { EnhanceRequest } from '../../../src/pipeline/providers/provider.ts';
import { testConfig } from '../../support/config.ts';
import { imageRequest, videoRequest } from '../../support/providers/call.ts';
import { openRouterKey, startOpenRouter } from '../../support/providers/openrouter.ts';
import type { Opened, Subject } from '../subject.ts';

const enhanceRequest: EnhanceRequest = {
  prompt: 'a fox in the snow',
  style: 'vivid',
  aspect: 'wide',
  duration: 8,
  scenes: [],
  frame: null,
  cast: [],
};

/** A model of the recorded catalogue for each kind of step. */
const models = {
  enhance: 'openai/gpt-6-luna',
  image: 'qwen/qwen-image-3',
  video: 'google/veo-3.1-lite',
} as const satisfies Record<ProvidedKind, string>;

/** The provider as the adapter makes it from the catalogue of the stand-in. */
async function askingOf(step: ProvidedKind, baseUrl: string, catalogueAt: string): Promise<Opened['asks']> {
  const configOf = (url: string) => testConfig('postgres://nowhere', '.', { OPENROUTER_BASE_URL: `${url}/api/v1` });
  const { providers: config } = configOf(catalogueAt);
  const listed = await openrouter.list(config, { key: null, signal: new AbortController().signal });
  if (!listed.ok) throw new Error(listed.fault.detail);
  const source = openrouter.source(configOf(baseUrl).providers, () => listed.value);
  const provider = source?.find(step, 'openrouter', models[step]);
  switch (provider?.step) {
    case 'enhance':
      return { step: 'enhance', provider, request: enhanceRequest };
    case 'image':
      return { step: 'image', provider, request: imageRequest };
    case 'video':
      return { step: 'video', provider, request: videoRequest };
    case undefined:
      throw new Error(`the catalogue has no model for ${step}`);
  }
}

const open =
  (step: ProvidedKind, paths: Opened['paths'], errorInside: unknown): Subject['open'] =>
  async ({ baseUrl } = {}) => {
    const stub = await startOpenRouter();
    const asks = await askingOf(step, baseUrl ?? stub.url, stub.url);
    // The catalogue was read for nothing, and is no part of what the test looks at.
    stub.requests.length = 0;
    return {
      stub,
      asks,
      key: openRouterKey,
      paths,
      billed: () => stub.billed.length,
      errorInside,
      // OpenRouter names addresses, and VidGenie uses none of them: see `openrouter-video.test.ts`.
      resultAt: null,
    };
  };

const error = { code: 502, message: 'Provider returned error' };
const atOnce = { poll: null, content: null, cancel: null };

export const openRouterSubjects: Subject[] = [
  { name: 'openrouter enhance', open: open('enhance', { submit: /\/chat\/completions$/, ...atOnce }, { error }) },
  { name: 'openrouter image', open: open('image', { submit: /\/v1\/images$/, ...atOnce }, { error }) },
  {
    name: 'openrouter video',
    open: open(
      'video',
      { submit: /\/v1\/videos$/, poll: /\/videos\/job-\d+$/, content: /\/content$/, cancel: null },
      { error },
    ),
  },
];
