import { createServerEnhance } from '../../../src/pipeline/providers/server/enhance.ts';
import { createServerImage, imageAbilities } from '../../../src/pipeline/providers/server/image.ts';
import { createServerVideo } from '../../../src/pipeline/providers/server/video.ts';
import { enhanceRequest, imageRequest, videoRequest } from '../../support/providers/call.ts';
import { type OwnServerStub, startOwnServer } from '../../support/providers/openai-server.ts';
import type { Opened, Subject } from '../subject.ts';

type Made = Pick<Opened, 'asks' | 'paths' | 'errorInside' | 'resultAt'>;

/** The operator's servers need no key of a workspace, so calls carry none. */
const open =
  (
    madeOf: (server: { baseUrl: string; key: null; resumePauseMs: number }, stub: OwnServerStub) => Made,
  ): Subject['open'] =>
  async ({ baseUrl } = {}) => {
    const stub = await startOwnServer();
    const made = madeOf({ baseUrl: `${baseUrl ?? stub.url}/v1`, key: null, resumePauseMs: 1 }, stub);
    return { stub, key: null, billed: () => stub.billed.length, ...made };
  };

const error = { code: 'server_error', message: 'The GPU ran out of memory.' };
const model = 'the-only-model';
const atOnce = { poll: null, content: null, cancel: null };
/** The request of the suite is for 1080p. */
const sizes = [{ width: 1920, height: 1080 }];

export const serverSubjects: Subject[] = [
  {
    name: 'server enhance',
    open: open((server) => ({
      asks: { step: 'enhance', provider: createServerEnhance({ ...server, model }), request: enhanceRequest },
      paths: { submit: /^\/v1\/chat\/completions$/, ...atOnce },
      errorInside: { error },
      resultAt: null,
    })),
  },
  {
    name: 'server image',
    open: open((server, { images }) => ({
      asks: {
        step: 'image',
        provider: createServerImage({ ...server, model: 'default', capabilities: imageAbilities(true) }),
        request: imageRequest,
      },
      paths: { submit: /^\/v1\/images\/generations$/, ...atOnce },
      errorInside: { error },
      resultAt: (url) => {
        images.url = url;
      },
    })),
  },
  {
    name: 'server video',
    open: open((server) => ({
      asks: {
        step: 'video',
        provider: createServerVideo({ ...server, model: 'default', seconds: null, sizes }),
        request: videoRequest,
      },
      paths: {
        submit: /^\/v1\/videos$/,
        poll: /^\/v1\/videos\/[^/]+$/,
        content: /^\/v1\/videos\/[^/]+\/content$/,
        cancel: { method: 'DELETE', path: /^\/v1\/videos\/[^/]+$/ },
      },
      errorInside: { id: 'video_1', object: 'video', status: 'failed', error },
      resultAt: null,
    })),
  },
];
