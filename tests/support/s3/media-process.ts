import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendBytes } from '../../../src/bots/slack/upload.ts';
import { readConfig } from '../../../src/config.ts';
import { Secret } from '../../../src/db/secret.ts';
import { receiveMedia } from '../../../src/pipeline/media/receive.ts';
import { createS3Store } from '../../../src/pipeline/media/s3.ts';
import { downloadFile } from '../../../src/pipeline/providers/google/download.ts';
import { lookOften, measureMemory, sweep } from '../memory.ts';

// A process that brings a short video from a provider into S3 and on to a chat to warm up, and then a long one. It reports the
// memory that the long one needed. It collects garbage before each measurement, because V8 lets dead buffers pile up, whatever
// the file's size.
const [baseUrl = '', small = '', large = ''] = process.argv.slice(2);
const { s3 } = readConfig(process.env);
if (!s3) throw new Error('this process needs an S3 bucket');
const store = createS3Store(s3);
const directory = await mkdtemp(join(tmpdir(), 'vidgenie-media-'));
const { signal } = new AbortController();

async function carry(name: string): Promise<number> {
  const uri = `https://generativelanguage.googleapis.com/v1beta/files/${name}`;
  const key = new Secret('a-key-of-a-test');
  const body = await downloadFile({ baseUrl }, uri, { key, signal, idleMs: 60_000, resumePauseMs: 1 });
  const received = await receiveMedia(body, { directory, kind: 'video', maxBytes: 512 * 1024 * 1024, signal });
  if (received.outcome === 'refused') throw new Error(received.detail);
  const { media } = received;
  await store.put(`runs/${name}/video.mp4`, media, signal);
  await rm(media.path);
  const stored = await store.open(`runs/${name}/video.mp4`);
  await sendBytes(`${baseUrl}/chat/${name}`, stored, { mime: media.mime, bytes: media.bytes, signal });
  return media.bytes;
}

try {
  await carry(small);
  // Finished streams release their memory in the next turns of the loop.
  for (let turn = 0; turn < 5; turn++) {
    sweep();
    await delay(20);
  }
  const memory = measureMemory();
  const stopLooking = lookOften(memory.look, 50);
  const bytes = await carry(large);
  stopLooking();
  process.stdout.write(JSON.stringify({ bytes, added: memory.added() }));
} finally {
  await rm(directory, { recursive: true, force: true });
}
