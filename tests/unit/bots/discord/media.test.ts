import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CardMedia } from '../../../../src/bots/card.ts';
import { attach } from '../../../../src/bots/discord/media.ts';
import { textOf } from '../../../../src/bots/text.ts';
import { createFileStore } from '../../../../src/pipeline/media/files.ts';
import { temporaryDirectory } from '../../../support/temporary.ts';

const mebibyte = 1024 * 1024;
const runId = '0b8f6a52-0000-4000-8000-000000000000';

test('a message holds 25 MiB, whatever a server’s boosts allow for a file: what the image leaves is the video’s', async () => {
  const directory = await temporaryDirectory();
  const store = createFileStore(join(directory, 'media'));
  const kept = async (kind: 'image' | 'video', bytes: number): Promise<CardMedia> => {
    const path = join(directory, kind);
    await writeFile(path, '');
    await truncate(path, bytes);
    const [extension, mime] = kind === 'image' ? (['png', 'image/png'] as const) : (['mp4', 'video/mp4'] as const);
    const size = { width: 1, height: 1, seconds: null, bytes };
    const objectKey = `runs/${runId}/${kind}-0123abcd.${extension}`;
    await store.put(objectKey, { path, mime, bytes });
    return { step: kind === 'image' ? 2 : 3, kind, label: kind, objectKey, mime, ...size };
  };
  const attached = async (media: readonly CardMedia[]) => {
    const surroundings = {
      store,
      directory,
      signal: new AbortController().signal,
      text: textOf('en'),
      spoilers: false,
    };
    const addressOf = async () => ({ url: 'https://bot.test/media', expiresAt: null });
    const order = { runId, limitBytes: 50 * mebibyte, givenUp: [] };
    const { files, lines } = await attach(media, order, { ...surroundings, addressOf });
    return { names: files.map(({ name }) => name.split('-')[0]), links: lines.length };
  };
  const image = await kept('image', 5 * mebibyte);
  expect(await attached([image, await kept('video', 19 * mebibyte)])).toEqual({ names: ['image', 'video'], links: 0 });
  // This file is not a real film, so nothing can make it smaller.
  expect(await attached([image, await kept('video', 21 * mebibyte)])).toEqual({ names: ['image'], links: 1 });
  expect(await attached([await kept('video', 24 * mebibyte)])).toEqual({ names: ['video'], links: 0 });
});
