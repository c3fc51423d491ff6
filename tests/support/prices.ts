import { readConfig } from '../../src/config.ts';
import type { ModelPrices } from '../../src/pipeline/providers/provider.ts';
import { createProviders, type Providers } from '../../src/pipeline/providers/registry.ts';
import { realSources } from '../../src/providers.ts';

/** Every model of OpenAI and Google, with an operator's keys for all of them. */
export function everyVendor(environment: NodeJS.ProcessEnv = {}): Providers {
  const { providers } = readConfig({ GOOGLE_CLOUD_PROJECT: 'a-project', ...environment });
  return createProviders(realSources(providers), [], new Set(['openai', 'google']), {
    named: providers.models,
    aliases: new Map(),
  });
}

/** Prices of a vendor, in millionths of a US dollar: a cent, ten cents, and forty cents a second. */
export const vendorPrices = {
  enhance: { kind: 'enhance', perCall: 10_000 },
  image: {
    kind: 'image',
    perImage: {
      standard: { wide: 100_000, tall: 100_000, square: 100_000 },
      hd: { wide: 200_000, tall: 200_000, square: 200_000 },
    },
    perPicture: 20_000,
  },
  video: {
    kind: 'video',
    perSecond: { '720p': { silent: 200_000, sound: 400_000 }, '1080p': { silent: 200_000, sound: 400_000 } },
  },
} as const satisfies Record<string, ModelPrices>;
