import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { temporaryDirectory } from '../support/temporary.ts';

const mebibyte = 1024 * 1024;
const megabytes = 200;
const script = fileURLToPath(new URL('../support/slack/upload-process.ts', import.meta.url));
const report = z.object({ added: z.object({ rss: z.number(), external: z.number() }) });

/** Writes a film in which every mebibyte holds its own number. Returns its hash. */
async function writeFilm(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let number = 0; number < size; number += 1) {
    const piece = Buffer.alloc(mebibyte, number);
    hash.update(piece);
    await file.write(piece);
  }
  await file.close();
  return hash.digest('hex');
}

/**
 * The part of Slack that an upload uses. It gives an upload address, receives and discards the bytes, and says that the file is
 * shared.
 */
async function startTakingSlack(): Promise<{ apiUrl: string; taken: { bytes: number; sha256: string }[] }> {
  const taken: { bytes: number; sha256: string }[] = [];
  const server = createServer((request, response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      hash.update(piece);
    });
    request.on('end', () => {
      if (request.url === '/upload') taken.push({ bytes, sha256: hash.digest('hex') });
      response.setHeader('content-type', 'application/json');
      const file = { id: 'F1', shares: { public: { C1: [{ ts: '1.2' }] } } };
      response.end(JSON.stringify({ ok: true, file_id: 'F1', upload_url: `${address()}/upload`, file }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = () => {
    const bound = server.address();
    return `http://127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
  };
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { apiUrl: `${address()}/api/`, taken };
}

test('a film of 200 MB holds less than 64 MB of memory on its way into a Slack thread', async () => {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'runs'));
  await writeFilm(join(directory, 'runs/small.mp4'), 1);
  const sha256 = await writeFilm(join(directory, 'runs/large.mp4'), megabytes);
  const slack = await startTakingSlack();
  const args = ['--expose-gc', script, slack.apiUrl, directory, 'runs/small.mp4', 'runs/large.mp4'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { added } = report.parse(JSON.parse(stdout));
  expect(slack.taken.at(-1)).toEqual({ bytes: megabytes * mebibyte, sha256 });
  expect(added.rss).toBeLessThan(64 * mebibyte);
  expect(added.external).toBeLessThan(64 * mebibyte);
});
