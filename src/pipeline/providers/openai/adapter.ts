import type { Adapter, CatalogueReader } from '../adapter.ts';
import { namedModel } from '../claim.ts';
import type { ProviderConfig } from '../config.ts';
import type { AnyProvider } from '../provider.ts';
import { createOpenAiEnhance } from './enhance.ts';
import { createOpenAiImage } from './image.ts';
import { checkOpenAiKey, listOpenAiModels } from './keys.ts';
import { defaultEnhanceModel, defaultImageModel, knownImageModels } from './models.ts';
import { createOpenAiModeration } from './moderation.ts';

const openAiOptions = (config: ProviderConfig) => (config.openaiBaseUrl ? { baseUrl: config.openaiBaseUrl } : {});

/** OpenAI, or a compatible service under `OPENAI_BASE_URL`. Such a service is asked only for the models that the operator names. */
export const openai: Adapter = {
  id: 'openai',
  name: 'OpenAI',
  vendor: 'openai',
  source: (config, catalogue) => {
    const enhance = (model: string) => createOpenAiEnhance({ ...openAiOptions(config), model });
    const image = (model: string) =>
      createOpenAiImage({ ...openAiOptions(config), partialImages: config.partialImages, model });
    return {
      offered: (): AnyProvider[] => [
        enhance(namedModel(config, 'enhance', 'openai') ?? defaultEnhanceModel),
        ...imageModels(config, catalogue).map(image),
      ],
      find: (step, id, model) => {
        if (id !== 'openai' || step === 'video') return null;
        return step === 'enhance' ? enhance(model) : image(model);
      },
    };
  },
  check: (config, call) => checkOpenAiKey(openAiOptions(config), call),
  list: (config, call) => listOpenAiModels(openAiOptions(config), call),
  moderation: (config) => createOpenAiModeration(openAiOptions(config)),
};

/** The model in use first, then the others that OpenAI is known to have. */
function imageModels(config: ProviderConfig, catalogue: CatalogueReader): string[] {
  const first = namedModel(config, 'image', 'openai') ?? defaultImageModel;
  if (config.openaiBaseUrl) return [first];
  const listed = catalogue('openai').map(({ id }) => id);
  const others = knownImageModels.filter((model) => model !== first);
  return [first, ...others.filter((model) => listed.length === 0 || listed.includes(model))];
}
