import type { Readable } from 'node:stream';
import type { Secret } from '../../../db/secret.ts';
import { type DownloadOptions, downloadFile as download } from '../download.ts';
import { ProviderError } from '../provider.ts';
import { type GoogleOptions, googleBaseUrl, googleHost } from './client.ts';
import { classify } from './errors.ts';

/** Hosts to which Google's file service may redirect. We never send the key there. */
const googleStorage = /^([\w-]+\.)*(googleapis|googleusercontent)\.com$/;

/** Opens a file at Google. We do not use the SDK's own `files.download`, because it raises an error event that nobody can catch. */
export async function downloadFile(
  options: GoogleOptions,
  uri: string,
  { key, ...how }: DownloadOptions & { key: Secret },
): Promise<Readable> {
  const own = new URL(googleBaseUrl(options)).origin;
  const source = {
    vendor: 'Google',
    url: locate(options, uri),
    headers: { 'x-goog-api-key': key.reveal() },
    secrets: [key],
    isOwn: ({ origin }: URL) => origin === own,
    mayLeadTo: ({ protocol, hostname }: URL) => protocol === 'https:' && googleStorage.test(hostname),
    classify,
  };
  return await download(source, how);
}

/**
 * Checks that a file's address is Google's, and rewrites it below the configured base URL, as the SDK does with its own calls. A
 * gateway has a path and forwards what lies below it. An address of the gateway itself stays as it is.
 */
function locate(options: GoogleOptions, uri: string): URL {
  const base = new URL(googleBaseUrl(options));
  const url = URL.canParse(uri) ? new URL(uri) : null;
  const google = url?.protocol === 'https:' && url.hostname === googleHost && url.port === '';
  if (!url || !(google || url.origin === base.origin) || url.username || url.password) {
    throw new ProviderError('no_output', 'Google named an address for the video that is not its own.');
  }
  const target = google ? new URL(`${googleBaseUrl(options)}${url.pathname}${url.search}`) : url;
  target.searchParams.delete('key');
  return target;
}
