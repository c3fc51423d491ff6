import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { z } from 'zod';
import type { Slack } from './slack.ts';

/** Uploads an image to a channel, as a person would. Returns the file's id. */
export async function uploadImage(slack: Slack, channel: string): Promise<string> {
  const image = readFileSync(inject('vendorMedia').image);
  const begun = await slack.observe('files.getUploadURLExternal', { filename: 'fox.png', length: image.length });
  const { file_id: id } = z.object({ file_id: z.string() }).parse(begun);
  await fetch(`${slack.url}/upload/v1/${id}`, { method: 'POST', body: image });
  await slack.observe('files.completeUploadExternal', { files: [{ id }], channel_id: channel });
  return id;
}
