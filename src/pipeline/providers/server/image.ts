import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Aspect, Quality } from '../../../domain.ts';
import { answersAtOnce } from '../at-once.ts';
import type { OwnServer } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { type HttpRequest, requestJson } from '../http.ts';
import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import {
  type Capabilities,
  type ImageRequest,
  noCapabilities,
  type Picture,
  type Provider,
  ProviderError,
} from '../provider.ts';
import { type DownloadSettings, downloadFrom } from './download.ts';
import { createModelName, endpointOf } from './endpoint.ts';

/** In pixels. Exact 16:9 and 9:16, because an image may become a first frame. All sides are multiples of 16, as open models need. */
const sizes = {
  standard: { wide: '1280x720', tall: '720x1280', square: '1024x1024' },
  hd: { wide: '1536x864', tall: '864x1536', square: '1024x1024' },
} as const satisfies Record<Quality, Record<Aspect, string>>;

/** How many pictures a call takes on a server that changes images. Models such as Qwen-Image-Edit take few. */
const editedPictures = 3;

export const imageAbilities = (canEdit: boolean): Capabilities => ({
  ...noCapabilities,
  qualities: ['standard', 'hd'],
  references: canEdit ? editedPictures : 0,
});

/** In milliseconds. A guess for the first time estimate. */
const usualMs = { standard: 20_000, hd: 30_000 } as const satisfies Record<Quality, number>;

const answer = z.object({
  data: z
    .tuple([z.object({ b64_json: z.string().min(1).nullish(), url: z.string().min(1).nullish() })])
    .rest(z.unknown()),
});

export type ServerImageOptions = OwnServer & { model: string; capabilities: Capabilities } & DownloadSettings;

/** Images from a server of the operator's own with OpenAI's interface for images, in the shape that DALL-E had. */
export function createServerImage(options: ServerImageOptions): Provider<'image'> {
  const { model, capabilities } = options;
  const server = endpointOf('image', options);
  const nameOf = createModelName(server, model);
  return {
    id: 'server',
    vendor: null,
    step: 'image',
    model,
    capabilities,
    prices: null,
    expectedMs: ({ quality }) => usualMs[quality],
    submit: async (request, { signal }) => {
      const pictures = picturesOf(request, capabilities.references);
      const asked = requestOf(request, pictures, await nameOf(signal));
      const { data } = await requestJson(server, { ...asked, deadlineMs: deadlines.image, signal }, answer);
      const [{ b64_json: content, url }] = data;
      const cost = { microUsd: 0, usage: { images: 1 } };
      if (content)
        return { outcome: 'finished', output: { body: Readable.from([Buffer.from(content, 'base64')]) }, cost };
      if (!url) throw new ProviderError('no_output', `${server.vendor} sent no image.`);
      return { outcome: 'finished', output: { body: await downloadFrom(server, url, { signal, ...options }) }, cost };
    },
    ...answersAtOnce,
  };
}

type Asked = Pick<HttpRequest, 'method' | 'path' | 'body'>;

function requestOf(request: ImageRequest, pictures: readonly Picture[], model: string | null): Asked {
  const fields = {
    ...(model !== null && { model }),
    prompt: imagePromptOf(request),
    size: sizes[request.quality][request.aspect],
    response_format: 'b64_json',
  };
  if (pictures.length === 0)
    return { method: 'POST', path: '/images/generations', body: { json: { ...fields, n: 1 } } };
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, n: '1' })) form.set(name, value);
  for (const [index, { content, mime }] of pictures.entries()) {
    const file = new File([new Uint8Array(content)], `picture-${index + 1}.${mime.replace('image/', '')}`, {
      type: mime,
    });
    form.append(pictures.length === 1 ? 'image' : 'image[]', file);
  }
  return { method: 'POST', path: '/images/edits', body: { form } };
}
