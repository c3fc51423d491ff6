import { ProviderError } from './provider.ts';

/** The calls of a provider whose `submit` brings the result itself: there is no handle, and so nothing to ask for later. */
export const answersAtOnce = { poll: noHandle, download: noHandle, cancel: async () => {} };

async function noHandle(): Promise<never> {
  throw new ProviderError('internal', 'This step answers at once; there is nothing to ask for later.');
}
