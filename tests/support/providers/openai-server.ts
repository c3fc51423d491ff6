import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { png } from './call.ts';
import { formOf, shotsOf } from './openai.ts';
import { pictureFormat } from './pictureFormat.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

/**
 * A server of an operator's own that speaks as OpenAI does: vLLM-Omni for videos and images, vLLM or Ollama for prompts. It bills every POST
 * for a result, so that a test sees one too many.
 */
export type OwnServerStub = Stub & {
  /** The paths of the requests that made something, in order. */
  billed: string[];
  /** The ids that it lists, or null if it has no list. */
  models: { listed: string[] | null };
  /** The names that a request may carry. Null: it takes none but those that it lists. */
  key: { required: string | null };
  videos: {
    /** What each video was asked for, in order. */
    asked: { prompt: string; seconds: number; size: string; model: string | null; frame: Buffer | null }[];
    /** What a job says of itself with each poll. The last one stays. `completed` has the content. */
    states: Record<string, unknown>[];
    /** The content of the next jobs, by the place of the job. */
    contentOf: (job: number) => Promise<Buffer> | Buffer;
    /** Whether it makes the video while it is asked, and how it then sends it. */
    atOnce: Record<string, unknown> | null;
    /** The answer to a POST waits for this. */
    until: Promise<void> | null;
    deleted: string[];
    canDelete: boolean;
  };
  images: {
    canEdit: boolean;
    bytes: Buffer;
    /** The next answers are the image at this address instead of the image itself. */
    url: string | null;
    edits: Record<string, unknown>[];
  };
  words: {
    /** Whether it holds its model to a form, and how it refuses that. */
    refusesFormat: { status: number; body: unknown } | null;
    /** What the model says around its answer. */
    wrap: (answer: string) => string;
    /** The message that it sends instead of an answer. */
    message: Record<string, unknown> | null;
    asked: { instructions: string; briefing: Record<string, unknown>; model: string | null; hasFormat: boolean }[];
  };
};

/** A picture that is what its type says. */
const picture = z
  .file()
  .min(1)
  .mime(['image/png', 'image/jpeg', 'image/webp'])
  .refine(async (one) => pictureFormat(await one.bytes()) === one.type, 'The image is not what its type says.');
const size = z.string().regex(/^\d+x\d+$/);

/** vLLM-Omni's form for videos, as far as OpenAI had it too. It refuses a field that it does not know, and seconds that are no whole number. */
const videoForm = z.strictObject({
  model: z.string().min(1).optional(),
  prompt: z.string().min(1),
  seconds: z.string().regex(/^[1-9]\d*$/),
  size,
  input_reference: picture.optional(),
});
const imageFields = {
  model: z.string().min(1).optional(),
  prompt: z.string().min(1),
  size,
  response_format: z.enum(['b64_json', 'url']),
};
const generation = z.strictObject({ ...imageFields, n: z.int().min(1).max(10) });
const edit = z.union([
  z.strictObject({ ...imageFields, n: z.coerce.number().int().min(1), image: picture }),
  z.strictObject({ ...imageFields, n: z.coerce.number().int().min(1), 'image[]': z.array(picture).min(2) }),
]);
const completion = z.strictObject({
  model: z.string().min(1).optional(),
  messages: z.tuple([
    z.strictObject({ role: z.literal('system'), content: z.string().min(1) }),
    z.strictObject({ role: z.literal('user'), content: z.string().min(1) }),
  ]),
  max_tokens: z.int().min(1),
  stream: z.literal(false),
  response_format: z
    .strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: z.string().regex(/^[\w-]{1,64}$/),
        strict: z.literal(true),
        schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
      }),
    })
    .optional(),
});
const briefing = z.looseObject({ scenes: z.array(z.number()).optional(), motion: z.string().optional() });

/** An answer in the form that the briefing asks for. */
function answerTo({ scenes, motion }: z.infer<typeof briefing>): unknown {
  if (scenes) return { shots: shotsOf(scenes.length) };
  return motion === undefined ? { image: 'a still fox', motion: 'it runs' } : { motion: 'it runs to the left' };
}

const usage = { prompt_tokens: 300, completion_tokens: 120, total_tokens: 420 };

