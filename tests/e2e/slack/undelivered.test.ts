import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../src/config.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { createS3Store } from '../../../src/pipeline/media/s3.ts';
import { allDelivered } from '../../support/program.ts';
import { startS3 } from '../../support/s3/server.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A Slack whose media are in a bucket, from which links can be given. */
async function startWithBucket(publicUrl?: string): Promise<InSlack> {
  const server = await startS3(await temporaryDirectory());
  onTestFinished(server.close);
  const { s3 } = readConfig(server.environment);
  if (!s3) throw new Error('no S3 in the configuration');
  await createS3Store(s3).prepare();
  return await startInSlack({ s3, ...(publicUrl === undefined ? {} : { publicUrl }) });
}

async function endOf({ slack, program }: InSlack) {
  const finished = await slack.calls.first(({ method }) => method === 'chat.getPermalink', 'the end of the run');
  await allDelivered(program);
  const channel = String(finished.body.channel);
  const [root, progress, ...others] = await slack.thread(channel, String(finished.body.message_ts));
  return { root: JSON.stringify(root?.blocks), progress: JSON.stringify(progress?.blocks), others };
}

async function balanceOf({ driver }: InSlack): Promise<string> {
  const asked = await driver.command('credits');
  return (await driver.told.first(({ key }) => key === asked.key, 'the balance')).text;
}

const noUploads = { error: 'file_uploads_disabled' } as const;

test.for([
  ['where people find this server', 'https://vidgenie.example'],
  ['in the bucket, where nobody knows this server', undefined],
] as const)('files that Slack takes nowhere become links that open, %s, and stay paid for', async ([, publicUrl]) => {
  const it = await startWithBucket(publicUrl);
  it.slack.meddle.with = ({ method }) => (method === 'files.getUploadURLExternal' ? noUploads : null);
  await it.driver.command('complete a fox');
  const { progress, others } = await endOf(it);
  expect(others).toEqual([]);
  expect(progress).toMatch(/file_uploads_disabled/);
  const links = [...progress.matchAll(/<(https?:[^|]+)\|([^>]+)>/g)].map(([, url = '', label]) => ({ url, label }));
  expect(links.map(({ label }) => label)).toEqual([
    expect.stringMatching(/^Image \(until /),
    expect.stringMatching(/^Video \(until /),
  ]);
  const sizes: number[] = [];
  for (const { url } of links) {
    const address = new URL(url.replaceAll('&amp;', '&'));
    expect(address.origin === publicUrl).toBe(publicUrl !== undefined);
    const local = `http://127.0.0.1:${it.port}${address.pathname}${address.search}`;
    const answer = await fetch(publicUrl === undefined ? address : local);
    expect(answer.status).toBe(200);
    sizes.push((await answer.arrayBuffer()).byteLength);
  }
  const assets = await it.program.database.db.execute<{ bytes: number }>(
    'SELECT bytes::int AS bytes FROM assets ORDER BY step',
  );
  expect(sizes).toEqual(assets.map(({ bytes }) => bytes));
  expect(await balanceOf(it)).toMatch(/^76 credits left/);
  expect(await checkInvariants(it.program.database.db, { atRest: true })).toEqual([]);
});

test('only what was not received is given back: an image in the thread stays paid for when its video is refused', async () => {
  const it = await startInSlack();
  it.slack.meddle.with = ({ method, body }) =>
    method === 'files.getUploadURLExternal' && String(body.filename).endsWith('.mp4') ? noUploads : null;
  await it.driver.command('complete a fox');
  const { root, progress, others } = await endOf(it);
  expect(others.flatMap(({ files }) => files?.map(({ mimetype }) => mimetype) ?? [])).toEqual(['image/png']);
  expect(progress).toMatch(/18 credits went back/);
  expect(root).toMatch(/18 credits went back/);
  expect(await balanceOf(it)).toMatch(/^94 credits left/);
  expect(await checkInvariants(it.program.database.db, { atRest: true })).toEqual([]);
});

test('uploads that fail time and again are tried until nobody would try any more, and then told and given back', async () => {
  const it = await startInSlack();
  const { slack, program } = it;
  let tries = 0;
  slack.meddle.with = ({ method }) => {
    if (method !== 'upload') return null;
    tries += 1;
    return { error: 'an upload server that is out of order' };
  };
  await it.driver.command('image a fox');
  const { db } = program.database;
  // As if it had failed for the three minutes that a run waits for Slack.
  const setbacks = async () => {
    const rows = await db.execute(
      'UPDATE runs SET setbacks = 20 WHERE settled_at IS NOT NULL AND NOT busy RETURNING id',
    );
    return tries > 0 && rows.length;
  };
  await expect.poll(setbacks, { timeout: 20_000 }).toBe(1);
  const { progress } = await endOf(it);
  expect(tries).toBeGreaterThan(1);
  expect(progress).toMatch(/Slack did not take the files.*5 credits went back/);
  expect(await balanceOf(it)).toMatch(/^99 credits left/);
  const rows = z.array(z.object({ failure: z.unknown() }));
  expect(rows.parse([...(await db.execute('SELECT delivery_failure AS failure FROM runs'))])).toEqual([
    { failure: null },
  ]);
});

test.for([
  ['as it answers its own clients', true],
  ['not at all', false],
] as const)('a post whose answer is lost: Slack knows it again %s', async ([, areRemembered]) => {
  const { slack, driver, ...rest } = await startInSlack();
  slack.posts.areRemembered = areRemembered;
  const lost = new Set(['root', 'progress']);
  slack.meddle.with = ({ method, body }) =>
    method === 'chat.postMessage' && lost.delete(body.thread_ts === undefined ? 'root' : 'progress')
      ? 'cut_after'
      : null;
  await driver.command('image a fox');
  const { root, progress, others } = await endOf({ slack, driver, ...rest });
  expect(root).toMatch(/Your image is ready/);
  // Known again, each message is there once and says the last word; else one is doubled, but never a file, a run or a charge.
  const roots = await slack.history(slack.channels.general);
  expect(roots).toHaveLength(areRemembered ? 1 : 2);
  if (areRemembered) expect(progress).toMatch(/Your image is ready/);
  expect(others.filter(({ files }) => files)).toHaveLength(1);
  expect(others).toHaveLength(areRemembered ? 1 : 2);
  expect(await balanceOf({ slack, driver, ...rest })).toMatch(/^94 credits left/);
});

test('a post that Slack knows but somebody deleted is posted anew', async () => {
  const it = await startInSlack();
  it.slack.meddle.with = ({ method, body }) =>
    method === 'chat.postMessage' && body.client_msg_id !== undefined ? { error: 'duplicate_message_not_found' } : null;
  await it.driver.command('image a fox');
  const { root, progress } = await endOf(it);
  expect(root).toMatch(/Your image is ready/);
  expect(progress).toMatch(/Your image is ready/);
});
