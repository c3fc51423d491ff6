import { expect, onTestFinished, test } from 'vitest';
import { attach } from '../../src/bots/discord/media.ts';
import { createAddressOf } from '../../src/bots/mediaAddress.ts';
import { mediaOf } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { createMediaLinks } from '../../src/bots/web/links.ts';
import { readConfig } from '../../src/config.ts';
import type { Overrides } from '../../src/program.ts';
import { createTestDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function installed(surroundings: Overrides = {}) {
  const installation = await createInstallation(await createTestDatabase());
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const config = { s3: readConfig(s3.environment).s3 };
  const program = await installation.open({ worker: true, config, ...surroundings });
  await program.services.store.prepare();
  return { installation, s3, program };
}

test('an image that was paid for waits for an S3 server that is away, and is not paid for twice', async () => {
  const { installation, s3, program } = await installed();
  s3.fault = 503;
  const id = await submitted(program, { workflow: 'image' });
  // More than the client's own retries, so it has given up at least once.
  for (let tries = 0; tries < 6; tries += 1) await s3.arrival(/image-/);
  s3.fault = null;
  const { run } = await delivered(program, id);
  expect(run.state).toBe('succeeded');
  expect(submitsOf(installation.journal, id)).toMatchObject({ image: 1 });
});

test('a video whose image lies in an S3 server that is away waits for it, and nothing is given up', async () => {
  const gone = Promise.withResolvers<void>();
  const { installation, s3, program } = await installed({
    reachFailpoint: (failpoint, { step }) => {
      if (failpoint !== 'step_done' || step !== 'image') return;
      s3.fault = 503;
      gone.resolve();
    },
  });
  const id = await submitted(program);
  await gone.promise;
  for (let tries = 0; tries < 6; tries += 1) await s3.arrival(/image-/);
  s3.fault = null;
  const { run } = await delivered(program, id);
  expect(run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  expect(submitsOf(installation.journal, id)).toEqual({ enhance: 1, image: 1, video: 1 });
});

test('what a Discord server does not take is told with an address at which everybody can fetch it', async () => {
  const { program } = await installed();
  const view = await delivered(program, await submitted(program, { workflow: 'image' }));
  const text = textOf('en');
  const { store, now, vault } = program.services;
  const addressOf = createAddressOf({ store, now, publicUrl: null, links: createMediaLinks(vault.keyring) });
  const surroundings = { store, addressOf, signal: new AbortController().signal, text, spoilers: false };
  const directory = await temporaryDirectory();
  const { files, lines } = await attach(
    mediaOf(view, text),
    { runId: view.run.id, limitBytes: 0, givenUp: [] },
    { ...surroundings, directory },
  );
  expect(files).toEqual([]);
  const url = /https?:\/\/\S+?(?=[)>\s]|$)/.exec(lines.join(' '))?.[0] ?? '';
  expect((await fetch(url)).headers.get('content-type')).toBe('image/png');
});
