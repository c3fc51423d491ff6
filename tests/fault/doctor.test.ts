import { expect, onTestFinished, test } from 'vitest';
import { checkMedia } from '../../src/cli/doctor/environment.ts';
import { look } from '../../src/cli/doctor/finding.ts';
import { checkWork } from '../../src/cli/doctor/services.ts';
import { readConfig } from '../../src/config.ts';
import { googleCanary } from '../support/canary.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { geminiImageAnswer, startGemini } from '../support/providers/gemini-image.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A program with one result in a bucket, and the doctor's findings about the bucket and the results. */
async function withResult() {
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const installation = await createInstallation(await createTestDatabase());
  const program = await installation.open({ worker: true, config: { s3: readConfig(s3.environment).s3 } });
  await program.services.store.prepare();
  const view = await delivered(program, await submitted(program, { workflow: 'image' }));
  const examine = async () => {
    const [media] = await look('media', () => checkMedia(program.config));
    const findings = await checkWork(program, { hasStore: media?.isFine === true });
    return { media, objects: findings.find(({ part }) => part === 'objects') };
  };
  return { s3, store: program.services.store, view, examine };
}

test('the doctor calls results missing that are, and none that it could not look for', async () => {
  const { s3, store, view, examine } = await withResult();
  expect((await examine()).objects).toMatchObject({ isFine: true });

  s3.fault = 503;
  const away = await examine();
  expect(away.media).toMatchObject({
    isFine: false,
    says: expect.stringMatching(/cannot be reached or is overloaded/),
  });
  expect(away.objects).toMatchObject({ isFine: false, says: expect.stringMatching(/^not looked at/) });

  s3.fault = null;
  for (const { objectKey } of view.assets) await store.remove(objectKey);
  expect((await examine()).objects?.says).toMatch(/^1 of the stored results is missing .*from a backup/);
});

test('a bucket that goes away while the doctor looks is told as that', async () => {
  const { s3, examine } = await withResult();
  const found = examine();
  // The check of the bucket writes, reads and removes an object.
  for (let calls = 0; calls < 3; calls += 1) await s3.arrival(/\/check\//);
  s3.fault = 503;
  const { media, objects } = await found;
  expect(media).toMatchObject({ isFine: true });
  expect(objects).toMatchObject({ isFine: false, says: expect.stringMatching(/cannot be reached or is overloaded/) });
});

test('the doctor tells when a model will be gone, from what Google said with its last results', async () => {
  const google = await startGemini();
  google.answer = {
    ...geminiImageAnswer,
    modelStatus: { modelStage: 'LEGACY', retirementTime: '2027-01-15T00:00:00Z' },
  };
  const installation = await createInstallation(await createTestDatabase());
  const environment = { GOOGLE_API_KEY: googleCanary, GOOGLE_BASE_URL: google.url };
  const program = await installation.open({ worker: true, environment });
  const retirements = async () =>
    (await checkWork(program, { hasStore: true })).flatMap(({ part, says }) => (part === 'models' ? [says] : []));
  expect(await retirements()).toEqual([]);
  const { run } = await delivered(program, await submitted(program, { workflow: 'image' }));
  expect(run.state).toBe('succeeded');
  expect(await retirements()).toEqual([
    expect.stringMatching(/^gemini-nano-banana-2.1 will be shut down on 2027-01-15/),
  ]);
});
