import type { JsonValue } from '../domain.ts';
import { ProviderError } from '../pipeline/providers/provider.ts';

/** For a provider of this folder that returns its result with `submit`, so there is nothing to poll. */
export const answersAtOnce = {
  poll: neverAccepted,
  download: neverAccepted,
  cancel: async (_handle: JsonValue) => {},
};

async function neverAccepted(_handle: JsonValue): Promise<never> {
  throw new ProviderError('interrupted', 'the demo studio does not know this operation');
}
