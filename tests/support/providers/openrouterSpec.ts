import { z } from 'zod';
import { hookAddress } from './hooks.ts';
import { pictureFormat } from './pictureFormat.ts';

/**
 * OpenRouter's specification of the requests that VidGenie sends, and what the listing of a model says about its parameters.
 * Source: the vendor's OpenAPI document of August 2026.
 */

const dataUrl = z.string().refine((url) => {
  const [, mime, data = ''] = url.match(/^data:(image\/\w+);base64,(.+)$/) ?? [];
  return mime !== undefined && pictureFormat(Buffer.from(data, 'base64')) === mime;
}, 'Not a picture of that type.');
const imagePart = { type: z.literal('image_url'), image_url: z.strictObject({ url: dataUrl }) };

const videoRequest = z.strictObject({
  model: z.string(),
  prompt: z.string().min(1),
  duration: z.int().min(1).optional(),
  resolution: z.string().optional(),
  aspect_ratio: z.string().optional(),
  generate_audio: z.boolean().optional(),
  seed: z.int().optional(),
  frame_images: z
    .array(z.strictObject({ ...imagePart, frame_type: z.enum(['first_frame', 'last_frame']) }))
    .min(1)
    .optional(),
  // It must be https.
  callback_url: hookAddress.optional(),
});

const imageRequest = z.strictObject({
  model: z.string(),
  prompt: z.string().min(1),
  aspect_ratio: z.string().optional(),
  resolution: z.string().optional(),
  quality: z.enum(['auto', 'low', 'medium', 'high']).optional(),
  output_format: z.enum(['png', 'jpeg', 'webp', 'svg']).optional(),
  n: z.int().min(1).max(10).optional(),
  input_references: z.array(z.strictObject(imagePart)).min(1).max(16).optional(),
});

const textPart = z.strictObject({ type: z.literal('text'), text: z.string().min(1) });
const chatRequest = z.strictObject({
  model: z.string(),
  messages: z.tuple([
    z.strictObject({ role: z.literal('system'), content: z.string().min(1) }),
    z.strictObject({
      role: z.literal('user'),
      content: z.union([z.string().min(1), z.array(z.union([textPart, z.strictObject(imagePart)])).min(1)]),
    }),
  ]),
  response_format: z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/),
      strict: z.literal(true),
      schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
    }),
  }),
  provider: z.strictObject({ require_parameters: z.literal(true) }),
  max_tokens: z.int().min(16).optional(),
  max_completion_tokens: z.int().min(16).optional(),
  reasoning: z.strictObject({ effort: z.enum(['minimal', 'low', 'medium', 'high']) }).optional(),
  user: z.string().optional(),
});

export type Listing = Readonly<Record<string, unknown>>;

/** Why OpenRouter would refuse a request. Null: it would not. `listing` is null for a model that its catalogue no longer has. */
export type Check = (body: unknown, listing: Listing | null) => string | null;

const includes = (list: unknown, value: unknown): boolean => Array.isArray(list) && list.includes(value);

export const videoProblem: Check = (body, listing) => {
  const parsed = videoRequest.safeParse(body);
  if (!parsed.success) return z.prettifyError(parsed.error);
  if (!listing) return null;
  const { duration, resolution, aspect_ratio: aspect, generate_audio: audio, frame_images: frames = [] } = parsed.data;
  const types = frames.map(({ frame_type }) => frame_type);
  if (duration !== undefined && !includes(listing.supported_durations, duration)) return `no ${duration} seconds`;
  if (resolution !== undefined && !includes(listing.supported_resolutions, resolution)) return `no ${resolution}`;
  if (aspect !== undefined && !includes(listing.supported_aspect_ratios, aspect)) return `no ${aspect}`;
  if (audio !== undefined && listing.generate_audio !== true) return 'no generate_audio';
  const odd = types.find((type) => !includes(listing.supported_frame_images, type));
  if (odd) return `no ${odd}`;
  if (new Set(types).size !== types.length) return 'the same frame twice';
  return (listing.upscale_factor ?? null) === null ? null : 'makes videos larger and makes no new ones';
};

const parameters = z.looseObject({
  supported_parameters: z.record(
    z.string(),
    z.looseObject({
      values: z.array(z.unknown()).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
    }),
  ),
});

export const imageProblem: Check = (body, listing) => {
  const parsed = imageRequest.safeParse(body);
  if (!parsed.success) return z.prettifyError(parsed.error);
  if (!listing) return null;
  const { supported_parameters: supported = {} } = parameters.safeParse(listing).data ?? {};
  const { model, prompt, input_references: references = [], ...settings } = parsed.data;
  for (const [name, value] of Object.entries({ ...settings, input_references: references.length })) {
    if (name === 'input_references' && value === 0 && !supported[name]) continue;
    const rule = supported[name];
    if (!rule) return `no ${name}`;
    if (rule.values && !rule.values.includes(value)) return `no ${name} ${value}`;
    const isInRange = Number(value) >= (rule.min ?? 0) && Number(value) <= (rule.max ?? 10);
    if (!rule.values && !isInRange) return `no ${value} ${name}`;
  }
  return null;
};

export const chatProblem: Check = (body, listing) => {
  const parsed = chatRequest.safeParse(body);
  if (!parsed.success) return z.prettifyError(parsed.error);
  if (!listing) return null;
  const needed = ['response_format', 'structured_outputs'];
  for (const name of ['max_tokens', 'max_completion_tokens', 'reasoning']) if (name in parsed.data) needed.push(name);
  const missing = needed.find((name) => !includes(listing.supported_parameters, name));
  if (missing) return `No endpoints found that support ${missing}.`;
  const [, { content }] = parsed.data.messages;
  const shows = Array.isArray(content) && content.some(({ type }) => type === 'image_url');
  const sees = includes(z.looseObject({}).safeParse(listing.architecture).data?.input_modalities, 'image');
  return shows && !sees ? 'No endpoints found that support image input.' : null;
};
