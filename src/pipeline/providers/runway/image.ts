import type RunwayML from '@runwayml/sdk';
import { deadlines } from '../deadlines.ts';
import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import type { Call, ImageRequest, Provider, Submitted } from '../provider.ts';
import { exchange } from '../providerCall.ts';
import { type RunwayOptions, requireRunwayKey, runwayClient, runwayExchange } from './client.ts';
import { dataUriOf } from './dataUri.ts';
import { type ImageModelId, imageModels, within } from './models.ts';
import { createdTask, firstPollMs, handleOf, taskCalls } from './task.ts';

/** Images from the models that Runway offers. They are tasks, as its videos are. */
export function createRunwayImage(options: RunwayOptions & { model: ImageModelId }): Provider<'image'> {
  const { model } = options;
  const { title, capabilities, prices } = imageModels[model];
  return {
    id: 'runway',
    vendor: 'runway',
    step: 'image',
    model,
    title,
    capabilities,
    prices,
    expectedMs: ({ quality }) => (quality === 'hd' ? 40_000 : 20_000),
    submit: (request, call) => submit(options, model, request, call),
    ...taskCalls(options),
  };
}

async function submit(
  options: RunwayOptions,
  model: ImageModelId,
  request: ImageRequest,
  call: Call,
): Promise<Submitted<'image'>> {
  const key = requireRunwayKey(call.key);
  const pictures = picturesOf(request, imageModels[model].capabilities.references);
  const referenceImages = await Promise.all(pictures.map(async (picture) => ({ uri: await dataUriOf(picture) })));
  const created = await exchange(runwayExchange(call, deadlines.submitVideo), async (line) =>
    createdTask.parse(await send(await runwayClient(options, key, line), model, request, referenceImages)),
  );
  const { prices } = imageModels[model];
  const price = prices.kind === 'image' ? prices.perImage[request.quality][request.aspect] : null;
  return { outcome: 'accepted', handle: handleOf(created, options, price), pollAfterMs: firstPollMs };
}

/** The pixels of images: exactly 16:9 and 9:16 where a model has them, because every image may become a first frame. */
const ratios = {
  gpt_image_2: {
    standard: { wide: '1920:1088', tall: '1088:1920', square: '1920:1920' },
    hd: { wide: '2560:1440', tall: '1440:2560', square: '2560:2560' },
  },
  gemini_image3_pro: {
    standard: { wide: '1344:768', tall: '768:1344', square: '1024:1024' },
    hd: { wide: '2752:1536', tall: '1536:2752', square: '2048:2048' },
  },
  gen4_image: {
    standard: { wide: '1280:720', tall: '720:1280', square: '720:720' },
    hd: { wide: '1920:1080', tall: '1080:1920', square: '1080:1080' },
  },
} as const satisfies Record<ImageModelId, Record<ImageRequest['quality'], Record<ImageRequest['aspect'], string>>>;

/** The one POST. */
function send(
  client: RunwayML,
  model: ImageModelId,
  request: ImageRequest,
  pictures: { uri: string }[],
): Promise<unknown> {
  const { quality, aspect } = request;
  const promptText = within(imagePromptOf(request), imageModels[model].maxPrompt);
  const shown = pictures.length > 0 ? { referenceImages: pictures } : {};
  switch (model) {
    case 'gpt_image_2': {
      const effort = quality === 'hd' ? 'high' : 'medium';
      const ratio = ratios.gpt_image_2[quality][aspect];
      return client.textToImage.create({ model, promptText, ratio, quality: effort, outputCount: 1, ...shown });
    }
    case 'gemini_image3_pro':
      return client.textToImage.create({ model, promptText, ratio: ratios[model][quality][aspect], ...shown });
    case 'gen4_image':
      return client.textToImage.create({ model, promptText, ratio: ratios[model][quality][aspect] });
  }
}
