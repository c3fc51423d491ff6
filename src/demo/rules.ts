import { noCapabilities, type Provider } from '../pipeline/providers/provider.ts';
import { answersAtOnce } from './at-once.ts';
import { enhance } from './enhance.ts';

/**
 * The enhancer of an installation that makes real images or videos and has no language model: the rules of the demo studio, which need
 * nothing and cost nothing. It looks at no pictures.
 */
export const rulesEnhancer: Provider<'enhance'> = {
  id: 'vidgenie',
  vendor: null,
  step: 'enhance',
  model: 'rules',
  capabilities: noCapabilities,
  prices: null,
  expectedMs: () => 50,
  submit: async (request) => ({
    outcome: 'finished',
    output: await enhance(request),
    cost: { microUsd: 0, usage: null },
  }),
  ...answersAtOnce,
};
