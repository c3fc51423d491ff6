import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../src/config.ts';
import { checkInvariants } from '../../../src/db/invariants.ts';
import { createS3Store } from '../../../src/pipeline/media/s3.ts';
import { allDelivered } from '../../support/program.ts';
import { startS3 } from '../../support/s3/server.ts';
import { type InSlack, startInSlack } from '../../support/slack/installed.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

/** A Slack whose media are in a bucket that can give links. */
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
  const [root, progress, ...more] = await slack.thread(channel, String(finished.body.message_ts));
  // The requester always gets a message in the end.
  const others = more.filter(({ text }) => !text.startsWith('<@'));
  expect(others).toHaveLength(more.length - 1);
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

/** Sets the number of failed attempts at delivery and makes the next attempt due at once. Resolves when the run has that state. */
async function nextTryIs({ program }: InSlack, failedBefore: number): Promise<void> {
  const asked = () =>
    program.database.db.execute(sql`
      UPDATE runs SET failed_attempts = ${failedBefore}, due_at = now() WHERE settled_at IS NOT NULL AND NOT busy RETURNING id`);
  await expect.poll(async () => [...(await asked())].length, { timeout: 20_000 }).toBe(1);
}

/** The released credits, row by row. */
async function refundsOf({ program }: InSlack): Promise<number[]> {
  const rows = z.array(z.object({ amount: z.number() }));
  const found = await program.database.db.execute(
    sql`SELECT amount FROM credit_transactions WHERE kind = 'refund' ORDER BY id`,
  );
  return rows.parse([...found]).map(({ amount }) => amount);
}

/** Slack refuses files, edits and direct messages, but it answers, so that we know it is there. */
const isOut = ({ method, body }: { method: string; body: Record<string, unknown> }) =>
  method.startsWith('files.') ||
  method === 'upload' ||
  method === 'chat.update' ||
  (method === 'chat.postMessage' && String(body.channel).startsWith('U'));

test('an outage that passes before the last try gives nothing back: the files come, once, and are paid for', async () => {
  const it = await startInSlack();
  const { slack, program } = it;
  let isAway = true;
  slack.meddle.with = (call) => (isAway && isOut(call) ? { error: 'fatal_error' } : null);
  await it.driver.command('image a fox');
  await nextTryIs(it, 10);
  const failed = () => program.database.db.execute(sql`SELECT id FROM runs WHERE failed_attempts > 10 AND NOT busy`);
  await expect.poll(async () => [...(await failed())].length, { timeout: 20_000 }).toBe(1);
  expect(await refundsOf(it)).toEqual([]);
  isAway = false;
  await nextTryIs(it, 11);
  const { root, progress, others } = await endOf(it);
  expect(others.flatMap(({ files }) => files?.map(({ mimetype }) => mimetype) ?? [])).toEqual(['image/png']);
  expect(`${root} ${progress}`).not.toMatch(/went back/);
  expect(await refundsOf(it)).toEqual([]);
  expect(await balanceOf(it)).toMatch(/^94 credits left/);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('what the last try could not deliver goes back once, when delivery ends; whoever tries again after all shares nothing', async () => {
  const it = await startInSlack();
  const { slack, program } = it;
  let isAway = true;
  const released = Promise.withResolvers<null>();
  const held = Promise.withResolvers<void>();
  slack.meddle.with = async (call) => {
    if (!isAway || !isOut(call)) return null;
    if (!/went back/.test(JSON.stringify(call.body.blocks))) return { error: 'fatal_error' };
    // Another worker takes the run over while the last message is in flight, as after a freeze.
    held.resolve();
    return await released.promise;
  };
  await it.driver.command('image a fox');
  await nextTryIs(it, 25);
  await held.promise;
  // The result is posted, but the run is not over: nothing has been released yet.
  expect(await refundsOf(it)).toEqual([]);
  isAway = false;
  await program.database.db.execute(sql`UPDATE runs SET failed_attempts = 0, due_at = now()`);
  const { root, progress } = await endOf(it);
  released.resolve(null);
  expect(slack.calls.all().filter(({ method }) => method === 'files.completeUploadExternal')).toEqual([]);
  expect(progress).toMatch(/5 credits went back.*Slack did not take the files/);
  expect(root).toMatch(/5 credits went back/);
  expect(await refundsOf(it)).toEqual([5]);
  expect(await balanceOf(it)).toMatch(/^99 credits left/);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
});

test('a run whose outcome could not be told at all gives back what nobody can fetch', async () => {
  const it = await startInSlack();
  const { slack, program } = it;
  slack.meddle.with = ({ method }) => (method.startsWith('chat.') ? { error: 'fatal_error' } : null);
  await it.driver.command('image a fox');
  await nextTryIs(it, 25);
  await allDelivered(program);
  expect(await refundsOf(it)).toEqual([5]);
  const told = await it.driver.command('status');
  expect((await it.driver.told.first(({ key }) => key === told.key, 'the status')).text).toMatch(/5 credits went back/);
  expect(await checkInvariants(program.database.db, { atRest: true })).toEqual([]);
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
  // If Slack remembers posts, each message exists once and shows the end. Otherwise one message is doubled, but never a file, a
  // run or a charge.
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
