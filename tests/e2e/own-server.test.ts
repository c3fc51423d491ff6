import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import type { Workflow } from '../../src/domain.ts';
import { filmOf, shownWorkflow } from '../../src/pipeline/graph.ts';
import type { GivenOptions } from '../../src/pipeline/plan.ts';
import { quote } from '../../src/pipeline/quote.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { contentsOf } from '../support/films.ts';
import { createInstallation, delivered, submissionOf, submitted } from '../support/program.ts';
import { holdDeadlines } from '../support/providers/asking.ts';
import { filmOfCall, framesPerSecond, image, openPolledAtOnce } from '../support/providers/filming.ts';
import { startOwnServer } from '../support/providers/openai-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

// Everything on a GPU of one's own: no key at all, and one address is enough.

type Steps = readonly ('video' | 'image' | 'enhance')[];

/** A worker whose only settings are the addresses of a server, and a workspace with 1,000 credits. The server films what it is asked for. */
async function open(steps: Steps, more: Record<string, string> = {}) {
  const server = await startOwnServer();
  const { videos } = server;
  videos.states = [{ status: 'completed', progress: 100 }];
  videos.contentOf = async (job) => (await filmOfCall(videos.asked[job - 1]?.seconds ?? 0, job - 1)).bytes;
  server.images.bytes = await image('#c65d21');
  const addresses = steps.map((step) => [`${step.toUpperCase()}_BASE_URL`, `${server.url}/v1`]);
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const installation = await createInstallation(database);
  const environment = { ...Object.fromEntries(addresses), ...more };
  const program = await openPolledAtOnce(installation, environment);
  const make = async (workflow: Workflow, options: GivenOptions, prompt?: string) =>
    await delivered(
      program,
      await submitted(program, { workspace, workflow, options, ...(prompt !== undefined && { prompt }) }),
    );
  const expectPaid = async (credits: number) => {
    expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 1_000 - credits, held: 0 });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  };
  return { server, program, workspace, make, expectPaid };
}

const kindsIn = ({ steps }: RunView) => steps.map(({ kind }) => kind).join(' ');

/** The seconds of a run's film, as its file has them. */
async function secondsOf({ program }: Awaited<ReturnType<typeof open>>, view: RunView): Promise<number> {
  const film = filmOf(view);
  if (!film) throw new Error('the run has no film');
  const path = join(await temporaryDirectory(), 'film.mp4');
  await writeFile(path, await buffer(await program.services.store.open(film.asset.objectKey)));
  const { seconds } = await contentsOf(path);
  expect(Math.abs((seconds.video[1] ?? 0) - (film.asset.seconds ?? 0))).toBeLessThanOrEqual(1 / framesPerSecond);
  return seconds.video[1] ?? 0;
}

test('from the address of a video server alone, a complete run makes a video of its words', async () => {
  const opened = await open(['video']);
  const { server, make, expectPaid } = opened;
  const view = await make('complete', {});
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 12 });
  expect(kindsIn(view)).toBe('enhance video');
  expect(shownWorkflow(view)).toBe('video');
  expect(view.steps[0]).toMatchObject({ provider: 'vidgenie', model: 'rules', priceCredits: 0, keySource: 'none' });
  expect(view.steps[1]).toMatchObject({ provider: 'server', keySource: 'none', costMicroUsd: 0, submits: 1 });
  expect(await secondsOf(opened, view)).toBe(8);
  expect(server.billed).toEqual(['/v1/videos']);
  const [asked] = server.videos.asked;
  expect(asked).toMatchObject({ seconds: 8, size: '1280x720', model: 'the-only-model', frame: null });
  // Both what is seen and what moves.
  const { image: seen = '', motion = '' } = view.steps[0]?.enhanced ?? {};
  expect(asked?.prompt).toBe(`${seen} ${motion}`);
  expect(asked?.prompt).toMatch(/^a fox in the snow/);
  // 10 × 1.2 for 8 seconds at 720p with sound. The words cost nothing.
  await expectPaid(12);
});

test('a server may take more than ten minutes to make the video while it is asked', async () => {
  const { server, make } = await open(['video']);
  const film = (await filmOfCall(8, 0)).bytes;
  server.videos.atOnce = { created: 1, data: [{ b64_json: Buffer.from(film).toString('base64') }] };
  const made = Promise.withResolvers<void>();
  server.videos.until = made.promise;
  const deadlines = holdDeadlines();
  const arrived = server.arrival(/videos$/);
  const making = make('complete', {});
  await arrived;
  deadlines.pass(10 * 60_000);
  made.resolve();
  expect((await making).run.state).toBe('succeeded');
  expect(server.billed).toEqual(['/v1/videos']);
});

