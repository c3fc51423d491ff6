import type { Readable } from 'node:stream';
import type { Secret } from '../../../db/secret.ts';
import { deadlines } from '../deadlines.ts';
import { downloadFile } from '../download.ts';
import { type Endpoint, keyHeaders } from '../http.ts';
import { ProviderError } from '../provider.ts';
import { isOnServer } from './endpoint.ts';

export type DownloadSettings = { resumePauseMs?: number | undefined };

/** Opens a result that lies on the server itself. No other address is asked, whatever the server says. */
export async function downloadFrom(
  server: Endpoint,
  address: string,
  { signal, resumePauseMs = 1_000 }: { signal: AbortSignal } & DownloadSettings,
): Promise<Readable> {
  const isOwn = isOnServer(server);
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || !isOwn(url)) {
    throw new ProviderError('no_output', `${server.vendor} named an address for the result that is not its own.`);
  }
  const secrets: Secret[] = server.key ? [server.key] : [];
  const { vendor, classify } = server;
  const source = { vendor, url, headers: keyHeaders(server), secrets, isOwn, mayLeadTo: () => false, classify };
  return await downloadFile(source, { signal, idleMs: deadlines.idleDownload, resumePauseMs });
}
