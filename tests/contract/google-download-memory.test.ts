import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startStub } from '../support/providers/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const mebibyte = 1024 * 1024;
const total = 200 * mebibyte;
const script = fileURLToPath(new URL('../support/providers/download-process.ts', import.meta.url));
const report = z.object({
  bytes: z.number(),
  sha256: z.string(),
  added: z.object({ rss: z.number(), external: z.number() }),
});

/** Every mebibyte holds its own number. A download may resume at any byte. */
function* video(from: number, to: number): Generator<Buffer> {
  let at = from;
  while (at < to) {
    const number = Math.floor(at / mebibyte);
    const end = Math.min((number + 1) * mebibyte, to);
    yield Buffer.alloc(end - at, number);
    at = end;
  }
}

test('a video of 200 MB holds less than 64 MB of memory while it comes in, a break in its middle included', async () => {
  const breakAt = 120 * mebibyte;
  const stub = await startStub(({ path, headers }, response) => {
    const size = path.endsWith('small') ? mebibyte : total;
    const from = Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    const length = { 'content-length': String(size - from) };
    if (from > 0) response.writeHead(206, { ...length, 'content-range': `bytes ${from}-${size - 1}/${size}` });
    else response.writeHead(200, length);
    const breaks = size === total && from === 0;
    const body = Readable.from(video(from, breaks ? breakAt : size));
    body.pipe(response, { end: !breaks });
    if (breaks) body.once('end', () => response.destroy());
  });
  const target = join(await temporaryDirectory(), 'video');
  const file = (name: string) => `https://generativelanguage.googleapis.com/v1beta/files/${name}`;
  const args = ['--expose-gc', script, stub.url, file('small'), file('large'), target];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { bytes, sha256, added } = report.parse(JSON.parse(stdout));

  const hash = createHash('sha256');
  for (const piece of video(0, total)) hash.update(piece);
  expect({ bytes, sha256 }).toEqual({ bytes: total, sha256: hash.digest('hex') });
  expect(stub.requests).toHaveLength(3);
  expect(added.rss).toBeLessThan(64 * mebibyte);
  expect(added.external).toBeLessThan(64 * mebibyte);
});