export async function startOwnServer(): Promise<OwnServerStub> {
  const billed: string[] = [];
  const models: OwnServerStub['models'] = { listed: ['the-only-model'] };
  const key: OwnServerStub['key'] = { required: null };
  const videos: OwnServerStub['videos'] = {
    asked: [],
    states: [
      { status: 'in_progress', progress: 40 },
      { status: 'completed', progress: 100 },
    ],
    contentOf: () => Buffer.from('a video of a fox'),
    atOnce: null,
    until: null,
    deleted: [],
    canDelete: true,
  };
  const images: OwnServerStub['images'] = { canEdit: true, bytes: png, url: null, edits: [] };
  const words: OwnServerStub['words'] = { refusesFormat: null, wrap: (answer) => answer, message: null, asked: [] };
  const polls = new Map<string, number>();

  const stub = await startStub(async (request, response) => {
    if (key.required !== null && request.headers.authorization !== `Bearer ${key.required}`) {
      return json(response, 401, { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } });
    }
    const { method, path } = request;
    const [, id = '', rest = ''] = /^\/v1\/videos\/([^/]+)(\/\w+)?$/.exec(path) ?? [];
    switch (`${method} ${id === '' ? path : `/v1/videos/ID${rest}`}`) {
      case 'GET /v1/models':
        return models.listed === null ? missing(response) : json(response, 200, listOf(models.listed));
      case 'POST /v1/videos':
        return await create(request, response);
      case 'GET /v1/videos/ID':
        return show(id, response);
      case 'GET /v1/videos/ID/content':
        return await send(id, response);
      case 'DELETE /v1/videos/ID':
        if (!videos.canDelete) return json(response, 405, { detail: 'Method Not Allowed' });
        videos.deleted.push(id);
        return json(response, 200, { id, object: 'video.deleted', deleted: true });
      case 'POST /v1/videos/ID/cancel':
        videos.deleted.push(id);
        return json(response, 200, { id, status: 'cancelled' });
      case 'POST /v1/images/generations':
        return await paint(generation.safeParse(request.body), path, response);
      case 'POST /v1/images/edits': {
        if (!images.canEdit) return missing(response);
        const form = await formOf(request);
        images.edits.push(form);
        return await paint(await edit.safeParseAsync(form), path, response);
      }
      case 'GET /v1/images/edits':
        return images.canEdit ? json(response, 405, { detail: 'Method Not Allowed' }) : missing(response);
      case 'GET /v1/images/image.png':
        return void response.writeHead(200, { 'content-type': 'image/png' }).end(images.bytes);
      case 'POST /v1/chat/completions':
        return write(request, response);
      default:
        return missing(response);
    }
  });

  const isServed = (model: string | undefined) => model === undefined || (models.listed ?? [model]).includes(model);

  async function create(request: Received, response: ServerResponse) {
    const parsed = await videoForm.safeParseAsync(await formOf(request));
    if (!parsed.success) return json(response, 422, { detail: z.prettifyError(parsed.error) });
    const { prompt, seconds, size: asked, model, input_reference: file } = parsed.data;
    if (!isServed(model)) return missing(response);
    billed.push(request.path);
    const frame = file ? Buffer.from(await file.bytes()) : null;
    videos.asked.push({ prompt, seconds: Number(seconds), size: asked, model: model ?? null, frame });
    await videos.until;
    if (videos.atOnce) return json(response, 200, videos.atOnce);
    const job = { id: `video_${videos.asked.length}`, object: 'video', status: 'queued', progress: 0, created_at: 1 };
    json(response, 200, { ...job, model: 'the-only-model', prompt, seconds, size: asked, error: null });
  }

  function show(id: string, response: ServerResponse) {
    const seen = polls.get(id) ?? 0;
    polls.set(id, seen + 1);
    const state = videos.states[Math.min(seen, videos.states.length - 1)];
    json(response, 200, { id, object: 'video', error: null, ...state });
  }

  async function send(id: string, response: ServerResponse) {
    const content = await videos.contentOf(Number(id.replace('video_', '')));
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': content.length }).end(content);
  }

  async function paint(
    parsed: z.ZodSafeParseResult<{ model?: string | undefined }>,
    path: string,
    response: ServerResponse,
  ) {
    if (!parsed.success) return json(response, 400, { error: { message: z.prettifyError(parsed.error) } });
    if (!isServed(parsed.data.model)) return missing(response);
    billed.push(path);
    const { url, bytes } = images;
    json(response, 200, { created: 1, data: [url === null ? { b64_json: bytes.toString('base64') } : { url }] });
  }

  function write(request: Received, response: ServerResponse) {
    const parsed = completion.safeParse(request.body);
    if (!parsed.success) return json(response, 422, { detail: z.prettifyError(parsed.error) });
    const { model, messages, response_format: format } = parsed.data;
    if (format && words.refusesFormat) return json(response, words.refusesFormat.status, words.refusesFormat.body);
    billed.push(request.path);
    const [{ content: instructions }, { content }] = messages;
    const given = briefing.parse(JSON.parse(content));
    words.asked.push({ instructions, briefing: given, model: model ?? null, hasFormat: format !== undefined });
    const written = JSON.stringify(answerTo(given));
    const message = words.message ?? { role: 'assistant', content: words.wrap(written) };
    json(response, 200, { id: 'chat-1', choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  }

  return Object.assign(stub, { billed, models, key, videos, images, words });
}

const missing = (response: ServerResponse) => json(response, 404, { detail: 'Not Found' });

const listOf = (ids: readonly string[]) => ({
  object: 'list',
  data: ids.map((id) => ({ id, object: 'model', created: 1, owned_by: 'vllm' })),
});
