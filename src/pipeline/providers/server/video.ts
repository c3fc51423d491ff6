import { Readable } from 'node:stream';
import { z } from 'zod';
import type { JsonValue } from '../../../domain.ts';
import { scrub } from '../../../observability/scrub.ts';
import type { VideoServer } from '../config.ts';
import { deadlines } from '../deadlines.ts';
import { type Endpoint, requestJson } from '../http.ts';
import {
  type Call,
  type MediaStream,
  type Polled,
  type Provider,
  ProviderError,
  type Submitted,
  type VideoRequest,
} from '../provider.ts';
import { type DownloadSettings, downloadFrom } from './download.ts';
import { createModelName, endpointOf } from './endpoint.ts';
import { frameOf } from './frame.ts';
import { type VideoSize, videoAbilities } from './videoSettings.ts';

const problem = z.object({ code: z.union([z.string(), z.number()]).nullish(), message: z.string().nullish() });
/** The parts of a job that we rely on. `progress` is a percentage. */
const job = z.object({
  id: z.string().regex(/[^.]/).nullish(),
  status: z.string().min(1),
  progress: z.number().nullish().catch(null),
  error: z.union([problem, z.string()]).nullish().catch(null),
});
type Job = z.infer<typeof job>;

/** The answer of a server that makes the video while it is asked, as older versions of vLLM-Omni do. */
const madeAtOnce = z.object({
  data: z
    .tuple([z.object({ b64_json: z.string().min(1).nullish(), url: z.string().min(1).nullish() })])
    .rest(z.unknown()),
});

const handleShape = z.object({ id: z.string(), seconds: z.number() });

/** In milliseconds. */
const pollAfterMs = 3_000;
/** In milliseconds, for each second of video: a guess for the first time estimate. */
const usualMsPerSecond = { '720p': 20_000, '1080p': 45_000, '4k': 120_000 } as const;

export type ServerVideoOptions = VideoServer & { model: string } & DownloadSettings;

/**
 * Videos from a server of the operator's own with OpenAI's former interface for videos (vLLM-Omni and others): one form starts a job, which
 * is polled, downloaded and deleted by its id.
 */
export function createServerVideo(options: ServerVideoOptions): Provider<'video'> {
  const server = endpointOf('video', options);
  const { capabilities, sizeOf } = videoAbilities(options);
  const nameOf = createModelName(server, options.model);
  return {
    id: 'server',
    vendor: null,
    step: 'video',
    model: options.model,
    capabilities,
    prices: null,
    sendDeadlineMs: deadlines.makeVideo,
    expectedMs: ({ duration, resolution }) => 5_000 + duration * usualMsPerSecond[resolution],
    submit: async (request, call) => {
      const size = sizeOf(request.resolution, request.aspect);
      if (!size) throw cannot('this size');
      if (request.last) throw cannot('a last frame');
      const form = await formOf(request, size, await nameOf(call.signal));
      return await submit(server, { form, seconds: request.duration }, call, options);
    },
    poll: (handle, call) => poll(server, handleOf(handle), call),
    download: async (handle, { signal }): Promise<MediaStream> => {
      const address = `${server.baseUrl}${pathOf(handleOf(handle))}/content`;
      return { body: await downloadFrom(server, address, { signal, resumePauseMs: options.resumePauseMs }) };
    },
    cancel: (handle, call) => cancel(server, handleOf(handle), call),
  };
}

const cannot = (thing: string) =>
  new ProviderError('invalid_request', `The model of the video server cannot make ${thing}.`, {
    nothingGenerated: true,
  });

/** `seconds` is text, and the first frame is a file. A server that has one model needs no name of it. */
async function formOf(request: VideoRequest, size: VideoSize, model: string | null): Promise<FormData> {
  const { start } = request;
  const form = new FormData();
  if (model !== null) form.set('model', model);
  form.set('prompt', request.prompt);
  form.set('seconds', String(request.duration));
  form.set('size', `${size.width}x${size.height}`);
  switch (start.from) {
    case 'text':
      return form;
    case 'image': {
      const { content, mime } = await frameOf(start.image, size);
      const name = `frame.${mime.replace('image/', '')}`;
      form.set('input_reference', new File([new Uint8Array(content)], name, { type: mime }));
      return form;
    }
    case 'clip':
      throw cannot('a clip longer');
  }
}

