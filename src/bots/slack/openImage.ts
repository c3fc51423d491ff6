import { Readable } from 'node:stream';
import { refusalOf } from './client.ts';
import type { SlackConnection } from './connections.ts';

/** Milliseconds. */
const downloadTimeoutMs = 30_000;

/** The app was installed without the permission to read files. */
export class FilesUnreadable extends Error {
  override readonly name = 'FilesUnreadable';
}

/**
 * Fetches an image that Slack attached to a request. The request carries the bot's token, which goes only to Slack's own hosts.
 * Null if there is no image. Throws {@link FilesUnreadable} if the app may not read files.
 */
export async function openSlackFile(
  { client, token }: SlackConnection,
  fileId: string,
  apiUrl: string,
): Promise<Readable | null> {
  const { file } = await client.files.info({ file: fileId }).catch((error: unknown) => {
    if (refusalOf(error) === 'missing_scope') throw new FilesUnreadable();
    throw error;
  });
  const address = file?.url_private_download ?? file?.url_private;
  if (!address || !isSlacks(address, apiUrl)) return null;
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${token.reveal()}` },
    redirect: 'error',
    signal: AbortSignal.timeout(downloadTimeoutMs),
  });
  if (!answer.ok || !answer.body) {
    await answer.body?.cancel();
    return null;
  }
  return Readable.fromWeb(answer.body);
}

function isSlacks(address: string, apiUrl: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, origin } = new URL(address);
  return origin === new URL(apiUrl).origin || (protocol === 'https:' && hostname.endsWith('.slack.com'));
}
