import { Readable } from 'node:stream';
import type OpenAI from 'openai';
import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import {
  type Call,
  type ImageRequest,
  type Picture,
  type Provider,
  ProviderError,
  type Submitted,
} from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type OpenAiOptions, openAiClient, openAiExchange, requireOpenAiKey } from './client.ts';
import { imageCost } from './costs.ts';
import { refusalInStream } from './errors.ts';
import {
  defaultImageModel,
  gptQuality,
  type ImageShape,
  imageCapabilities,
  imageShape,
  imageSize,
  imageUsualMs,
  inputFidelity,
} from './models.ts';
import { imagePrices } from './prices.ts';

export type OpenAiImageOptions = OpenAiOptions & {
  model?: string;
  deadlineMs?: number;
  /** How many unfinished pictures to ask for while an image is being made, at most 3. Each costs 100 output tokens. */
  partialImages?: number;
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
    capabilities: imageCapabilities(model),
    prices: imagePrices(model, options.partialImages ?? 0),
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
  const pictures = picturesOf(request, imageCapabilities(model).references);
  const result = await exchange(openAiExchange(call, options.deadlineMs ?? deadlines.image), async (line) => {
    const { images } = await openAiClient(options, key, line);
    const shape = imageShape(model);
    if (shape === 'dall-e') return resultOf(await images.generate(dallE(model, request, call)));
    const asked = gptImage(model, shape, request, call);
    const { partialImages = 0 } = options;
    if (partialImages > 0 && call.showPartial) {
      const streamed = { stream: true, partial_images: partialImages } as const;
      const events = await (pictures.length > 0
        ? images.edit({ ...withPictures(asked, pictures), ...streamed })
        : images.generate({ ...asked, ...streamed }));
      return await resultOfStream(events, call.showPartial);
    }
    return resultOf(await (pictures.length > 0 ? images.edit(withPictures(asked, pictures)) : images.generate(asked)));
  });
  return {
    outcome: 'finished',
    output: { body: Readable.from([Buffer.from(result.b64, 'base64')]) },
    ...(result.usage && { cost: imageCost(model, result.usage) }),
  };
}

function gptImage(model: string, shape: Exclude<ImageShape, 'dall-e'>, request: ImageRequest, call: Call) {
  return {
    model,
    prompt: imagePromptOf(request),
    n: 1,
    size: imageSize(shape, request.aspect, request.quality),
    quality: gptQuality[request.quality],
    output_format: 'png',
    safety_identifier: call.memberHash,
  } as const;
}

/** Pictures travel as files in the order of their numbers, without a mask: the prompt says what changes. */
function withPictures(asked: ReturnType<typeof gptImage>, pictures: readonly Picture[]) {
  const image = pictures.map(({ content, mime }, index) => {
    const name = `picture-${index + 1}.${mime.replace('image/', '')}`;
    return new File([new Uint8Array(content)], name, { type: mime });
  });
  const fidelity = inputFidelity(asked.model);
  return { ...asked, image, ...(fidelity && { input_fidelity: fidelity }) };
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

const streamEvent = z.object({
  type: z.string(),
  b64_json: base64.optional(),
  usage: usage.nullish().catch(null),
});

/** Reads a stream to its image. Whatever breaks it off, the image may have been made and charged. */
async function resultOfStream(
  events: AsyncIterable<unknown>,
  showPartial: NonNullable<Call['showPartial']>,
): Promise<Result> {
  try {
    for await (const received of events) {
      const { type, b64_json: b64, usage } = streamEvent.parse(received);
      if (b64 && type.endsWith('.partial_image')) showPartial(Buffer.from(b64, 'base64'));
      if (b64 && type.endsWith('.completed')) return { b64, usage };
    }
  } catch (error) {
    throw refusalInStream(error) ?? error;
  }
  throw new ProviderError('no_output', 'OpenAI sent no image.');
}

function resultOf(response: OpenAI.ImagesResponse): Result {
  const { data, usage } = answer.parse(response);
  const b64 = data?.[0]?.b64_json;
  if (!b64) throw new ProviderError('no_output', 'OpenAI sent no image.');
  return { b64, usage };
}