test('from the address of a video server alone, a story of 30 seconds is one film of 30 seconds', async () => {
  const opened = await open(['video']);
  const { server, make, expectPaid } = opened;
  const view = await make('story', { duration: 30 }, 'a fox wakes up, crosses a river, meets a bear and goes home');
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 42 });
  expect(kindsIn(view)).toBe('enhance video video video video join');
  expect(await secondsOf(opened, view)).toBe(30);
  expect(server.billed).toHaveLength(4);
  const { asked } = server.videos;
  expect(asked.map(({ seconds }) => seconds).sort()).toEqual([7, 7, 8, 8]);
  // Each scene has words of its own.
  expect(new Set(asked.map(({ prompt }) => prompt)).size).toBe(4);
  const shots = view.steps[0]?.enhanced?.shots?.map(({ image: seen, motion }) => `${seen} ${motion}`) ?? [];
  expect(asked.map(({ prompt }) => prompt).sort()).toEqual([...shots].sort());
  // 35 × 1.2 for 30 seconds at 720p with sound.
  await expectPaid(42);
});

test('a film of words that is longer than one call goes on from the last frame of its first clip', async () => {
  const opened = await open(['video'], { VIDEO_SECONDS: '5', VIDEO_SIZES: '832x480' });
  const { server, make } = opened;
  const view = await make('complete', { duration: 10 });
  expect(kindsIn(view)).toBe('enhance video video join');
  expect(await secondsOf(opened, view)).toBe(10);
  const [first, second] = server.videos.asked;
  expect(first?.frame).toBeNull();
  const { width, height } = await sharp(second?.frame ?? Buffer.alloc(0)).metadata();
  expect([width, height]).toEqual([832, 480]);
  expect(second?.prompt).toBe(view.steps[0]?.enhanced?.motion);
});

test('with the addresses of all three, a complete run and a story have images, and words that a model wrote', async () => {
  const opened = await open(['video', 'image', 'enhance']);
  const { server, make, expectPaid } = opened;
  const view = await make('complete', {});
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 18 });
  expect(kindsIn(view)).toBe('enhance image video');
  expect(view.steps.map(({ provider }) => provider)).toEqual(['server', 'server', 'server']);
  expect(server.videos.asked[0]).toMatchObject({ prompt: 'it runs', size: '1280x720' });
  const { width, height } = await sharp(server.videos.asked[0]?.frame ?? Buffer.alloc(0)).metadata();
  expect([width, height]).toEqual([1280, 720]);

  const story = await make('story', { duration: 30 });
  expect(story.run).toMatchObject({ state: 'succeeded', capturedCredits: 63 });
  expect(kindsIn(story)).toBe('enhance image image image image video video video video join');
  expect(await secondsOf(opened, story)).toBe(30);
  expect(server.videos.asked.slice(1).map(({ frame }) => frame === null)).toEqual([false, false, false, false]);
  expect(server.billed.filter((path) => path === '/v1/images/generations')).toHaveLength(5);
  expect(server.billed.filter((path) => path === '/v1/chat/completions')).toHaveLength(2);
  // 1 + 5 + 12, and 1 + 4 × 5 + 42.
  await expectPaid(81);
});

test('what no image model can do is refused before anything is held', async () => {
  const { server, program, workspace } = await open(['video']);
  const asks = (over: { workflow: Workflow; options?: GivenOptions }) =>
    program.services.submit(submissionOf({ workspace, ...over }));
  expect(await asks({ workflow: 'complete', options: { frames: 3 } })).toMatchObject({
    outcome: 'unsupported',
    option: 'frames',
    model: 'default',
    allowed: [1],
  });
  expect(await asks({ workflow: 'image' })).toEqual({ outcome: 'no_key', step: 'image' });
  expect(await asks({ workflow: 'complete', options: { resolution: '4k' } })).toMatchObject({
    outcome: 'unsupported',
    option: 'resolution',
    allowed: ['720p'],
  });
  expect(server.posts(/./)).toEqual([]);
  // A quote says the same, and fits what nobody has chosen to what the model can do.
  const quoted = await quote(program.services, workspace.id, 'complete', {});
  expect(quoted).toMatchObject({ price: 12, options: { resolution: '720p' }, obstacle: null });
});
