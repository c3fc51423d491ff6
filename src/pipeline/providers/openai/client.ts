import type OpenAI from 'openai';
import type { Secret } from '../../../db/secret.ts';
import { ProviderError } from '../provider.ts';
import type { ExchangeOptions, Line } from '../providerCall.ts';
import { classify } from './errors.ts';

export type OpenAiOptions = {
  /** An OpenAI-compatible service, version path included; OpenAI's own when absent. */
  baseUrl?: string;
};

const ownBaseUrl = 'https://api.openai.com/v1';

/** A client for one call. Everything that the SDK would otherwise take from the environment is said here, so that one key never travels with another's organisation. */
export async function openAiClient(options: OpenAiOptions, key: Secret, line: Line): Promise<OpenAI> {
  // Loaded with the first call: most commands make none, and the SDK takes its time.
  const { default: Client } = await import('openai');
  return new Client({
    apiKey: key.reveal(),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: options.baseUrl ?? ownBaseUrl,
    // Every call here may cost money or has somebody waiting: it is sent once, and the caller decides about a second time.
    maxRetries: 0,
    // The SDK's log prints whole requests when OPENAI_LOG says so.
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
