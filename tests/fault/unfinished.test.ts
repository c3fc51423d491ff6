import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import type { Messenger, PartialImage } from '../../src/pipeline/messenger.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { readable } from '../support/discord/world.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, submitted } from '../support/program.ts';
import { startVendors } from '../support/providers/vendors.ts';

const images = /images/;

async function open() {
  const { openai, environment: both } = await startVendors();
  openai.image.bytes = await readFile(inject('vendorMedia').image);
  const environment = { ...both, PARTIAL_IMAGES: '2' };
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const filesOf = async (id: string) =>
    (await readdir(join(installation.home, 'media', 'runs', id)).catch(() => [])).sort();
  return { openai, environment, database, workspace, installation, filesOf };
}

test('an unfinished picture is shown while the image is made, is no result, and is erased when the image is there', async () => {
  const { openai, environment, database, workspace, installation, filesOf } = await open();
  const finish = Promise.withResolvers<void>();
  openai.streams.pause = finish.promise;
  openai.streams.partials = [Buffer.from('this is no picture')];
  const shown = Promise.withResolvers<readonly PartialImage[]>();
  const terminal: Messenger = {
    update: async (_view, { partials }) => {
      if (partials) shown.resolve(partials);
    },
    deliver: async () => ({}),
    takeBack: async () => {},
    unreached: () => [],
  };
  const worker = await installation.open({ worker: true, environment, messengers: { terminal } });
  const id = await submitted(worker, { workspace, workflow: 'image' });
  const [partial] = await shown.promise;
  expect(partial).toMatchObject({ step: 2, version: 1, mime: 'image/png', width: 64, height: 36 });
  expect(await filesOf(id)).toEqual(['partial-2.png']);
  finish.resolve();
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: view.run.priceCredits });
  expect(view.assets.map(({ objectKey }) => objectKey)).toEqual([expect.stringMatching(/\/image-2-[0-9a-f]{8}\.png$/)]);
  expect(await filesOf(id)).toEqual([view.assets[0]?.objectKey.split('/').at(-1)]);
  expect(await readdir(join(installation.home, 'tmp'))).toEqual([]);
  expect(openai.posts(images)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('nobody sees a picture before moderation where results are moderated, so none is asked for', async () => {
  const { openai, environment, database, workspace, installation } = await open();
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ results: 'spoiler' }));
  const worker = await installation.open({ worker: true, environment });
  await delivered(worker, await submitted(worker, { workspace, workflow: 'image' }));
  expect(openai.posts(images).map(({ body }) => Object(body).stream)).toEqual([undefined]);
});

test('what a killed worker leaves of an unfinished picture is erased by the next one', async () => {
  const { openai, environment, database, workspace, installation, filesOf } = await open();
  const { bytes } = openai.image;
  openai.streams.pause = new Promise(() => {});
  const bot = await installation.open({ worker: false, environment });
  const id = await submitted(bot, { workspace, workflow: 'image' });
  const doomed = startWorkerProcess(installation, { environment });
  await expect.poll(() => filesOf(id)).toEqual(['partial-2.png']);
  doomed.process.kill('SIGKILL');
  await doomed.exited;
  openai.streams.pause = null;
  openai.image.bytes = bytes;
  await endLeases(database);
  const worker = await installation.open({ worker: true, environment });
  const view = await delivered(worker, id);
  expect(view.run.state).toBe('succeeded');
  expect(await filesOf(id)).toEqual([view.assets[0]?.objectKey.split('/').at(-1)]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('on Discord it is in the progress message until the image is there', async () => {
  const { openai, environment } = await startVendors();
  openai.image.bytes = await readFile(inject('vendorMedia').image);
  const finish = Promise.withResolvers<void>();
  openai.streams.pause = finish.promise;
  const { discord, channel, ada, runOf } = await openVidGenie({ environment: { ...environment, PARTIAL_IMAGES: '1' } });
  const { world } = discord;
  const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
  discord.send(asked);
  const thread = await discord.thread(asked);
  const progress = await world.until(() =>
    world.messagesIn(thread.id).find(({ attachments }) => attachments.length === 1),
  );
  expect(progress.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([
    ['preview--21.jpg', 'image/jpeg'],
  ]);
  expect(readable(progress.components)).not.toContain('paid');
  finish.resolve();
  expect((await runOf(asked)).run.state).toBe('succeeded');
  expect(progress.attachments).toEqual([]);
  const results = world.messagesIn(thread.id).filter(({ attachments }) => attachments.length > 0);
  expect(results.map(({ attachments }) => attachments.length)).toEqual([1]);
  expect(results).not.toContain(progress);
});
