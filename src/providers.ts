import type { ProviderConfig } from './config.ts';
import type { Secret } from './db/secret.ts';
import type { Vendor } from './domain.ts';
import { createGoogleEnhance } from './pipeline/providers/google/enhance.ts';
import { createGoogleImage } from './pipeline/providers/google/image.ts';
import { checkGoogleKey, findGoogleCloudModel, listGoogleModels } from './pipeline/providers/google/keys.ts';
import { createOmni } from './pipeline/providers/google/omni.ts';
import { createVeo } from './pipeline/providers/google/veo.ts';
import type { KeyCheck, ListedModel } from './pipeline/providers/keys.ts';
import { createOpenAiEnhance } from './pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from './pipeline/providers/openai/image.ts';
import { checkOpenAiKey, listOpenAiModels } from './pipeline/providers/openai/keys.ts';
import { createOpenAiModeration } from './pipeline/providers/openai/moderation.ts';
import type { AnyProvider } from './pipeline/providers/provider.ts';
import type { Outcome } from './pipeline/providers/providerCall.ts';

const openAiOptions = (config: ProviderConfig) => (config.openaiBaseUrl ? { baseUrl: config.openaiBaseUrl } : {});

const googleOptions = (config: ProviderConfig) => ({
  apiVersion: config.googleApiVersion,
  ...(config.googleBaseUrl ? { baseUrl: config.googleBaseUrl } : {}),
});

const cloudAddress = ({ googleBaseUrl }: ProviderConfig) => (googleBaseUrl ? { baseUrl: googleBaseUrl } : {});

/** The real providers in order of preference. A model that the operator names puts its vendor first. */
export function realProviders(config: ProviderConfig): AnyProvider[] {
  const { enhance, image, video } = config.models;
  const [openai, google] = [openAiOptions(config), googleOptions(config)];
  const enhancers = [
    createOpenAiEnhance({ ...openai, ...modelIf(enhance, !isGoogles(enhance)) }),
    createGoogleEnhance({ ...google, ...modelIf(enhance, isGoogles(enhance)) }),
  ];
  const painters = [
    createOpenAiImage({ ...openai, ...modelIf(image, !isGoogles(image)) }),
    createGoogleImage({ ...google, ...modelIf(image, isGoogles(image)) }),
  ];
  const veo = config.googleCloud;
  const animators = [
    createOmni({ ...google, ...modelIf(video, !isVeo(video)) }),
    ...(veo ? [createVeo({ ...veo, ...cloudAddress(config), ...modelIf(video, isVeo(video)) })] : []),
  ];
  return [
    ...(isGoogles(enhance) ? enhancers.reverse() : enhancers),
    ...(isGoogles(image) ? painters.reverse() : painters),
    ...(isVeo(video) ? animators.reverse() : animators),
  ];
}

const isGoogles = (model: string | null) => model?.startsWith('gemini') ?? false;
const isVeo = (model: string | null) => model?.startsWith('veo') ?? false;
const modelIf = (model: string | null, fits: boolean) => (model !== null && fits ? { model } : {});

type FreeCall = { key: Secret; signal: AbortSignal };
type FreeCalls = {
  check: (config: ProviderConfig, call: FreeCall) => Promise<KeyCheck>;
  list: (config: ProviderConfig, call: FreeCall) => Promise<Outcome<ListedModel[]>>;
};

/** A vendor's free calls. A key is never sent to another vendor. */
const freeCalls: Readonly<Record<Vendor, FreeCalls>> = {
  openai: {
    check: (config, call) => checkOpenAiKey(openAiOptions(config), call),
    list: (config, call) => listOpenAiModels(openAiOptions(config), call),
  },
  google: {
    check: (config, call) => checkGoogleKey(googleOptions(config), call),
    list: (config, call) => listGoogleModels(googleOptions(config), call),
  },
};

/** Checks a key with its vendor's free call. */
export const checkKey = (config: ProviderConfig, vendor: Vendor, key: Secret, signal: AbortSignal): Promise<KeyCheck> =>
  freeCalls[vendor].check(config, { key, signal });

/** The models that a key can use. */
export const listModels = (config: ProviderConfig, vendor: Vendor, key: Secret, signal: AbortSignal) =>
  freeCalls[vendor].list(config, { key, signal });

/** Whether the operator's Google Cloud project can be used with that model. Null if none is configured. */
export const findCloudModel = (config: ProviderConfig, model: string, signal: AbortSignal) =>
  config.googleCloud
    ? findGoogleCloudModel({ ...config.googleCloud, ...cloudAddress(config) }, { model, signal })
    : null;

/** OpenAI's free moderation of text and images. */
export const createModeration = (config: ProviderConfig) => createOpenAiModeration(openAiOptions(config));
