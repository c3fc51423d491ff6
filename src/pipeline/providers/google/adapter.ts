import type { Adapter, CatalogueReader } from '../adapter.ts';
import { namedModel } from '../claim.ts';
import type { ProviderConfig } from '../config.ts';
import type { AnyProvider } from '../provider.ts';
import type { ProviderSource } from '../registry.ts';
import { createGoogleEnhance } from './enhance.ts';
import { createGoogleImage } from './image.ts';
import { checkGoogleKey, listGoogleModels } from './keys.ts';
import {
  defaultGoogleImageModel,
  defaultGoogleTextModel,
  defaultOmniModel,
  defaultVeoModel,
  knownOmniModels,
  knownVeoModels,
} from './models.ts';
import { createOmni } from './omni.ts';
import { createVeo } from './veo.ts';

const googleOptions = (config: ProviderConfig) => ({
  apiVersion: config.googleApiVersion,
  ...(config.googleBaseUrl ? { baseUrl: config.googleBaseUrl } : {}),
});

export const cloudAddress = ({ googleBaseUrl }: ProviderConfig) => (googleBaseUrl ? { baseUrl: googleBaseUrl } : {});

const isVeo = (model: string | null) => model?.startsWith('veo') ?? false;

/** Google by API key, and Veo by Google Cloud project. */
export const google: Adapter = {
  id: 'google',
  name: 'Google',
  vendor: 'google',
  source: (config, catalogue) => {
    const options = googleOptions(config);
    const named = namedModel(config, 'video', 'google');
    const omnis = () => known(named && !isVeo(named) ? named : defaultOmniModel, knownOmniModels, catalogue('google'));
    const text = namedModel(config, 'enhance', 'google') ?? defaultGoogleTextModel;
    const image = namedModel(config, 'image', 'google') ?? defaultGoogleImageModel;
    const veo = veoSource(config);
    return {
      offered: (): AnyProvider[] => [
        createGoogleEnhance({ ...options, model: text }),
        createGoogleImage({ ...options, model: image }),
        ...omnis().map((model) => createOmni({ ...options, model })),
        ...(veo?.offered() ?? []),
      ],
      find: (step, id, model) => {
        if (id === 'google-omni' && step === 'video') return createOmni({ ...options, model });
        if (id === 'google-veo') return veo?.find(step, id, model) ?? null;
        if (id !== 'google' || step === 'video') return null;
        return step === 'enhance'
          ? createGoogleEnhance({ ...options, model })
          : createGoogleImage({ ...options, model });
      },
    };
  },
  check: (config, call) => checkGoogleKey(googleOptions(config), call),
  list: (config, call) => listGoogleModels(googleOptions(config), call),
};

/** Veo signs in by itself, so it needs no key of a workspace. Null without a project. */
function veoSource(config: ProviderConfig): ProviderSource | null {
  const { googleCloud } = config;
  if (!googleCloud) return null;
  const make = (model: string) => createVeo({ ...googleCloud, ...cloudAddress(config), model });
  const named = namedModel(config, 'video', 'google');
  const models = known(named && isVeo(named) ? named : defaultVeoModel, knownVeoModels, []);
  return {
    offered: () => models.map(make),
    find: (step, id, model) => (step === 'video' && id === 'google-veo' ? make(model) : null),
  };
}

/** The model in use first, then the others that are known, without those that a look at the vendor's list has missed. */
function known(first: string, all: readonly string[], listed: ReturnType<CatalogueReader>): string[] {
  const ids = listed.map(({ id }) => id);
  return [first, ...all.filter((model) => model !== first && (ids.length === 0 || ids.includes(model)))];
}
