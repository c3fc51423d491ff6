import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import { testConfig } from '../support/config.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** An S3 that takes every object, and answers when the test says so. */
async function openSlowS3() {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume().once('end', () => waiting.push(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const settings = {
    S3_BUCKET: 'vidgenie',
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'secret',
  };
  return { settings, waiting };
}

const busy = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';

test('a slow S3 gets a few uploads at a time, fewer while it asks to slow down, and all of them in the end', async () => {
  const { settings, waiting } = await openSlowS3();
  const { s3 } = readConfig(settings);
  if (!s3) throw new Error('there is no S3');
  const store = createS3Store(s3);
  const directory = await temporaryDirectory();
  const outcomes: string[] = [];
  const puts = Array.from({ length: 12 }, async (_, index) => {
    const path = join(directory, `${index}.png`);
    await writeFile(path, 'a picture');
    await store.put(`runs/${index}/image.png`, { path, mime: 'image/png', bytes: 9 }).then(
      () => outcomes.push('stored'),
      () => outcomes.push('failed'),
    );
  });
  let isOver = false;
  const all = Promise.all(puts).then(() => {
    isOver = true;
  });
  /** Answers uploads until there is nothing more to answer, or `until` holds. Returns the most that came at once. */
  const answer = async (status: number, body: string, until: () => boolean): Promise<number> => {
    let max = 0;
    while (!until()) {
      await expect.poll(() => until() || waiting.length > 0, { interval: 5 }).toBe(true);
      max = Math.max(max, waiting.length);
      waiting.shift()?.writeHead(status, { 'content-type': 'application/xml', etag: '"1"' }).end(body);
    }
    return max;
  };
  await expect.poll(() => waiting.length).toBe(4);
  // The client tries each upload a few times by itself before it counts as failed.
  expect(await answer(503, busy, () => outcomes.length === 4)).toBeLessThanOrEqual(4);
  expect(await answer(200, '', () => isOver)).toBeLessThanOrEqual(4);
  await all;
  expect(outcomes.sort()).toEqual([...Array(4).fill('failed'), ...Array(8).fill('stored')]);
});

test('runs wait for an S3 behind a line that is slow and narrow, and none is made twice or given up', async () => {
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const proxy = await openTcpProxy(() => ({ host: '127.0.0.1', port: Number(new URL(s3.endpoint).port) }));
  onTestFinished(proxy.close);
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const environment = { ...s3.environment, S3_ENDPOINT: `http://127.0.0.1:${proxy.port}` };
  const config = { s3: testConfig(database.url, installation.home, environment).s3 };
  const worker = await installation.open({ worker: true, config });
  await worker.services.store.prepare();
  const workspace = await createWorkspace(database, 1_000);
  proxy.delay(100);
  proxy.narrow(16_000);
  const ids = await Promise.all(Array.from({ length: 8 }, () => submitted(worker, { workspace })));
  for (const id of ids) {
    expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
    expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  }
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
