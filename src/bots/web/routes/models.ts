import { chosenKinds, type ListedModel, listAliases, listModels } from '../../../pipeline/modelList.ts';
import { referencesOf } from '../../../pipeline/plan.ts';
import { chooserOf } from '../../commands/modelChoices.ts';
import { makerOf, titleOf } from '../../maker.ts';
import type { Text } from '../../text.ts';
import { models, modelsQuery } from '../contract/models.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';

const list = endpoint({
  method: 'get',
  path: '/api/models',
  access: 'member',
  summary: 'The models for the steps of a workflow: what each can do, and what its steps would cost with these options',
  given: { ...nothing, query: modelsQuery },
  answers: { 200: models },
  answer: async ({ deps, caller, text, query }) => {
    const { services } = deps;
    const { workflow, reference = false, ...chosen } = query;
    const chooser = await chooserOf(services, caller.workspace.id);
    const asked = { workflow, chosen, references: referencesOf(workflow, [], reference) };
    const kinds = chosenKinds(workflow).map((kind) => ({
      kind,
      models: listModels(services, chooser, kind, asked),
    }));
    const usable = kinds.flatMap((one) => one.models).filter(({ isAllowed }) => isAllowed);
    return {
      status: 200,
      body: {
        workflow,
        kinds: kinds.map(({ kind, models }) => ({ kind, models: models.map((one) => presentModel(one, text)) })),
        aliases: listAliases(services.providers, chooser, usable),
      },
    };
  },
});

function presentModel(listed: ListedModel, text: Text) {
  const { provider, keySource, durations, isDefault, isAllowed, priceCredits } = listed;
  const { id, model, capabilities } = provider;
  const { extension, lastFrame, references } = capabilities;
  return {
    id: model,
    title: titleOf(provider, text),
    provider: id,
    maker: makerOf(id, text),
    seconds: [...capabilities.durations],
    durations: [...durations],
    resolutions: [...capabilities.resolutions],
    aspects: [...capabilities.aspects],
    qualities: [...capabilities.qualities],
    references,
    lastFrame: lastFrame.length > 0,
    extension: extension && {
      seconds: [...extension.seconds],
      maxSeconds: extension.maxSeconds,
      resolutions: [...extension.resolutions],
    },
    keySource,
    isDefault,
    isAllowed,
    priceCredits,
  };
}

export const modelEndpoints: readonly Endpoint[] = [list];
