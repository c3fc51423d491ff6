import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { filmOf } from '../../src/pipeline/graph.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submitted, until } from '../support/program.ts';
import { type ComfyJob, inputOf, sampleFolder, startComfy } from '../support/providers/comfyui.ts';
import { filmOfCall } from '../support/providers/filming.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The seconds that a workflow makes: it counts the first frame besides. */
const secondsOf = (job: ComfyJob): number => (Number(inputOf(job, 'WanFirstLastFrameToVideo', 'length')) - 1) / 16;

const isFilm = (job: ComfyJob): boolean => inputOf(job, 'WanFirstLastFrameToVideo', 'length') !== undefined;

/** A ComfyUI whose images have the size that they were asked to have, and whose films have the length. */
async function startStudio() {
  const comfy = await startComfy();
  comfy.fileOf = async (job, index) => {
    if (isFilm(job)) return (await filmOfCall(secondsOf(job), index)).bytes;
    const [width, height] = ['width', 'height'].map((side) => Number(inputOf(job, 'EmptySD3LatentImage', side)));
    const create = { width: width ?? 0, height: height ?? 0, channels: 3, background: '#c65d21' } as const;
    return await sharp({ create }).png().toBuffer();
  };
  const environment = {
    COMFYUI_URL: comfy.url,
  };
  return { comfy, environment };
}

test('with the address of a ComfyUI alone, vidgenie run complete makes an image and a film on it', async () => {
  const { comfy, environment } = await startStudio();
  const { environment: own } = await newcomer();
  const run = vidgenie(['run', 'complete', 'a fox', '--json'], { ...own, ...environment });
  expect(`${await run.exit} ${run.stderr()}`).toBe('0 ');
  expect(JSON.parse(run.stdout().split('\n').at(-1) ?? '')).toMatchObject({
    event: 'succeeded',
    assets: [
      // The sample makes 1664 x 928, and a first frame is exactly 16:9.
      { kind: 'image', mime: 'image/png', width: 1_648, height: 927 },
      { kind: 'video', mime: 'video/mp4', seconds: 8 },
    ],
  });
  expect(comfy.jobs.filter(isFilm).map(secondsOf)).toEqual([5, 3]);
});

test('a story of 30 seconds and four scenes is a chain of clips, each sent once, and costs nobody anything', async () => {
  const { comfy, environment } = await startStudio();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, environment });
  const view = await delivered(worker, await submitted(worker, { workflow: 'story', options: { duration: 30 } }));
  expect(view.run).toMatchObject({ state: 'succeeded' });
  expect(comfy.jobs.filter((job) => !isFilm(job))).toHaveLength(4);
  const lengths = comfy.jobs.filter(isFilm).map(secondsOf);
  expect(lengths.toSorted()).toEqual([2, 2, 3, 3, 5, 5, 5, 5]);
  expect(comfy.posts(/^\/prompt$/)).toHaveLength(12);
  expect(filmOf(view)?.asset.seconds).toBeCloseTo(30, 0);
  const made = view.steps.filter(({ provider }) => provider === 'comfyui');
  expect(made).toHaveLength(12);
  expect(made.every(({ keySource, costMicroUsd }) => keySource === 'none' && costMicroUsd === null)).toBe(true);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a worker killed after a film was sent is followed by one that asks for it, and nothing is sent twice', async () => {
  const { comfy, environment } = await startStudio();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false, environment });
  const id = await submitted(bot, { options: { duration: 4 } });
  const doomed = startWorkerProcess(installation, {
    at: { failpoint: 'step_submitted', step: 'video', how: 'kill' },
    environment,
  });
  await doomed.exited;
  const worker = await installation.open({ worker: true, environment });
  expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded' });
  expect(comfy.jobs).toHaveLength(2);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('a ComfyUI that is restarted in the middle fails the film, gives its credits back and delivers the image', async () => {
  const { comfy, environment } = await startStudio();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, environment });
  comfy.beforeHistory = () => {
    if (comfy.jobs.some(isFilm)) comfy.restart();
  };
  const arrived = comfy.arrival(/^\/prompt$/);
  const id = await submitted(worker, { options: { duration: 4 } });
  await arrived;
  // The image, which has arrived, is made at once. The film runs until it is forgotten.
  comfy.starts = 'running';
  const view = await delivered(worker, id);
  const video = view.steps.find(({ kind }) => kind === 'video');
  expect(video).toMatchObject({ state: 'failed', failure: { kind: 'interrupted' } });
  expect(view.assets.map(({ kind }) => kind)).toEqual(['image']);
  expect(comfy.jobs.filter(isFilm)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('what is no image is a failure, and is not asked for again', async () => {
  const { comfy, environment } = await startStudio();
  const installation = await createInstallation(await createTestDatabase());
  const worker = await installation.open({ worker: true, environment });
  comfy.fileOf = () => Buffer.from('<!doctype html><title>Sign in</title>');
  const view = await delivered(worker, await submitted(worker, { workflow: 'image' }));
  expect(view.run).toMatchObject({ state: 'failed' });
  expect(comfy.jobs).toHaveLength(1);
});

test('a film may wait in the queue of a GPU for longer than at a vendor, but not for ever', async () => {
  const { comfy, environment } = await startStudio();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true, environment });
  const arrived = comfy.arrival(/^\/prompt$/);
  const id = await submitted(worker, { options: { duration: 4 } });
  await arrived;
  comfy.starts = 'running';
  await until(worker, id, ({ steps }) => steps.some(({ kind, state }) => kind === 'video' && state === 'submitted'));
  const begun = (ago: string) =>
    database.db.execute(sql`UPDATE steps SET started_at = now() - ${ago}::interval WHERE kind = 'video'`);
  await begun('100 minutes');
  // The second question from here on comes after an answer about a film that has taken so long.
  await comfy.arrival(/^\/history/);
  await comfy.arrival(/^\/history/);
  await begun('130 minutes');
  const view = await delivered(worker, id);
  expect(view.steps.find(({ kind }) => kind === 'video')).toMatchObject({
    failure: { kind: 'interrupted', detail: expect.stringContaining('120 minutes') },
  });
  expect(comfy.jobs.filter(isFilm).map(({ state }) => state)).toEqual(['interrupted']);
});

test('a workflow that cannot be used is told in the log, and the others make the run', async () => {
  const { comfy, environment } = await startStudio();
  const folder = await temporaryDirectory();
  await cp(sampleFolder, folder, { recursive: true });
  await writeFile(join(folder, 'broken.vidgenie.json'), '{}');
  const { environment: own } = await newcomer();
  const run = vidgenie(['run', 'image', 'a fox'], { ...own, ...environment, COMFYUI_WORKFLOWS: folder });
  expect(await run.exit).toBe(0);
  expect(run.stderr()).toMatch(/broken.*a ComfyUI workflow cannot be used/s);
  expect(comfy.jobs).toHaveLength(1);
});
