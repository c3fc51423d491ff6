import type { Adapter, CatalogueReader } from '../adapter.ts';
import { namedModel } from '../claim.ts';
import type { AnyProvider } from '../provider.ts';
import { runwayOptions } from './client.ts';
import { createRunwayImage } from './image.ts';
import { checkRunwayKey, listRunwayModels } from './keys.ts';
import { imageModelIds, isImageModel, isVideoModel, videoModelIds } from './models.ts';
import { createRunwayVideo } from './video.ts';

/** Runway: its own models and those of others, with one key. */
export const runway: Adapter = {
  id: 'runway',
  name: 'Runway',
  vendor: 'runway',
  source: (config, catalogue) => {
    const options = runwayOptions(config);
    const offered = <Id extends string>(ids: readonly Id[], kind: 'image' | 'video'): Id[] =>
      inOrder(ids, namedModel(config, kind, 'runway'), catalogue('runway'));
    return {
      offered: (): AnyProvider[] => [
        ...offered(imageModelIds, 'image').map((model) => createRunwayImage({ ...options, model })),
        ...offered(videoModelIds, 'video').map((model) => createRunwayVideo({ ...options, model })),
      ],
      find: (step, id, model) => {
        if (id !== 'runway') return null;
        if (step === 'image' && isImageModel(model)) return createRunwayImage({ ...options, model });
        return step === 'video' && isVideoModel(model) ? createRunwayVideo({ ...options, model }) : null;
      },
    };
  },
  check: (config, call) => checkRunwayKey(runwayOptions(config), call),
  list: (config, call) => listRunwayModels(runwayOptions(config), call),
};

/** The model that the operator has named first, without those that a look at the account has missed. */
function inOrder<Id extends string>(
  ids: readonly Id[],
  named: string | null,
  listed: ReturnType<CatalogueReader>,
): Id[] {
  const isListed = (id: Id) => listed.length === 0 || listed.some((one) => one.id === id);
  const [first, others] = [ids.filter((id) => id === named), ids.filter((id) => id !== named)];
  return [...first, ...others.filter(isListed)];
}
