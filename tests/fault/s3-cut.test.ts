import { expect, onTestFinished, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { testConfig } from '../support/config.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { openTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('S3 that is away while an image and while a video is stored delays the run; both are stored whole, and neither is made again', async () => {
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

  proxy.turn('cut');
  const id = await submitted(worker, { workspace: await createWorkspace(database, 100) });
  // The provider has answered, and only the worker has the image.
  await expect.poll(() => submitsOf(installation.journal, id).image, { timeout: 30_000 }).toBe(1);
  await expect.poll(() => proxy.refused(), { timeout: 30_000 }).toBeGreaterThan(2);
  proxy.turn('fine');
  await until(worker, id, (view) => view.steps[2]?.state === 'submitted' || view.steps[2]?.state === 'storing');
  const before = proxy.refused();
  proxy.turn('cut');
  await expect.poll(() => proxy.refused(), { timeout: 30_000 }).toBeGreaterThan(before + 2);
  proxy.turn('fine');

  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
  for (const asset of view.assets) expect(await worker.services.store.size(asset.objectKey)).toBe(asset.bytes);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
