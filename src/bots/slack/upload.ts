import type { Readable } from 'node:stream';
import type { WebClient } from '@slack/web-api';
import { request } from 'undici';
import { MessengerError } from '../../pipeline/messenger.ts';
import { cut } from './escape.ts';

type Reserved = { fileId: string; uploadUrl: string };

/**
 * Asks Slack to reserve a file. We choose the name: a prompt is never a file name. `description` is for images alone: Slack
 * accepts it for any other file, and then silently shares nothing.
 */
export async function reserveFile(
  client: WebClient,
  file: { name: string; bytes: number; description: string | null },
): Promise<Reserved> {
  const asked = {
    filename: file.name,
    length: file.bytes,
    // Slack uses this name. Its library has another one, which Slack ignores.
    ...(file.description === null ? {} : { alt_txt: cut(file.description, 1_000) }),
  };
  const { file_id: fileId, upload_url: uploadUrl } = await client.files.getUploadURLExternal(asked);
  if (!fileId || !uploadUrl) throw new MessengerError('unavailable', 'Slack gave no place for a file');
  return { fileId, uploadUrl };
}

/** Streams the bytes from the store to Slack, so that a video is never held in memory. */
export async function sendBytes(
  uploadUrl: string,
  body: Readable,
  file: { mime: string; bytes: number; signal: AbortSignal },
): Promise<void> {
  try {
    const answer = await request(uploadUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': file.mime, 'content-length': String(file.bytes) },
      signal: file.signal,
      headersTimeout: 120_000,
      bodyTimeout: 120_000,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) {
      throw new MessengerError('unavailable', `Slack answered an upload with status ${answer.statusCode}`);
    }
  } finally {
    body.destroy();
  }
}

/** Shares an uploaded file in a thread. */
export async function shareFile(
  client: WebClient,
  file: { fileId: string; title: string; comment: string },
  thread: { channel: string; threadTs: string },
): Promise<void> {
  await client.files.completeUploadExternal({
    files: [{ id: file.fileId, title: cut(file.title, 200) }],
    channel_id: thread.channel,
    thread_ts: thread.threadTs,
    initial_comment: file.comment,
  });
}
