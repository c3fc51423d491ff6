import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { png } from './call.ts';
import { pictureFormat } from './pictureFormat.ts';
import { json, type Received, type Stub, startStub } from './server.ts';

export type OpenAiStub = Stub & {
  /** The paths of the requests for which OpenAI charges, in order. */
  billed: string[];
  image: { bytes: Buffer };
  /** The next images, one each. They come before `image`. */
  images: Buffer[];
  /**
   * How a stream of unfinished pictures goes on: the next of them (they may be anything), what it waits for before its image, and how
   * it ends.
   */
  streams: {
    partials: Buffer[];
    pause: Promise<void> | null;
    ends: 'completed' | 'blocked' | 'short' | 'cut' | 'garbled';
  };
  /** The models that it lists. They may be anything. */
  models: unknown[];
  /** The categories for which a text or a picture is flagged. Null: it is clean. */
  moderation: { flags: (part: ModeratedPart) => Promise<string[] | null> | string[] | null };
};

export type ModeratedPart = { text: string; image?: never } | { text?: never; image: Buffer };

export const imageUsage = {
  input_tokens: 60,
  output_tokens: 1_000,
  total_tokens: 1_060,
  input_tokens_details: { text_tokens: 60, image_tokens: 0 },
};

/** Only a request for a stream can ask for unfinished pictures. */
const streamed = z.object({
  stream: z.union([z.literal(true), z.literal('true')]),
  partial_images: z.coerce.number().int().min(1).max(3),
});

const freeSize = z.string().refine((size) => {
  const [width = 0, height = 0] = size.split('x').map(Number);
  return width % 16 === 0 && height % 16 === 0 && width <= 3 * height && height <= 3 * width;
});
const gptImage = {
  model: z.string().regex(/^(gpt-image|chatgpt-image)/),
  prompt: z.string().min(1).max(32_000),
  n: z.coerce.number().int().min(1).max(10),
  size: freeSize,
  quality: z.enum(['low', 'medium', 'high']),
  output_format: z.enum(['png', 'webp', 'jpeg']),
  safety_identifier: z.string(),
};
/** Requests as the vendor specifies them. It refuses a field that it does not know. */
const generation = z.union([
  z.strictObject(gptImage),
  z.strictObject({
    model: z.literal('dall-e-3'),
    prompt: z.string().min(1),
    n: z.literal(1),
    size: z.enum(['1024x1024', '1792x1024', '1024x1792']),
    quality: z.enum(['standard', 'hd']),
    style: z.enum(['vivid', 'natural']),
    response_format: z.literal('b64_json'),
    user: z.string(),
  }),
]);
/** Under 50 MB, and of the type that it claims to be. */
const file = z
  .file()
  .min(1)
  .max(49_999_999)
  .mime(['image/png', 'image/jpeg', 'image/webp'])
  .refine(async (one) => pictureFormat(await one.bytes()) === one.type, 'The image is not what its type says.');
const withPictures = { ...gptImage, 'image[]': z.array(file).min(1).max(16) };
/** Only 1.5 can be told how closely to keep faces. The models from 2 on refuse the parameter. */
const edit = z.union([
  z.strictObject({
    ...withPictures,
    model: z.string().regex(/^gpt-image-1\.5/),
    input_fidelity: z.enum(['low', 'high']).optional(),
  }),
  z.strictObject(withPictures),
]);

const strictSchema = z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) });
const textCreation = z.strictObject({
  model: z.string(),
  instructions: z.string().min(1),
  input: z.union([
    z.string().min(1),
    z.tuple([
      z.strictObject({
        role: z.literal('user'),
        content: z
          .array(
            z.union([
              z.strictObject({
                type: z.literal('input_image'),
                detail: z.enum(['low', 'high', 'auto']),
                image_url: z.string().regex(/^data:image\/(png|jpeg|webp);base64,./),
              }),
              z.strictObject({ type: z.literal('input_text'), text: z.string().min(1) }),
            ]),
          )
          .min(2)
          .refine((parts) => parts.findIndex(({ type }) => type === 'input_text') === parts.length - 1),
      }),
    ]),
  ]),
  text: z.strictObject({
    format: z.strictObject({
      type: z.literal('json_schema'),
      name: z.enum(['prompts', 'story', 'motion']),
      strict: z.literal(true),
      schema: strictSchema,
    }),
  }),
  reasoning: z.strictObject({ effort: z.enum(['none', 'low', 'medium', 'high']) }).optional(),
  max_output_tokens: z.int(),
  store: z.boolean(),
  safety_identifier: z.string(),
});

/** A request takes any number of texts, but one picture at most. */
const moderationCreation = z.strictObject({
  model: z.literal('omni-moderation-latest'),
  input: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('text'), text: z.string().min(1) }),
        z.strictObject({
          type: z.literal('image_url'),
          image_url: z.strictObject({ url: z.string().regex(/^data:image\/(png|jpeg|webp);base64,./) }),
        }),
      ]),
    )
    .min(1)
    .refine((parts) => parts.filter(({ type }) => type === 'image_url').length <= 1, 'too_many_images'),
});

const partOf = (part: z.infer<typeof moderationCreation>['input'][number]): ModeratedPart =>
  part.type === 'text'
    ? { text: part.text }
    : { image: Buffer.from(part.image_url.url.replace(/^[^,]*,/, ''), 'base64') };

const moderationAnswer = (flagged: boolean, categories: readonly string[]) => ({
  id: 'modr-1',
  model: 'omni-moderation-latest',
  results: [
    {
      flagged,
      categories: { ...Object.fromEntries(categories.map((name) => [name, true])), hate: false, illicit: null },
      category_scores: {},
    },
  ],
});

