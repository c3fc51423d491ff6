import type OpenAI from 'openai';
import type { Secret } from '../../../db/secret.ts';
import { ProviderError } from '../provider.ts';
import type { ExchangeOptions, Line } from '../providerCall.ts';
import { classify } from './errors.ts';

export type OpenAiOptions = {
  /** An OpenAI-compatible service, with the version in its path. OpenAI's own if absent. */
  baseUrl?: string;
};

const ownBaseUrl = 'https://api.openai.com/v1';

/**
 * A client for one call. We set every value that the SDK would otherwise take from the environment, so that a key never travels
 * with the organization of another key.
 */
export async function openAiClient(options: OpenAiOptions, key: Secret, line: Line): Promise<OpenAI> {
  // Loaded with the first call: most commands make none, and the SDK loads slowly.
  const { default: Client } = await import('openai');
  return new Client({
    apiKey: key.reveal(),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: options.baseUrl ?? ownBaseUrl,
    // Every call here may cost money or has somebody waiting. It is sent once, and the caller decides about a second attempt.
    maxRetries: 0,
    // With OPENAI_LOG set, the SDK's log would print whole requests.
    logLevel: 'off',
    fetch: line.fetch,
  });
}

export function openAiExchange(call: { key: Secret | null; signal: AbortSignal }, deadlineMs: number): ExchangeOptions {
  return { vendor: 'OpenAI', signal: call.signal, deadlineMs, secrets: call.key ? [call.key] : [], classify };
}

export function requireOpenAiKey(key: Secret | null): Secret {
  if (key) return key;
  throw new ProviderError('bad_key', 'No OpenAI key is at hand.', { nothingGenerated: true });
}
