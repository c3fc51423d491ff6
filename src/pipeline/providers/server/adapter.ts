import { type ProvidedKind, providedKinds } from '../../../domain.ts';
import type { Adapter, CatalogueReader } from '../adapter.ts';
import type { ProviderConfig } from '../config.ts';
import { keyCheckOf } from '../keys.ts';
import type { AnyProvider } from '../provider.ts';
import type { ProviderSource } from '../registry.ts';
import { firstModel } from './endpoint.ts';
import { createServerEnhance } from './enhance.ts';
import { createServerImage, imageAbilities } from './image.ts';
import { listServers } from './list.ts';
import { createServerVideo } from './video.ts';

/** Servers of the operator's own for single steps. Each speaks as OpenAI does. */
export const server: Adapter = {
  id: 'server',
  name: 'OpenAI-shaped server',
  vendor: null,
  source: (config, catalogue) => {
    const { enhance, image, video } = config.servers;
    return enhance || image || video ? createSource(config, catalogue) : null;
  },
  check: async (config, { signal }) => keyCheckOf(await listServers(config, signal)),
  list: (config, { signal }) => listServers(config, signal),
};

/**
 * A server's models under the names that the operator or the server gives them. A server whose list has not been read yet is offered by
 * one name for its first model, and keeps it: runs and settings may have stored it.
 */
function createSource(config: ProviderConfig, catalogue: CatalogueReader): ProviderSource {
  const known = new Map<string, AnyProvider>();
  const abilities = { true: imageAbilities(true), false: imageAbilities(false) };
  const canEdit = () =>
    catalogue('server').some(({ entry }) => entry?.kind === 'image' && entry.capabilities.references > 0);
  const make = (kind: ProvidedKind, model: string): AnyProvider | null => {
    const { enhance, image, video } = config.servers;
    switch (kind) {
      case 'enhance':
        return enhance && createServerEnhance({ ...enhance, model });
      case 'image':
        return image && createServerImage({ ...image, model, capabilities: abilities[canEdit() ? 'true' : 'false'] });
      case 'video':
        return video && createServerVideo({ ...video, model });
    }
  };
  const providerOf = (kind: ProvidedKind, model: string): AnyProvider | null => {
    const name = `${kind} ${kind === 'image' && canEdit()} ${model}`;
    const provider = known.get(name) ?? make(kind, model);
    if (provider) known.set(name, provider);
    return provider;
  };
  const namesOf = (kind: ProvidedKind): string[] => {
    const named = config.models[kind];
    if (named !== null) return [named];
    const listed = catalogue('server').flatMap(({ id, entry }) => (entry?.kind === kind ? [id] : []));
    return [...new Set([firstModel, ...listed])];
  };
  return {
    offered: () => providedKinds.flatMap((kind) => namesOf(kind).flatMap((model) => providerOf(kind, model) ?? [])),
    find: (step, id, model) => (id === server.id ? providerOf(step, model) : null),
  };
}
