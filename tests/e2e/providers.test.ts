import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { describeKeys, listKeyAudit } from '../../src/db/vault.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import { openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submissionOf, submitted } from '../support/program.ts';
import { startVendors } from '../support/providers/vendors.ts';
import { startVeo, veoDone, veoOptions, veoWorking } from '../support/providers/veo.ts';

const short = { duration: 3, resolution: '720p' } as const;

test('with the vendors named, vidgenie run goes through the real SDKs to a stored image that is a 16:9 frame, and a video', async () => {
  const vendors = await startVendors();
  // A model with fixed sizes returns the one nearest to the requested size.
  const background = '#4080c0';
  const sent = sharp({ create: { width: 1_536, height: 1_024, channels: 3, background } });
  vendors.openai.image.bytes = await sent.png().toBuffer();
  const { environment } = await newcomer();
  const run = vidgenie(['run', 'complete', 'a fox', '--json', '--duration', '3'], {
    ...environment,
    ...vendors.environment,
  });
  expect(`${await run.exit} ${run.stderr()}`).toBe('0 ');
  expect(JSON.parse(run.stdout().split('\n').at(-1) ?? '')).toMatchObject({
    event: 'succeeded',
    assets: [
      { kind: 'image', mime: 'image/png', width: 1_536, height: 864 },
      { kind: 'video', mime: 'video/mp4', seconds: 1 },
    ],
  });
  // The words, the image, and the look at the image.
  expect(vendors.openai.posts(/responses|images/)).toHaveLength(3);
  expect(vendors.omni.posts(/interactions$/)).toHaveLength(1);
  // The prompt, what was written for it, and the motion for the image.
  expect(vendors.openai.posts(/moderations/)).toHaveLength(3);
});

test("a workspace's own key is tried, stored, told, used, priced and audited, and the operator's never takes its place", async () => {
  const vendors = await startVendors();
  const { environment } = await newcomer();
  const own = 'sk-proj-CANARYworkspace0123456789abcdWXYZ';
  const configured = { ...environment, ...vendors.environment, BYOK_PRICE_PERCENT: '50' };
  const set = vidgenie(['keys', 'set', 'openai'], configured, `${own}\n`);
  expect(`${await set.exit} ${set.stdout()}`).toMatch(/^0 .*[\s\S]*…WXYZ works/);

  const run = vidgenie(['run', 'image', 'a fox'], configured);
  expect(await run.exit).toBe(0);
  expect(run.stdout()).toContain("On your workspace's OpenAI key.");
  const paid = vendors.openai.posts(/responses|images/);
  expect(paid.map((one) => one.headers.authorization)).toEqual([`Bearer ${own}`, `Bearer ${own}`]);
  // (1 + 5) credits at half their price, each step rounded up.
  expect(run.stdout()).toContain('4 credits paid');

  vendors.openai.fail('POST', /responses/, {
    fault: 'status',
    status: 401,
    body: { error: { message: `bad ${own}`, code: 'invalid_api_key' } },
  });
  vendors.openai.fail('POST', /images/, {
    fault: 'status',
    status: 401,
    body: { error: { message: `bad ${own}`, code: 'invalid_api_key' } },
  });
  const failed = vidgenie(['run', 'image', 'a fox'], configured);
  expect(await failed.exit).toBe(1);
  expect(failed.stdout()).toContain("It was your workspace's own key");
  expect(failed.stdout()).toContain('Nothing was charged');
  const listed = vidgenie(['keys', 'list', '--json'], configured);
  expect(await listed.exit).toBe(0);
  expect(JSON.parse(listed.stdout())).toMatchObject({
    keys: [{ provider: 'openai', lastFour: 'WXYZ', status: 'invalid' }],
  });
  for (const process of [set, run, failed, listed]) {
    expect(process.stdout() + process.stderr()).not.toContain('CANARY');
  }
  // The daily look lists the operator's models with the operator's key, which costs nothing and serves no run.
  const ofRuns = vendors.openai.requests.filter(({ path }) => path !== '/v1/models');
  const everything = ofRuns.map((one) => one.headers.authorization);
  expect(everything).not.toContain(`Bearer ${openAiCanary}`);
});

test('a key that is given as an argument is refused without being repeated', async () => {
  const { environment } = await newcomer();
  for (const words of [
    ['keys', 'set', 'openai', openAiCanary],
    ['keys', 'set', openAiCanary],
  ]) {
    const run = vidgenie(words, environment);
    expect(await run.exit).toBe(2);
    expect(run.stdout() + run.stderr()).not.toContain('CANARY');
  }
});

