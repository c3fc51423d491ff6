import { type ProvidedKind, providedKinds } from '../../../domain.ts';
import type { Adapter } from '../adapter.ts';
import { namedModel } from '../claim.ts';
import type { ProviderConfig } from '../config.ts';
import type { ListedModel } from '../keys.ts';
import { type AnyProvider, type Capabilities, noCapabilities } from '../provider.ts';
import { listOpenRouterModels } from './catalogue.ts';
import type { OpenRouterOptions } from './client.ts';
import { createOpenRouterEnhance } from './enhance.ts';
import { createOpenRouterImage } from './image.ts';
import { cautiousImage } from './imageModels.ts';
import { checkOpenRouterKey } from './keys.ts';
import type { KnownModel } from './models.ts';
import { inOrder, type Known } from './order.ts';
import { createOpenRouterVideo } from './video.ts';
import { cautiousVideo } from './videoModels.ts';

const optionsOf = (config: ProviderConfig): OpenRouterOptions =>
  config.openrouterBaseUrl ? { baseUrl: config.openrouterBaseUrl } : {};

/** OpenRouter: the models of many vendors behind one key. VidGenie knows none of them by itself and reads them from its catalogue. */
export const openrouter: Adapter = {
  id: 'openrouter',
  name: 'OpenRouter',
  vendor: 'openrouter',
  source: (config, catalogue) => {
    const options = optionsOf(config);
    let last: { listed: readonly ListedModel[]; offered: readonly AnyProvider[] } | null = null;
    const offered = (): readonly AnyProvider[] => {
      const listed = catalogue('openrouter');
      // The catalogue changes once a day, and it is asked for with every command.
      if (last?.listed !== listed) last = { listed, offered: providersOf(options, config, listed) };
      return last.offered;
    };
    return {
      offered,
      find: (step, id, model) => {
        if (id !== 'openrouter') return null;
        const listed = offered().find((one) => one.step === step && one.model === model);
        return listed ?? providerOf(options, step, unlisted(step, model));
      },
    };
  },
  check: (config, call) => checkOpenRouterKey(optionsOf(config), call),
  list: (config, call) => listOpenRouterModels(optionsOf(config), call),
};

/** For each kind of step the model that the operator has named, even if the catalogue has not read it yet, then all others. */
function providersOf(
  options: OpenRouterOptions,
  config: ProviderConfig,
  listed: readonly ListedModel[],
): readonly AnyProvider[] {
  const known: Known[] = listed.flatMap(({ id, entry }) => (entry ? [{ id, entry }] : []));
  return providedKinds.flatMap((kind) => {
    const ordered = inOrder(known.filter(({ entry }) => entry.kind === kind)).map(asKnown);
    const name = namedModel(config, kind, 'openrouter');
    const named = name === null ? [] : [ordered.find(({ shown }) => shown.model === name) ?? unlisted(kind, name)];
    const others = ordered.filter(({ shown }) => shown.model !== name);
    return [...named, ...others].map((model) => providerOf(options, kind, model));
  });
}

const asKnown = ({ id, entry: { title, capabilities, prices, extra } }: Known): KnownModel => ({
  shown: { model: id, title, capabilities, prices },
  extra,
});

/** A model that is not in the catalogue: it was never read, or it has left while runs still use it. */
const unlisted = (kind: ProvidedKind, model: string): KnownModel => ({
  shown: { model, capabilities: cautious[kind], prices: null },
  extra: null,
});

const cautious: Readonly<Record<ProvidedKind, Capabilities>> = {
  enhance: noCapabilities,
  image: cautiousImage,
  video: cautiousVideo,
};

function providerOf(options: OpenRouterOptions, kind: ProvidedKind, model: KnownModel): AnyProvider {
  switch (kind) {
    case 'enhance':
      return createOpenRouterEnhance(options, model);
    case 'image':
      return createOpenRouterImage(options, model);
    case 'video':
      return createOpenRouterVideo(options, model);
  }
}
