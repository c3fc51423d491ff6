import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { castEntries, workspaces } from '../../../src/db/schema.ts';
import { allDelivered } from '../../support/program.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { ended } from '../../support/slack/presses.ts';
import { wordsOf } from '../../support/slack/views.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Flags every result, as moderation would. */
async function flagAll({ program }: InSlack): Promise<void> {
  const { db } = program.database;
  await db.execute(sql`CREATE FUNCTION flag() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN NEW.flagged := ARRAY[''violence'']; RETURN NEW; END'`);
  await db.execute(sql`CREATE TRIGGER flag BEFORE INSERT ON assets FOR EACH ROW EXECUTE FUNCTION flag()`);
}

const sharedIn = ({ slack }: InSlack) =>
  slack.calls
    .all()
    .filter(({ method, answer }) => method === 'files.completeUploadExternal' && answer.ok)
    .map(({ body }) => body.channel_id);

test('Slack hides no image, so a flagged one is linked in the thread, or without a public address sent to its member alone', async () => {
  const linked = await startInSlack({ publicUrl: 'https://vidgenie.example' });
  await flagAll(linked);
  await linked.driver.command('complete a fox --frames 2 --quality standard');
  const at = await ended(linked);
  const [, progress, ...others] = await linked.slack.thread(at.channel, at.ts);
  expect(wordsOf({ blocks: progress?.blocks })).toMatch(/Moderation has flagged.*https:\/\/vidgenie\.example\/media\//);
  expect(wordsOf({ blocks: progress?.blocks })).not.toMatch(/carousel/);
  expect(others).toHaveLength(1);
  expect(sharedIn(linked)).toEqual([]);

  const unlinked = await startInSlack();
  await flagAll(unlinked);
  await unlinked.driver.command('image a fox');
  const end = await ended(unlinked);
  const [, told] = await unlinked.slack.thread(end.channel, end.ts);
  expect(wordsOf({ blocks: told?.blocks })).toMatch(
    /Moderation has flagged.*direct message.*6 credits paid|6 credits paid.*Moderation has flagged.*direct message/,
  );
  expect(sharedIn(unlinked)).toEqual([expect.stringMatching(/^D/)]);
  for (const { program } of [linked, unlinked]) {
    await allDelivered(program);
    expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
  }
});

test('the pictures of the cast are shown, at addresses that Slack can fetch', async () => {
  const { driver, program } = await startInSlack({ publicUrl: 'https://vidgenie.example' });
  const { db, store } = program.services;
  const answerTo = async (command: string) => {
    const { key } = await driver.command(command);
    return await driver.told.first((told) => told.key === key, `an answer to ${command}`);
  };
  await answerTo('credits');
  const [workspace] = await db.select({ workspaceId: workspaces.id }).from(workspaces);
  if (!workspace) throw new Error('there is no workspace');
  // The store moves the file that it is given.
  const path = join(await temporaryDirectory(), 'fox.png');
  await copyFile(inject('vendorMedia').image, path);
  const id = crypto.randomUUID();
  const picture = {
    objectKey: `cast/${id}/1-a.png`,
    mime: 'image/png',
    width: 64,
    height: 36,
    bytes: (await stat(path)).size,
    sha256: '0'.repeat(64),
  };
  await store.put(picture.objectKey, { path, ...picture });
  const entry = { ...workspace, id, name: 'fox', kind: 'character', description: 'red' } as const;
  await db.insert(castEntries).values({ ...entry, images: [picture], addedBy: 'U1', addedByName: 'Ada' });
  const { blocks } = await answerTo('cast show fox');
  const shown = z.array(z.looseObject({ type: z.string(), image_url: z.string().optional() })).parse(blocks);
  const addresses = shown.flatMap(({ type, image_url }) => (type === 'image' ? [image_url] : []));
  expect(addresses).toEqual([expect.stringMatching(/^https:\/\/vidgenie\.example\/media\/cast\//)]);
});
