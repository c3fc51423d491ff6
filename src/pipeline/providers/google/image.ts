import { Readable } from 'node:stream';
import { z } from 'zod';
import { answersAtOnce } from '../at-once.ts';
import { deadlines } from '../deadlines.ts';
import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import {
  type Call,
  type ImageRequest,
  type Provider,
  type ProviderCost,
  ProviderError,
  type Submitted,
} from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { withinBytes } from '../smallPicture.ts';
import { type GoogleOptions, googleClient, googleExchange, inlineOf, onePost, requireGoogleKey } from './client.ts';
import { modelStatus, retirementOf } from './modelStatus.ts';
import {
  aspectRatio,
  defaultGoogleImageModel,
  googleImageCapabilities,
  googleImageSize,
  googleImageUsualMs,
} from './models.ts';
import { googleImageCost, googleImagePrices } from './prices.ts';

const part = z.object({
  thought: z.boolean().nullish(),
  text: z.string().nullish(),
  inlineData: z.object({ data: z.string().min(1), mimeType: z.string().nullish() }).nullish(),
});
const answer = z.object({
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish(),
  candidates: z
    .array(
      z.object({
        finishReason: z.string().nullish(),
        finishMessage: z.string().nullish(),
        content: z.object({ parts: z.array(part).nullish() }).nullish(),
      }),
    )
    .nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: z.number().nullish(),
      candidatesTokenCount: z.number().nullish(),
      thoughtsTokenCount: z.number().nullish(),
      candidatesTokensDetails: z
        .array(z.object({ modality: z.string().nullish(), tokenCount: z.number().nullish() }))
        .nullish(),
    })
    .nullish()
    .catch(null),
  modelStatus,
});
type Answer = z.infer<typeof answer>;

const policyReasons = new Set([
  'SAFETY',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'RECITATION',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
  'JAILBREAK',
]);

/** Google takes requests of 20 MB. Base64 makes pictures a third larger, and the prompt needs room, too. */
const maxPictureBytes = 14_000_000;

/** Images from Google's Nano Banana family, so that a Google key alone is enough for every workflow. */
export function createGoogleImage(options: GoogleOptions & { model?: string; deadlineMs?: number }): Provider<'image'> {
  const model = options.model ?? defaultGoogleImageModel;
  return {
    id: 'google',
    vendor: 'google',
    step: 'image',
    model,
    capabilities: googleImageCapabilities,
    prices: googleImagePrices(model),
    expectedMs: ({ quality }) => googleImageUsualMs[quality],
    submit: (request, call) => paint(options, model, request, call),
    ...answersAtOnce,
  };
}

async function paint(
  options: GoogleOptions & { deadlineMs?: number },
  model: string,
  request: ImageRequest,
  call: Call,
): Promise<Submitted<'image'>> {
  const key = requireGoogleKey(call.key);
  const pictures = await withinBytes(picturesOf(request, googleImageCapabilities.references), maxPictureBytes);
  const response = await exchange(googleExchange(call, options.deadlineMs ?? deadlines.image), async (line) =>
    answer.parse(
      await (await googleClient(options, key, line)).models.generateContent({
        model,
        contents: [{ role: 'user', parts: [...pictures.map(inlineOf), { text: imagePromptOf(request) }] }],
        config: {
          ...onePost,
          responseModalities: ['IMAGE'],
          imageConfig: { aspectRatio: aspectRatio[request.aspect], imageSize: googleImageSize[request.quality] },
        },
      }),
    ),
  );
  return {
    outcome: 'finished',
    output: { body: Readable.from([Buffer.from(imageOf(response), 'base64')]) },
    ...(response.usageMetadata && { cost: costOf(model, response.usageMetadata, response.modelStatus) }),
  };
}

function imageOf(response: Answer): string {
  const blocked = response.promptFeedback?.blockReason;
  // The reason OTHER does not name the content, but Google would block the same prompt again.
  if (blocked) throw new ProviderError('refused', `Google's safety system did not allow this prompt (${blocked}).`);
  const [candidate] = response.candidates ?? [];
  const image = candidate?.content?.parts?.find(({ inlineData, thought }) => inlineData && !thought)?.inlineData;
  if (image) return image.data;
  const reason = candidate?.finishReason ?? '';
  if (policyReasons.has(reason)) {
    throw new ProviderError('refused', `Google's safety system held the image back (${reason}).`);
  }
  throw new ProviderError('no_output', `Google sent no image${reason && ` (${reason})`}.`);
}

function costOf(
  model: string,
  usage: NonNullable<Answer['usageMetadata']>,
  status: Answer['modelStatus'],
): ProviderCost {
  const output = usage.candidatesTokenCount ?? 0;
  const images = usage.candidatesTokensDetails?.find(({ modality }) => modality === 'IMAGE')?.tokenCount ?? output;
  const tokens = {
    input: usage.promptTokenCount ?? 0,
    imageOutput: images,
    textOutput: output - images + (usage.thoughtsTokenCount ?? 0),
  };
  return { ...googleImageCost(model, tokens), usage: { ...tokens, ...retirementOf(status) } };
}
