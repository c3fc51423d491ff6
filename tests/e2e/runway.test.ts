import { readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runwayCanary } from '../support/canary.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import { startRunway } from '../support/providers/runway.ts';
import { startVendors } from '../support/providers/vendors.ts';

test('a run with an image and a video from Runway is stored, settled on what the tasks report, and paid for once each', async () => {
  const [vendors, runway] = [await startVendors(), await startRunway()];
  runway.films.set(1, readFileSync(inject('vendorMedia').image));
  runway.films.set(2, readFileSync(inject('vendorMedia').video));
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = vendors.environment;
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const installation = await createInstallation(database);
  const program = await installation.open({
    worker: true,
    environment: {
      OPENAI_API_KEY: String(OPENAI_API_KEY),
      OPENAI_BASE_URL: String(OPENAI_BASE_URL),
      RUNWAY_API_KEY: runwayCanary,
      RUNWAY_BASE_URL: runway.url,
      IMAGE_MODEL: 'gpt_image_2',
      VIDEO_MODEL: 'seedance2_5',
    },
  });
  const options = { duration: 4, resolution: '720p' } as const;
  const runId = await submitted(program, { workspace, workflow: 'complete', prompt: 'a fox', options });
  const { run, steps } = await delivered(program, runId);
  expect([run.state, run.failure]).toEqual(['succeeded', null]);
  const made = steps.filter(({ provider }) => provider === 'runway');
  expect(made.map(({ kind, model, costMicroUsd }) => [kind, model, costMicroUsd])).toEqual([
    ['image', 'gpt_image_2', 200_000],
    ['video', 'seedance2_5', 1_200_000],
  ]);
  expect(runway.billed).toEqual([20, 120]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
