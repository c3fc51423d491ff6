import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { ProviderError } from '../../src/pipeline/providers/provider.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';

const refusing = () => new ProviderError('refused', 'the vendor does not show this');

test('when the video fails, the image is kept and the credits of the video go back', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor: { failing: { video: refusing } } });
  const view = await delivered(worker, await submitted(worker));
  expect(view.run).toMatchObject({
    state: 'failed',
    capturedCredits: 6,
    releasedCredits: 18,
    failure: { kind: 'refused', detail: 'the vendor does not show this' },
  });
  expect(view.assets).toMatchObject([{ step: 2, width: 64, height: 36 }]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test("when enhance fails, the run goes on with the member's own words and the credit goes back", async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor: { failing: { enhance: refusing } } });
  const view = await delivered(worker, await submitted(worker));
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 23, releasedCredits: 1, failure: null });
  expect(view.steps.map((step) => step.state)).toEqual(['failed', 'done', 'done']);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('when the image fails, the video is never sent', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, vendor: { failing: { image: refusing } } });
  const id = await submitted(worker);
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, releasedCredits: 23 });
  expect(view.steps[2]?.state).toBe('skipped');
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 0 });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a call that is proven to have generated nothing is sent again, a few times; any other is not', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const busy = () => new ProviderError('rate_limited', 'slow down', { nothingGenerated: true });
  const broken = () => new ProviderError('unavailable', 'error 500');
  const worker = await installation.open({
    worker: true,
    vendor: { failing: { enhance: broken, video: busy } },
    random: () => 0,
  });
  const id = await submitted(worker);
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 5, releasedCredits: 19 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 4 });
  expect(view.steps[2]).toMatchObject({ submits: 1, failure: { kind: 'rate_limited' } });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a store that cannot be written to fails the step in plain words and releases it', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  // There is a file where the store needs a folder. This fails for root too, unlike a mode.
  await mkdir(installation.home, { recursive: true });
  await writeFile(join(installation.home, 'media'), 'in the way');
  await chmod(join(installation.home, 'media'), 0o444);
  const worker = await installation.open({ worker: true });
  const view = await delivered(worker, await submitted(worker));
  expect(view.run).toMatchObject({
    state: 'failed',
    capturedCredits: 1,
    releasedCredits: 23,
    failure: { kind: 'storage' },
  });
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