async function submit(
  server: Endpoint,
  { form, seconds }: { form: FormData; seconds: number },
  { signal }: Call,
  settings: DownloadSettings,
): Promise<Submitted<'video'>> {
  const request = {
    method: 'POST',
    path: '/videos',
    body: { form },
    deadlineMs: deadlines.makeVideo,
    signal,
  } as const;
  const answer = await requestJson(server, request, z.union([madeAtOnce, job]));
  if ('data' in answer) {
    const [{ b64_json: content, url }] = answer.data;
    const cost = costOf(seconds);
    if (content)
      return { outcome: 'finished', output: { body: Readable.from([Buffer.from(content, 'base64')]) }, cost };
    const body = await downloadFrom(server, url ?? '', { signal, resumePauseMs: settings.resumePauseMs });
    return { outcome: 'finished', output: { body }, cost };
  }
  throwIfFailed(server, answer);
  if (!answer.id) throw new ProviderError('no_output', `${server.vendor} accepted a video and did not name it.`);
  return { outcome: 'accepted', handle: { id: answer.id, seconds }, pollAfterMs };
}

async function poll(server: Endpoint, handle: z.infer<typeof handleShape>, { signal }: Call): Promise<Polled> {
  const request = { method: 'GET', path: pathOf(handle), deadlineMs: deadlines.poll, signal } as const;
  const answer = await requestJson(knowing(server), request, job);
  throwIfFailed(server, answer);
  if (doneStatuses.has(answer.status)) return { outcome: 'finished', cost: costOf(handle.seconds) };
  const fraction = Math.min(1, (answer.progress ?? 0) / 100);
  return { outcome: 'working', pollAfterMs, ...(fraction > 0 && { fraction }) };
}

const doneStatuses = new Set(['completed', 'succeeded']);
const failedStatuses = new Set(['failed', 'error', 'cancelled', 'canceled', 'expired', 'incomplete', 'rejected']);

function throwIfFailed({ vendor, key }: Endpoint, { status, error }: Job): void {
  if (!failedStatuses.has(status) && !error) return;
  const { code = null, message = null } = typeof error === 'string' ? { message: error } : (error ?? {});
  const isRefusal = /moderation|policy|safety|nsfw/i.test(`${code} ${message}`);
  const said = scrub(message ?? '', key ? [key] : []);
  const detail = isRefusal ? `${vendor} did not allow this. ${said}` : `${vendor} could not make the video. ${said}`;
  throw new ProviderError(isRefusal ? 'refused' : 'no_output', detail.trim().slice(0, 300));
}

/** A server that was started again may have forgotten its jobs. */
const knowing = (server: Endpoint): Endpoint => ({
  ...server,
  classify: (rejection) =>
    rejection.status === 404
      ? { kind: 'no_output', detail: `${server.vendor} no longer knows this video.`, nothingGenerated: false }
      : { ...server.classify(rejection), nothingGenerated: false },
});

/** Asks the server to delete the job, which ends it. Some servers have another call for that. */
async function cancel(server: Endpoint, handle: z.infer<typeof handleShape>, { signal }: Call): Promise<void> {
  const ask = (method: 'DELETE' | 'POST', path: string) =>
    requestJson(server, { method, path, deadlineMs: deadlines.cancel, signal }, z.unknown());
  try {
    await ask('DELETE', pathOf(handle));
  } catch (error) {
    const lacksIt = error instanceof ProviderError && error.kind === 'invalid_request';
    if (lacksIt) await ask('POST', `${pathOf(handle)}/cancel`).catch(() => undefined);
  }
}

const pathOf = ({ id }: { id: string }): string => `/videos/${encodeURIComponent(id)}`;

/** The operator's own GPU charges nothing. */
const costOf = (seconds: number) => ({ microUsd: 0, usage: { seconds } });

function handleOf(handle: JsonValue): z.infer<typeof handleShape> {
  const parsed = handleShape.safeParse(handle);
  if (parsed.success) return parsed.data;
  throw new ProviderError('internal', 'The handle of a video is not one of the video server.');
}
