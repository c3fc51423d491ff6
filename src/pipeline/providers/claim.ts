import type { ProvidedKind } from '../../domain.ts';
import { hasWorkflow } from './comfyui/workflows.ts';
import type { ProviderConfig } from './config.ts';
import { isImageModel, isVideoModel } from './runway/models.ts';

/**
 * The adapter whose model the operator has named for a kind of step (`IMAGE_MODEL` and the like). A name tells: Google's begin with
 * `gemini` or `veo`, OpenRouter's have a slash, Runway's are known, and ComfyUI's are names of workflows. Null if none is named.
 */
function claimantOf({ models, servers, comfyui }: ProviderConfig, kind: ProvidedKind): string | null {
  const model = models[kind];
  if (model === null) return null;
  if (servers[kind]) return 'server';
  if (comfyui && hasWorkflow(comfyui, model)) return 'comfyui';
  if (model.includes('/')) return 'openrouter';
  if (isImageModel(model) || isVideoModel(model)) return 'runway';
  if (/^(gemini|veo)/.test(model)) return 'google';
  return kind === 'video' ? 'google' : 'openai';
}

/** The model that the operator has named for a kind of step, if it is one of this adapter. */
export const namedModel = (config: ProviderConfig, kind: ProvidedKind, adapterId: string): string | null =>
  claimantOf(config, kind) === adapterId ? config.models[kind] : null;
