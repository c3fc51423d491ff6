import type { Quality, Resolution } from '../../../domain.ts';
import { defaultGoogleTextModel } from '../google/models.ts';
import type { CatalogueEntry } from '../keys.ts';
import { defaultEnhanceModel } from '../openai/models.ts';
import { videoExtra } from './videoModels.ts';

/** A model with what the catalogue says about it. */
export type Known = { id: string; entry: CatalogueEntry };

/** The options that a run has unless its member chooses others. */
const usual = { aspect: 'wide', resolution: '1080p', quality: 'hd', seconds: 8 } as const satisfies {
  aspect: string;
  resolution: Resolution;
  quality: Quality;
  seconds: number;
};

/** The cheapest language model writes poor prompts. These are the ones that VidGenie uses with the vendors' own keys. */
const familiar: readonly string[] = [`openai/${defaultEnhanceModel}`, `google/${defaultGoogleTextModel}`];

/**
 * The order of preference. Models that can do what VidGenie does by default come first, then the cheapest. A price of nothing, as test
 * versions and free variants have it, comes with limits, so it counts as unknown, and unknown prices come last.
 */
export function inOrder(models: readonly Known[]): Known[] {
  const ranked = models.map((model) => ({ model, rank: rankOf(model.entry, model.id), price: priceOf(model.entry) }));
  return ranked
    .sort((a, b) => a.rank - b.rank || compare(a.price, b.price) || (a.model.id < b.model.id ? -1 : 1))
    .map(({ model }) => model);
}

/** Infinity minus infinity is not a number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

function rankOf({ kind, capabilities, extra }: CatalogueEntry, id: string): number {
  switch (kind) {
    case 'enhance': {
      const place = familiar.indexOf(id);
      if (place >= 0) return place;
      return familiar.length + (capabilities.references > 0 ? 0 : 1);
    }
    case 'image': {
      const { aspects, qualities, references } = capabilities;
      return aspects.includes(usual.aspect) && qualities.includes(usual.quality) && references > 0 ? 0 : 1;
    }
    case 'video': {
      const { aspects, resolutions, durations } = capabilities;
      const fits = aspects.includes(usual.aspect) && resolutions.includes(usual.resolution);
      const sounds = videoExtra.safeParse(extra).data?.sound === true;
      return fits && sounds && durations.includes(usual.seconds) ? 0 : 1;
    }
  }
}

function priceOf({ prices }: CatalogueEntry): number {
  const price = usualPriceOf(prices);
  return price > 0 ? price : Number.POSITIVE_INFINITY;
}

function usualPriceOf(prices: CatalogueEntry['prices']): number {
  switch (prices?.kind) {
    case undefined:
      return 0;
    case 'enhance':
      return prices.perCall;
    case 'image':
      return prices.perImage[usual.quality][usual.aspect];
    case 'video': {
      const { perSecond } = prices;
      const second = perSecond[usual.resolution] ?? perSecond['720p'] ?? perSecond['4k'];
      return second?.sound ?? 0;
    }
  }
}
