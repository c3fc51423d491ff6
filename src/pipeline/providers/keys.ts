import type { JsonValue, ProvidedKind } from '../../domain.ts';
import type { Capabilities, ModelPrices, ProviderError } from './provider.ts';
import type { Outcome } from './providerCall.ts';

/** The result of checking a key with a free call. `unreachable` says nothing about the key: try again later. */
export type KeyCheck = 'valid' | 'invalid' | 'no_permission' | 'out_of_quota' | 'unreachable';

/**
 * A model that a key can use. `shutdownAt` is the vendor's own announcement (ISO 8601), null if there is none. `entry` is what its
 * catalogue says about it, null if VidGenie knows the vendor's models by itself.
 */
export type ListedModel = { id: string; shutdownAt: string | null; entry?: CatalogueEntry | null | undefined };

/**
 * A model of a catalogue, already reduced to what its adapter can do with it. `extra` is for the adapter alone, for example the names
 * that a request needs.
 */
export type CatalogueEntry = {
  kind: ProvidedKind;
  title: string;
  capabilities: Capabilities;
  prices: ModelPrices | null;
  extra: JsonValue;
};

/** Turns the outcome of a free call into a verdict on its key. */
export function keyCheckOf(outcome: Outcome<unknown>): KeyCheck {
  if (outcome.ok) return 'valid';
  switch (outcome.fault.kind) {
    case 'bad_key':
      return outcome.fault.lacksPermission ? 'no_permission' : 'invalid';
    case 'quota':
      return 'out_of_quota';
    case 'refused':
    case 'invalid_request':
    case 'rate_limited':
    case 'unavailable':
    case 'timeout':
    case 'interrupted':
    case 'no_output':
    case 'storage':
    case 'internal':
    case 'canceled':
      return 'unreachable';
  }
}

/** The status of a key after a failure in the middle of a run. Null if the failure says nothing about it. */
export function keyCheckAfter(error: ProviderError): KeyCheck | null {
  if (error.kind === 'quota') return 'out_of_quota';
  if (error.kind !== 'bad_key') return null;
  return error.lacksPermission ? 'no_permission' : 'invalid';
}