/** An answer in the form that the request asks for. */
function answerTo({ text: { format } }: z.infer<typeof textCreation>): unknown {
  if (format.name === 'motion') return { motion: 'it runs to the left' };
  if (format.name === 'prompts') return { image: 'a still fox', motion: 'it runs' };
  const listed = z.object({ properties: z.object({ shots: z.object({ minItems: z.int(), maxItems: z.int() }) }) });
  return { shots: shotsOf(listed.parse(format.schema).properties.shots.minItems) };
}

export const shotsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    image: `a still fox, shot ${index + 1}`,
    motion: `it runs, shot ${index + 1}`,
  }));

/** The fields of a form. A field whose name ends with `[]` is a list. */
export async function formOf({ raw, headers }: Received): Promise<Record<string, unknown>> {
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': type } }).formData();
  const names = [...new Set(form.keys())];
  return Object.fromEntries(names.map((name) => [name, name.endsWith('[]') ? form.getAll(name) : form.get(name)]));
}

const fields = z.looseObject({ stream: z.unknown().optional(), partial_images: z.unknown().optional() });

type Streamed = { name: string; b64_json: string; partials: number; how: OpenAiStub['streams'] };

/** Sends unfinished pictures and then the image, as OpenAI's stream does. Each unfinished picture costs 100 tokens. */
async function sendStream(response: ServerResponse, { name, b64_json, partials, how }: Streamed): Promise<void> {
  const send = (event: string, data: object) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < partials; index += 1) {
    const picture = (how.partials[index] ?? Buffer.from(b64_json, 'base64')).toString('base64');
    send(`${name}.partial_image`, { b64_json: picture, partial_image_index: index });
  }
  await how.pause;
  switch (how.ends) {
    case 'completed': {
      const output_tokens = imageUsage.output_tokens + 100 * partials;
      send(`${name}.completed`, { b64_json, usage: { ...imageUsage, output_tokens } });
      response.end();
      return;
    }
    case 'blocked':
      send('error', { error: { code: 'moderation_blocked', type: 'image_generation_user_error', message: 'blocked' } });
      response.end();
      return;
    case 'short':
      response.end();
      return;
    case 'cut':
      response.write('event: ', () => response.destroy());
      return;
    case 'garbled':
      response.end('data: {"type": \n\n');
  }
}

/** A model as OpenAI lists it. */
export const listedModel = (id: string) => ({
  id,
  object: 'model',
  created: 1,
  owned_by: 'openai',
  shutdown_date: null,
});

/** The parts of OpenAI that the usual stand-in lacks: models with shutdown dates, and any error body. */
export async function startOpenAi(): Promise<OpenAiStub> {
  const image = { bytes: png };
  const images: Buffer[] = [];
  const billed: string[] = [];
  const moderation: OpenAiStub['moderation'] = { flags: () => null };
  const streams: OpenAiStub['streams'] = { partials: [], pause: null, ends: 'completed' };
  const models: unknown[] = [
    listedModel('gpt-image-2.6-flare'),
    { ...listedModel('gpt-image-1.5'), shutdown_date: '2026-12-01' },
  ];
  const stub = await startStub(async (request, response) => {
    const { path, body } = request;
    const refused = (error: z.ZodError) =>
      json(response, 400, { error: { message: z.prettifyError(error), type: 'invalid_request_error', code: null } });
    if (path === '/v1/models') {
      return json(response, 200, { object: 'list', data: models });
    }
    if (path === '/v1/images/generations' || path === '/v1/images/edits') {
      const isEdit = path.endsWith('edits');
      const { stream, partial_images, ...asked } = fields.parse(isEdit ? await formOf(request) : body);
      const parsed = isEdit ? await edit.safeParseAsync(asked) : generation.safeParse(asked);
      if (!parsed.success) return refused(parsed.error);
      billed.push(path);
      const b64_json = (images.shift() ?? image.bytes).toString('base64');
      if (stream === undefined && partial_images === undefined) {
        return json(response, 200, { created: 1, data: [{ b64_json }], usage: imageUsage });
      }
      const wished = streamed.safeParse({ stream, partial_images });
      if (!wished.success) return refused(wished.error);
      const name = isEdit ? 'image_edit' : 'image_generation';
      return await sendStream(response, { name, b64_json, partials: wished.data.partial_images, how: streams });
    }
    if (path === '/v1/moderations') {
      const parsed = moderationCreation.safeParse(body);
      if (!parsed.success) return refused(parsed.error);
      const judged = await Promise.all(parsed.data.input.map((part) => moderation.flags(partOf(part))));
      const hits = judged.flatMap((categories) => categories ?? []);
      return json(
        response,
        200,
        moderationAnswer(
          judged.some((one) => one !== null),
          hits,
        ),
      );
    }
    if (path === '/v1/responses') {
      const parsed = textCreation.safeParse(body);
      if (!parsed.success) return refused(parsed.error);
      billed.push(path);
      return json(response, 200, responsesAnswer(answerTo(parsed.data)));
    }
    return json(response, 404, { error: { message: 'no such path', code: 'not_found' } });
  });
  return Object.assign(stub, { billed, image, images, streams, models, moderation });
}

/** An answer of the Responses API with one message of this content. */
export function responsesAnswer(content: unknown, extra: Record<string, unknown> = {}): unknown {
  const part =
    typeof content === 'object' && content !== null && 'refusal' in content
      ? { type: 'refusal', ...content }
      : { type: 'output_text', annotations: [], text: JSON.stringify(content) };
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-6-luna',
    output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }],
    usage: { input_tokens: 400, input_tokens_details: { cached_tokens: 100 }, output_tokens: 200, total_tokens: 600 },
    ...extra,
  };
}
