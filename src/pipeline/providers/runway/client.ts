import type RunwayML from '@runwayml/sdk';
import type { Secret } from '../../../db/secret.ts';
import type { ProviderConfig } from '../config.ts';
import { ProviderError } from '../provider.ts';
import type { ExchangeOptions, Line } from '../providerCall.ts';
import { classify } from './errors.ts';

export type RunwayOptions = {
  /** The address of the API without a version and without a slash at its end. Runway's own if absent. */
  baseUrl?: string;
  /** Further hosts of result files, besides those that Runway is known to use. */
  fileHosts?: readonly string[];
  /** Milliseconds since the epoch. The polling interval depends on it. */
  now?: () => number;
  resumePauseMs?: number;
};

const ownBaseUrl = 'https://api.dev.runwayml.com';

export const baseUrlOf = ({ baseUrl }: RunwayOptions): string => (baseUrl ?? ownBaseUrl).replace(/\/+$/, '');

export const runwayOptions = ({ runwayBaseUrl, runwayFileHosts }: ProviderConfig): RunwayOptions => ({
  ...(runwayBaseUrl && { baseUrl: runwayBaseUrl }),
  fileHosts: runwayFileHosts,
});

/** A client for one call. We set every value that the SDK would otherwise take from the environment. */
export async function runwayClient(options: RunwayOptions, key: Secret, line: Line): Promise<RunwayML> {
  // Loaded with the first call: most commands make none.
  const { default: Client } = await import('@runwayml/sdk');
  return new Client({
    apiKey: key.reveal(),
    baseURL: baseUrlOf(options),
    runwayVersion: '2024-11-06',
    // By default the SDK sends a POST that failed twice more.
    maxRetries: 0,
    // With RUNWAYML_LOG set, the SDK's log would print whole requests.
    logLevel: 'off',
    fetch: line.fetch,
  });
}

export const runwayExchange = (
  call: { key: Secret | null; signal: AbortSignal },
  deadlineMs: number,
): ExchangeOptions => ({
  vendor: 'Runway',
  signal: call.signal,
  deadlineMs,
  secrets: call.key ? [call.key] : [],
  classify,
});

export function requireRunwayKey(key: Secret | null): Secret {
  if (key) return key;
  throw new ProviderError('bad_key', 'No Runway key is at hand.', { nothingGenerated: true });
}
