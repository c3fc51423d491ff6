import type { GoogleGenAI, GoogleGenAIOptions } from '@google/genai';
import type { Secret } from '../../../db/secret.ts';
import { type Picture, ProviderError } from '../provider.ts';
import type { ExchangeOptions, Line } from '../providerCall.ts';
import { classify } from './errors.ts';

export type GoogleOptions = {
  /** The address of the API without a version. Google's own if absent. */
  baseUrl?: string;
  /** The SDK's default is `v1`, but every published example of Omni uses `v1beta`. */
  apiVersion?: string;
};

export type GoogleCloudOptions = {
  project: string;
  location: string;
  baseUrl?: string;
  /** How to sign in. Application Default Credentials if absent. */
  auth?: NonNullable<GoogleGenAIOptions['googleAuthOptions']>;
};

export const googleHost = 'generativelanguage.googleapis.com';

/** The base URL without a slash at its end. It may have a path, as a gateway's address does. All requests go below it. */
export function googleBaseUrl(options: GoogleOptions): string {
  return (options.baseUrl ?? `https://${googleHost}`).replace(/\/+$/, '');
}

/**
 * A client for one call, by API key. We set the values that the SDK would otherwise take from the environment (another key,
 * another address).
 */
export async function googleClient(options: GoogleOptions, key: Secret, line: Line): Promise<GoogleGenAI> {
  const { GoogleGenAI: Client } = await import('@google/genai');
  return new Client({
    enterprise: false,
    apiKey: key.reveal(),
    apiVersion: options.apiVersion ?? 'v1beta',
    httpOptions: { baseUrl: googleBaseUrl(options), fetch: line.fetch, retryOptions: { attempts: 1 } },
  });
}

/** A client for one call, by Google Cloud project. Without a project the sign-in library would search the network for one. */
export async function googleCloudClient(options: GoogleCloudOptions, line: Line): Promise<GoogleGenAI> {
  const { GoogleGenAI: Client } = await import('@google/genai');
  return new Client({
    enterprise: true,
    project: options.project,
    location: options.location,
    apiVersion: 'v1',
    httpOptions: {
      ...(options.baseUrl !== undefined && { baseUrl: options.baseUrl }),
      fetch: line.fetch,
      retryOptions: { attempts: 1 },
    },
    googleAuthOptions: { projectId: options.project, ...options.auth },
  });
}

/**
 * For the config of `generateContent`. By default the SDK answers `CONTINUATION` with another POST, again and again, and each
 * POST is paid for.
 */
export const onePost = { automaticContinuation: false } as const;

/** A picture as part of a message to `generateContent`. */
export const inlineOf = ({ content, mime }: Pick<Picture, 'content' | 'mime'>) => ({
  inlineData: { data: content.toString('base64'), mimeType: mime },
});

export function googleExchange(call: { key: Secret | null; signal: AbortSignal }, deadlineMs: number): ExchangeOptions {
  return { vendor: 'Google', signal: call.signal, deadlineMs, secrets: call.key ? [call.key] : [], classify };
}

export function googleCloudExchange(call: { signal: AbortSignal }, deadlineMs: number): ExchangeOptions {
  return {
    vendor: 'Google Cloud',
    signal: call.signal,
    deadlineMs,
    secrets: [],
    classify,
    unsent: { kind: 'bad_key', detail: 'The sign-in to Google Cloud failed.', nothingGenerated: true },
  };
}

export function requireGoogleKey(key: Secret | null): Secret {
  if (key) return key;
  throw new ProviderError('bad_key', 'No Google key is at hand.', { nothingGenerated: true });
}
