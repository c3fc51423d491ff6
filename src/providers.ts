import type { Secret } from './db/secret.ts';
import { type Vendor, vendors } from './domain.ts';
import type { Adapter, CatalogueReader } from './pipeline/providers/adapter.ts';
import { comfyui } from './pipeline/providers/comfyui/adapter.ts';
import { readWorkflows, type WorkflowProblem } from './pipeline/providers/comfyui/workflows.ts';
import type { ProviderConfig } from './pipeline/providers/config.ts';
import { cloudAddress, google } from './pipeline/providers/google/adapter.ts';
import { findGoogleCloudModel } from './pipeline/providers/google/keys.ts';
import type { KeyCheck } from './pipeline/providers/keys.ts';
import type { Moderator } from './pipeline/providers/moderation.ts';
import { openai } from './pipeline/providers/openai/adapter.ts';
import { openrouter } from './pipeline/providers/openrouter/adapter.ts';
import type { ProviderSource } from './pipeline/providers/registry.ts';
import { runway } from './pipeline/providers/runway/adapter.ts';
import { server } from './pipeline/providers/server/adapter.ts';

/** The vendors whose keys VidGenie can use. */
const vendorAdapters: Readonly<Record<Vendor, Adapter>> = { openai, google, openrouter, runway };

/** Everything that can make a step, in order of preference. What an operator runs comes before what a vendor sells. */
export const adapters: readonly Adapter[] = [server, comfyui, ...Object.values(vendorAdapters)];

/** The real providers in order of preference. */
export const realSources = (config: ProviderConfig, catalogue: CatalogueReader = () => []): ProviderSource[] =>
  adapters.flatMap((adapter) => adapter.source(config, catalogue) ?? []);

/** Checks a key with its vendor's free call. A key is never sent to another vendor. */
export const checkKey = (config: ProviderConfig, vendor: Vendor, key: Secret, signal: AbortSignal): Promise<KeyCheck> =>
  vendorAdapters[vendor].check(config, { key, signal });

/** The models that a key can use. */
export const listModels = (config: ProviderConfig, vendor: Vendor, key: Secret, signal: AbortSignal) =>
  vendorAdapters[vendor].list(config, { key, signal });

/** Whether the operator's Google Cloud project can be used with that model. Null if none is configured. */
export const findCloudModel = (config: ProviderConfig, model: string, signal: AbortSignal) =>
  config.googleCloud
    ? findGoogleCloudModel({ ...config.googleCloud, ...cloudAddress(config) }, { model, signal })
    : null;

/** The free moderation of the first vendor that has one. Null if none has. */
export function createModeration(config: ProviderConfig): Moderator | null {
  const found = vendors.flatMap((vendor) => {
    const moderate = vendorAdapters[vendor].moderation?.(config);
    return moderate ? [{ vendor, moderate }] : [];
  });
  return found.at(0) ?? null;
}

/** The files of the operator's ComfyUI workflows that cannot be used. */
export const unusableWorkflows = ({ comfyui: server }: ProviderConfig): WorkflowProblem[] =>
  server ? readWorkflows(server).problems : [];