test('no sound means a film without a sound track', async () => {
  const vendors = await startVendors();
  const installation = await createInstallation(await createTestDatabase());
  const worker = await installation.open({ worker: true, environment: vendors.environment });
  const view = await delivered(worker, await submitted(worker, { options: { ...short, audio: false } }));
  expect(view.run.state).toBe('succeeded');
  const film = view.assets.find((asset) => asset.kind === 'video');
  expect(film?.bytes).toBeLessThan(vendors.omni.file.bytes.length);
});

test('a worker killed after the video was sent is followed by one that polls, and nothing is sent twice', async () => {
  const vendors = await startVendors();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const bot = await installation.open({ worker: false, environment: vendors.environment });
  const id = await submitted(bot, { options: short });
  const doomed = startWorkerProcess(installation, {
    at: { failpoint: 'step_submitted', step: 'video', how: 'kill' },
    environment: vendors.environment,
  });
  await doomed.exited;
  const worker = await installation.open({ worker: true, environment: vendors.environment });
  expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 16 });
  expect(vendors.omni.posts(/interactions$/)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('the same holds for Veo, whose operation is found again by its stored name', async () => {
  const [vendors, veo] = [await startVendors(), await startVeo()];
  const { auth } = await veoOptions(veo);
  // Google's sign-in library reads this variable by itself.
  process.env.GOOGLE_APPLICATION_CREDENTIALS = auth?.keyFilename;
  onTestFinished(() => {
    delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
  });
  veo.states.push(veoWorking, veoDone(vendors.omni.file.bytes));
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = vendors.environment;
  const environment = {
    OPENAI_API_KEY: String(OPENAI_API_KEY),
    OPENAI_BASE_URL: String(OPENAI_BASE_URL),
    GOOGLE_BASE_URL: veo.url,
    GOOGLE_CLOUD_PROJECT: 'a-project',
    VIDEO_MODEL: 'veo-3.1-generate-001',
  };
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
  const view = await delivered(worker, id);
  expect(view.run).toMatchObject({ state: 'succeeded' });
  expect(view.steps[3]).toMatchObject({ kind: 'video', provider: 'google-veo', keySource: 'none' });
  expect(veo.posts(/predictLongRunning$/)).toHaveLength(1);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});

test('what moderation or a blocked word objects to is refused before anything is held', async () => {
  const vendors = await startVendors();
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const program = await installation.open({ worker: false, environment: vendors.environment });
  const flagged = { id: 'm', model: 'm', results: [{ flagged: true, categories: { violence: true, hate: false } }] };
  vendors.openai.fail('POST', /moderations/, { fault: 'status', status: 200, body: flagged }, { fault: 'drop' });
  const submit = (prompt: string) => program.services.submit(submissionOf({ workspace, prompt }));
  expect(await submit('a fight')).toEqual({ outcome: 'flagged', categories: ['violence'] });
  expect(await submit('a fox')).toMatchObject({ outcome: 'unmoderated' });
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ blockedWords: ['puppy', 'big Cat'] }));
  expect(await submit('a Ｐüppy!')).toEqual({ outcome: 'blocked', word: 'puppy' });
  expect(await submit('one BIG,  cat')).toEqual({ outcome: 'blocked', word: 'big Cat' });
  expect(await submit('puppyish')).toMatchObject({ outcome: 'accepted' });
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 76, held: 24 });
});

test('a Google key alone runs everything; a step that nobody has a key for is refused before anything is held', async () => {
  const vendors = await startVendors();
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const installation = await createInstallation(database);
  const { OPENAI_API_KEY: openai, GOOGLE_API_KEY: google, ...addresses } = vendors.environment;
  const googleOnly = await installation.open({ worker: false, environment: { ...addresses, GOOGLE_API_KEY: google } });
  expect(await googleOnly.services.submit(submissionOf({ workspace }))).toMatchObject({ outcome: 'accepted' });
  const openaiOnly = await installation.open({ worker: false, environment: { ...addresses, OPENAI_API_KEY: openai } });
  expect(await openaiOnly.services.submit(submissionOf({ workspace }))).toEqual({ outcome: 'no_key', step: 'video' });
  expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 76, held: 24 });
  expect(await describeKeys(database.db, workspace.id)).toEqual([]);
  expect(await listKeyAudit(database.db, workspace.id, 5)).toEqual([]);
});
