import { ProviderError } from './provider.ts';

/** For a provider whose `submit` returns the result itself: there is no handle and nothing to poll. */
export const answersAtOnce = { poll: noHandle, download: noHandle, cancel: async () => {} };

async function noHandle(): Promise<never> {
  throw new ProviderError('internal', 'This step answers at once; there is nothing to ask for later.');
}
