import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { checkInvariants } from '../../src/db/invariants.ts';
import { catalogues } from '../../src/db/schema.ts';
import type { RunId } from '../../src/domain.ts';
import type { Program } from '../../src/program.ts';
import { delivered, submitted } from '../support/program.ts';
import { image, openPolledAtOnce } from '../support/providers/filming.ts';
import { completed } from '../support/providers/openrouter.ts';
import { openInstallationOnOpenRouter } from '../support/providers/openrouterInstallation.ts';

async function open() {
  const { stub, ...opened } = await openInstallationOnOpenRouter();
  stub.image.bytes = await image('#c65d21');
  stub.film.bytes = readFileSync(inject('vendorMedia').video);
  stub.states = [completed];
  return { stub, ...opened };
}

const costRow = z.array(
  z.object({ kind: z.string(), model: z.string(), cost: z.coerce.number().nullable(), provider: z.string() }),
);

/** The steps of a run with the costs that the database has. */
const costsOf = async ({ database: { db } }: Program, id: RunId) =>
  costRow.parse([
    ...(await db.execute(
      sql`SELECT kind, model, provider, cost_micro_usd AS cost FROM steps WHERE run_id = ${id} ORDER BY number`,
    )),
  ]);

test('with an OpenRouter key alone a complete run is delivered, at exactly the costs that OpenRouter reports', async () => {
  const { stub, installation, environment } = await open();
  const worker = await openPolledAtOnce(installation, environment);
  const id = await submitted(worker);
  const view = await delivered(worker, id);
  expect(view.run.state).toBe('succeeded');
  expect(view.assets.map(({ kind }) => kind).sort()).toEqual(['image', 'video']);
  const provider = 'openrouter';
  expect(await costsOf(worker, id)).toEqual([
    { kind: 'enhance', model: 'openai/gpt-6-luna', provider, cost: 240 },
    { kind: 'image', model: 'qwen/qwen-image-3', provider, cost: 35_000 },
    // The look at the image.
    { kind: 'enhance', model: 'openai/gpt-6-luna', provider, cost: 240 },
    { kind: 'video', model: 'google/veo-3.1-lite', provider, cost: 640_000 },
  ]);
  expect(stub.billed.map(({ path }) => path)).toEqual(['/chat/completions', '/images', '/chat/completions', '/videos']);
  expect(await checkInvariants(worker.database.db, { atRest: true })).toEqual([]);
});

test('a run in flight is finished by a model that has left the catalogue', async () => {
  const { stub, installation, environment } = await open();
  const bot = await installation.open({ worker: false, environment });
  const id = await submitted(bot);
  stub.left = new Set(['openai/gpt-6-luna', 'qwen/qwen-image-3', 'google/veo-3.1-lite']);
  stub.catalogue = { videos: [], images: [], endpoints: {}, models: [] };
  await bot.database.db.update(catalogues).set({ models: [] });
  const worker = await openPolledAtOnce(installation, environment);
  expect((await delivered(worker, id)).run.state).toBe('succeeded');
  expect((await costsOf(worker, id)).map(({ model, cost }) => [model, cost])).toEqual([
    ['openai/gpt-6-luna', 240],
    ['qwen/qwen-image-3', 35_000],
    ['openai/gpt-6-luna', 240],
    ['google/veo-3.1-lite', 640_000],
  ]);
});
