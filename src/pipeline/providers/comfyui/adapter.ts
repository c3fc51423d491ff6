import { type ProvidedKind, unknownStepMs } from '../../../domain.ts';
import type { Adapter, FreeCall } from '../adapter.ts';
import type { ProviderConfig } from '../config.ts';
import { keyCheckOf } from '../keys.ts';
import { type AnyProvider, noCapabilities, ProviderError } from '../provider.ts';
import type { Outcome } from '../providerCall.ts';
import { fixedSource } from '../registry.ts';
import { comfyName } from './errors.ts';
import { createComfyImage } from './image.ts';
import { versionOf } from './inspect.ts';
import type { ComfyServer } from './prompts.ts';
import { createComfyVideo } from './video.ts';
import { callsOf } from './work.ts';
import { readWorkflows, type Workflow } from './workflows.ts';

/** The operator's ComfyUI: each workflow of the folder is a model. */
export const comfyui: Adapter = {
  id: 'comfyui',
  name: comfyName,
  vendor: null,
  source: ({ comfyui: configured }) => {
    if (!configured) return null;
    const known = fixedSource(readWorkflows(configured).workflows.map((workflow) => providerOf(configured, workflow)));
    return {
      offered: known.offered,
      find: (step, id, model) =>
        known.find(step, id, model) ?? (id === 'comfyui' ? lostWorkflow(configured, step, model) : null),
    };
  },
  check: async (config, call) => keyCheckOf(await look(config, call)),
  list: async (config, call) => {
    const found = await look(config, call);
    if (!found.ok || !config.comfyui) return found.ok ? { ok: true, value: [] } : found;
    const { workflows } = readWorkflows(config.comfyui);
    return { ok: true, value: workflows.map(({ model }) => ({ id: model, shutdownAt: null })) };
  },
};

function providerOf(server: ComfyServer, { model, graph, description }: Workflow): AnyProvider {
  switch (description.kind) {
    case 'image':
      return createComfyImage(server, { model, graph, description });
    case 'video':
      return createComfyVideo(server, { model, graph, description });
  }
}

/** A workflow that is not in the folder any more. What was sent with it is still fetched, and nothing new is sent. */
function lostWorkflow(server: ComfyServer, step: ProvidedKind, model: string): AnyProvider | null {
  const submit = async (): Promise<never> => {
    const detail = `The workflow ${model} is not there any more.`;
    throw new ProviderError('invalid_request', detail, { nothingGenerated: true, lacksModel: true });
  };
  const common = { id: 'comfyui', vendor: null, model, capabilities: noCapabilities, prices: null, submit };
  const calls = { ...callsOf(server), expectedMs: () => unknownStepMs };
  switch (step) {
    case 'enhance':
      return null;
    case 'image':
      return { ...common, ...calls, step: 'image' };
    case 'video':
      return { ...common, ...calls, step: 'video' };
  }
}

async function look({ comfyui: server }: ProviderConfig, call: FreeCall): Promise<Outcome<string>> {
  return server ? await versionOf(server, call) : { ok: true, value: '' };
}
