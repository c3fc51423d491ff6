import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const mebibyte = 1024 * 1024;
const script = fileURLToPath(new URL('../support/s3/media-process.ts', import.meta.url));
const report = z.object({ bytes: z.number(), added: z.object({ rss: z.number(), external: z.number() }) });

/** A real video, extended to the needed length by a box that players skip. */
function* padded(video: Buffer, bytes: number): Generator<Buffer> {
  yield video;
  const box = Buffer.alloc(8);
  box.writeUInt32BE(bytes - video.length);
  box.write('free', 4);
  yield box;
  const piece = Buffer.alloc(mebibyte, 1);
  for (let left = bytes - video.length - box.length; left > 0; left -= mebibyte) yield piece.subarray(0, left);
}

test('a video of 200 MB adds less than 64 MB of memory on its way from a provider to S3 and on to a chat', {
  timeout: 300_000,
}, async () => {
  const video = await readFile(inject('vendorMedia').video);
  const sizes = new Map([
    ['small', mebibyte],
    ['large', 200 * mebibyte],
  ]);
  const arrived: number[] = [];
  // A provider and a chat in one. It sends each requested file, and counts and discards each received one.
  const outside = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let bytes = 0;
      for await (const chunk of request) bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
      arrived.push(bytes);
      response.end('OK');
      return;
    }
    const bytes = sizes.get(request.url?.match(/(small|large)/)?.[0] ?? '') ?? 0;
    response.writeHead(200, { 'content-length': String(bytes) });
    Readable.from(padded(video, bytes)).pipe(response);
  });
  outside.listen(0, '127.0.0.1');
  await once(outside, 'listening');
  onTestFinished(() => {
    outside.close();
  });
  const address = outside.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const { createS3Store } = await import('../../src/pipeline/media/s3.ts');
  const { readConfig } = await import('../../src/config.ts');
  const { s3: settings } = readConfig(s3.environment);
  if (settings) await createS3Store(settings).prepare();

  const args = ['--expose-gc', script, `http://127.0.0.1:${address.port}`, 'small', 'large'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...s3.environment } });
  const { bytes, added } = report.parse(JSON.parse(stdout));
  expect(bytes).toBe(200 * mebibyte);
  expect(arrived).toEqual([mebibyte, 200 * mebibyte]);
  expect(added.rss).toBeLessThan(64 * mebibyte);
  expect(added.external).toBeLessThan(64 * mebibyte);
});
