import { Readable } from 'node:stream';
import type OpenAI from 'openai';
import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { type Call, type ImageRequest, type Provider, ProviderError, type Submitted } from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange, requireOpenAiKey } from './client.ts';
import {
  defaultImageModel,
  gptQuality,
  imageCapabilities,
  imageCost,
  imageShape,
  imageSize,
  imageUsualMs,
} from './models.ts';

export type OpenAiImageOptions = OpenAiOptions & {
  model?: string;
  deadlineMs?: number;
};

const usage = z.object({
  input_tokens: z.number(),
  output_tokens: z.number(),
  input_tokens_details: z
    .object({ text_tokens: z.number().optional(), image_tokens: z.number().optional() })
    .optional(),
});
const base64 = z.string().min(1);

const answer = z.object({
  data: z.array(z.object({ b64_json: base64.optional() })).nullish(),
  usage: usage.nullish().catch(null),
});

type Result = { b64: string; usage: z.infer<typeof usage> | null | undefined };

/** Images from OpenAI's GPT Image family, or from a compatible service that still serves `dall-e-3`. */
export function createOpenAiImage(options: OpenAiImageOptions): Provider<'image'> {
  const model = options.model ?? defaultImageModel;
  return {
    id: 'openai',
    vendor: 'openai',
    step: 'image',
    model,
    capabilities: imageCapabilities,
    expectedMs: ({ quality }) => imageUsualMs[quality],
    submit: (request, call) => paint(options, model, request, call),
    ...answersAtOnce,
  };
}

async function paint(
  options: OpenAiImageOptions,
  model: string,
  request: ImageRequest,
  call: Call,
): Promise<Submitted<'image'>> {
  const key = requireOpenAiKey(call.key);
  const result = await exchange(openAiExchange(call, options.deadlineMs ?? deadlines.image), async (line) => {
    const { images } = await openAiClient(options, key, line);
    const shape = imageShape(model);
    if (shape === 'dall-e') return await single(images, dallE(model, request, call));
    return await single(images, gptImage(model, shape, request, call));
  });
  return {
    outcome: 'finished',
    output: { body: Readable.from([Buffer.from(result.b64, 'base64')]) },
    ...(result.usage && { cost: imageCost(model, result.usage) }),
  };
}

function gptImage(model: string, shape: 'gpt' | 'gpt-fixed', request: ImageRequest, call: Call) {
  return {
    model,
    prompt: request.prompt,
    n: 1,
    size: imageSize(shape, request.aspect, request.quality),
    quality: gptQuality[request.quality],
    output_format: 'png',
    safety_identifier: call.memberHash,
  } as const;
}

function dallE(model: string, request: ImageRequest, call: Call) {
  return {
    model,
    prompt: request.prompt,
    n: 1,
    size: imageSize('dall-e', request.aspect, request.quality),
    quality: request.quality,
    style: request.style === 'natural' || request.style === 'photo' ? 'natural' : 'vivid',
    response_format: 'b64_json',
    user: call.memberHash,
  } as const;
}

async function single(images: OpenAI['images'], body: OpenAI.ImageGenerateParamsNonStreaming): Promise<Result> {
  const { data, usage } = answer.parse(await images.generate(body));
  const b64 = data?.[0]?.b64_json;
  if (!b64) throw new ProviderError('no_output', 'OpenAI sent no image.');
  return { b64, usage };
}
