import { imagePromptOf, picturesOf } from '../imagePrompt.ts';
import { type ImageRequest, type Provider, ProviderError } from '../provider.ts';
import { imageCapabilities, pricesOf } from './description.ts';
import type { ComfyServer } from './prompts.ts';
import { callsOf, picturesByName, seedOf, submitJob } from './work.ts';
import type { WorkflowOf } from './workflows.ts';

/** In milliseconds, before real runs are known. */
const usualMs = { standard: 30_000, hd: 60_000 } as const;

/** Images that one of the operator's workflows makes. */
export function createComfyImage(server: ComfyServer, workflow: WorkflowOf<'image'>): Provider<'image'> {
  const { model, description } = workflow;
  const { title, maxMinutes } = description;
  const prices = pricesOf(description);
  return {
    id: 'comfyui',
    vendor: null,
    step: 'image',
    model,
    ...(title === undefined ? {} : { title }),
    capabilities: imageCapabilities(description),
    prices,
    expectedMs: ({ quality }) => usualMs[quality],
    workDeadlineMs: maxMinutes * 60_000,
    submit: async (request, call) => {
      const pictures = picturesByName(picturesOf(request, description.references), description.references);
      const values = {
        ...sizeOf(workflow, request),
        prompt: imagePromptOf(request),
        seed: seedOf(call, request.variant),
      };
      const microUsd = prices?.kind === 'image' ? prices.perImage[request.quality][request.aspect] : null;
      return await submitJob(server, workflow, { values, pictures, microUsd }, call);
    },
    ...callsOf(server),
  };
}

function sizeOf({ model, description: { sizes } }: WorkflowOf<'image'>, { aspect, quality }: ImageRequest) {
  const size = sizes[aspect]?.[quality];
  if (size) return size;
  throw new ProviderError('invalid_request', `${model} makes no ${quality} image of that shape.`, {
    nothingGenerated: true,
  });
}
