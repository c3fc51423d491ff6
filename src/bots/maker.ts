import { vendorName, vendorOf } from '../pipeline/providers/vendors.ts';
import type { Text } from './text.ts';

const isDemo = (provider: string): boolean => provider === 'demo';

/** The maker of a step, by the name that people know: a vendor's, or the demo studio's. */
export function makerOf(provider: string, text: Text): string {
  if (isDemo(provider)) return text.runs.demoStudio;
  const vendor = vendorOf(provider);
  return vendor === null ? provider : vendorName(vendor);
}

/**
 * A model, for a sentence about what it supports, by its vendor's own name for it. The demo studio's models have no well-known
 * names.
 */
export const modelOf = ({ provider, model }: { provider: string; model: string }, text: Text): string =>
  isDemo(provider) ? text.runs.demoStudio : model;

/** The name of a model that people read: the vendor's, or else the id. */
export const titleOf = ({ id, model, title }: { id: string; model: string; title?: string }, text: Text): string =>
  title ?? modelOf({ provider: id, model }, text);
