import { describe, expect, test } from 'vitest';
import { resultCard } from '../../src/bots/resultCard.ts';
import { runCard } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import type { Database } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import type { ReachFailpoint } from '../../src/pipeline/failpoints.ts';
import { progressOf } from '../../src/pipeline/progress.ts';
import { type ModelPrices, ProviderError } from '../../src/pipeline/providers/provider.ts';
import { nextPrices } from '../../src/pipeline/quote.ts';
import type { Program } from '../../src/program.ts';
import { testConfig } from '../support/config.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, type Installation, submitted } from '../support/program.ts';
import { type GeminiStub, startGemini } from '../support/providers/gemini-image.ts';
import { type OpenAiStub, startOpenAi } from '../support/providers/openai.ts';
import { deserted } from '../support/providers/server.ts';
import { readJournal, type VendorBehaviour } from '../support/studio.ts';

const text = textOf('en');
const instead = 'The image comes from gemini-nano-banana-2.1 instead of gpt-image-2.6-flare, which';
const once = (words: string, part: string) => words.split(part).length - 1;

/** Two vendors of images, and an operator who has a key for each and has switched failover on. */
async function twoVendors(over: Record<string, string> = {}) {
  const [openai, gemini] = [await startOpenAi(), await startGemini()];
  const environment = {
    OPENAI_API_KEY: 'sk-one',
    OPENAI_BASE_URL: `${openai.url}/v1`,
    GOOGLE_API_KEY: 'AIzaTwo',
    GOOGLE_BASE_URL: gemini.url,
    FAILOVER: 'on',
    ...over,
  };
  return { openai, gemini, environment };
}

const paidAt = (openai: OpenAiStub, gemini: GeminiStub) => ({
  openai: openai.posts(/images/).length,
  google: gemini.posts(/banana.*generateContent/).length,
});

async function imageOf(environment: Record<string, string>) {
  const database = await createTestDatabase();
  const worker = await (await createInstallation(database)).open({ worker: true, environment, random: () => 0 });
  const view = await delivered(worker, await submitted(worker, { workflow: 'image' }));
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  return { view, image: view.steps[1], database, worker };
}

const cardWords = async ({ services }: Program, view: RunView) => {
  const known = { balance: 0, prices: await nextPrices(services, view) };
  return JSON.stringify(resultCard(view, progressOf(view, new Date()), text, known));
};

describe('another model makes the image, at the price that was told, and the thread tells it once', () => {
  const status = (code: number, body: object, headers = {}) =>
    ({ fault: 'status', status: code, body, headers }) as const;
  test.for([
    { why: 'was too busy', posts: 4, fault: status(429, { error: { message: 'slow down' } }) },
    {
      why: 'did not accept the key or had nothing left for it',
      posts: 1,
      fault: status(401, { error: { message: 'no' } }),
    },
    {
      why: 'did not accept the key or had nothing left for it',
      posts: 1,
      fault: status(429, { error: { message: 'no', code: 'insufficient_quota' } }),
    },
    { why: 'is no longer offered', posts: 1, fault: status(404, { error: { message: 'no such model' } }) },
  ])('because the first one $why ($fault.status)', async ({ why, posts, fault }) => {
    const { openai, gemini, environment } = await twoVendors();
    openai.fail('POST', /images/, ...Array.from({ length: posts }, () => fault));
    const { view, image, worker } = await imageOf(environment);
    expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 6, capturedCredits: 6, releasedCredits: 0 });
    expect(image).toMatchObject({ provider: 'google', model: 'gemini-nano-banana-2.1', keySource: 'operator' });
    expect(image?.insteadOf).toMatchObject({ model: 'gpt-image-2.6-flare', heldCredits: 5 });
    expect(paidAt(openai, gemini)).toEqual({ openai: posts, google: 1 });
    expect(once(await cardWords(worker, view), `${instead} ${why}.`)).toBe(1);
  });

  test('because nobody listens at the first one', async () => {
    const { openai, gemini, environment } = await twoVendors({
      OPENAI_BASE_URL: await deserted(),
      MODERATION_WHEN_DOWN: 'allow',
    });
    const { view, worker } = await imageOf(environment);
    // The other vendor's call for better words is dearer, so the words are the member's own.
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 5 });
    expect(view.steps.map(({ insteadOf }) => insteadOf?.failure)).toEqual([undefined, 'unavailable']);
    expect(paidAt(openai, gemini)).toEqual({ openai: 0, google: 1 });
    expect(await cardWords(worker, view)).toContain(`${instead} was out of reach.`);
  });
});

describe('no other model is asked, so nothing is paid for twice,', () => {
  test.for([
    { after: 'a connection that broke after the POST', fault: { fault: 'drop' } as const, kind: 'unavailable' },
    { after: 'an answer that broke off', fault: { fault: 'cut' } as const, kind: 'unavailable' },
    { after: 'an answer that is no JSON', fault: { fault: 'html' } as const, kind: 'no_output' },
    { after: 'a fault of the server', fault: { fault: 'status', status: 503 } as const, kind: 'unavailable' },
    {
      after: 'a refusal',
      fault: { fault: 'status', status: 400, body: { error: { code: 'moderation_blocked' } } } as const,
      kind: 'refused',
    },
    {
      after: 'a request that was not understood',
      fault: { fault: 'status', status: 400 } as const,
      kind: 'invalid_request',
    },
  ])('after $after', async ({ fault, kind }) => {
    const { openai, gemini, environment } = await twoVendors();
    openai.fail('POST', /images/, fault);
    const { view, image } = await imageOf(environment);
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, releasedCredits: 5, failure: { kind } });
    expect(image?.insteadOf).toBeNull();
    expect(paidAt(openai, gemini)).toEqual({ openai: 1, google: 0 });
  });

  test('if failover is off', async () => {
    const { openai, gemini, environment } = await twoVendors({ FAILOVER: 'off' });
    openai.fail('POST', /images/, { fault: 'status', status: 401 });
    const { view } = await imageOf(environment);
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, releasedCredits: 5 });
    expect(paidAt(openai, gemini)).toEqual({ openai: 1, google: 0 });
  });

  test('if the step was sent once before and nobody knows what became of that', async () => {
    const { openai, gemini, environment } = await twoVendors();
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false, environment });
    const id = await submitted(bot, { workflow: 'image' });
    const doomed = startWorkerProcess(installation, {
      at: { failpoint: 'step_sent', step: 'image', how: 'kill' },
      environment,
    });
    await doomed.exited;
    openai.fail('POST', /images/, { fault: 'status', status: 401 });
    await endLeases(database);
    const view = await delivered(await installation.open({ worker: true, environment }), id);
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, releasedCredits: 5 });
    expect(paidAt(openai, gemini)).toEqual({ openai: 2, google: 0 });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });
});

describe('a worker killed around the replacement leaves a run that another one ends right:', () => {
  const made = { state: 'succeeded', capturedCredits: 6, releasedCredits: 0 };
  // A POST that was answered with a refusal of the key, by a worker that died before it could write this down, may have cost money.
  test.for([
    { at: { failpoint: 'step_submitting', number: 2 }, ends: made, google: 1, replaced: true },
    { at: { failpoint: 'step_replaced', number: 2 }, ends: made, google: 1, replaced: true },
    { at: { failpoint: 'step_sent', number: 2 }, ends: made, google: 2, replaced: true },
    { at: { failpoint: 'object_stored', number: 2 }, ends: made, google: 2, replaced: true },
    { at: { failpoint: 'step_done', number: 2 }, ends: made, google: 1, replaced: true },
  ] as const)('$at.failpoint', async ({ at, ends, google }) => {
    const { openai, gemini, environment } = await twoVendors();
    const database = await createTestDatabase();
    const installation = await createInstallation(database);
    const bot = await installation.open({ worker: false, environment });
    const id = await submitted(bot, { workflow: 'image' });
    openai.fail('POST', /images/, ...Array.from({ length: 9 }, () => ({ fault: 'status', status: 401 }) as const));
    const doomed = startWorkerProcess(installation, { at: { ...at, how: 'kill' }, environment });
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await endLeases(database);
    const view = await delivered(await installation.open({ worker: true, environment }), id);
    const isUnproven = at.failpoint === 'step_submitting';
    // Killed right after the step was marked as sent: it goes to its own model once more, and then to no other.
    expect(view.run).toMatchObject(isUnproven ? { state: 'failed', capturedCredits: 1, releasedCredits: 5 } : ends);
    expect(paidAt(openai, gemini)).toEqual({ openai: 1, google: isUnproven ? 0 : google });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  });
});

const quota = () => new ProviderError('quota', 'nothing left', { nothingGenerated: true });
const perImage = (microUsd: number): ModelPrices => {
  const each = { wide: microUsd, tall: microUsd, square: microUsd };
  return { kind: 'image', perImage: { standard: each, hd: each }, perPicture: 0 };
};
const perSecond = (microUsd: number): ModelPrices => {
  const each = { silent: microUsd, sound: microUsd };
  return { kind: 'video', perSecond: { '720p': each, '1080p': each } };
};
/** A credit is worth a cent. */
const book = { prices: { from: 'book', creditMicroUsd: 10_000, markupPercent: 0 } } as const;
const withFailover = (home: string, database: Database) => testConfig(database.url, home, { FAILOVER: 'on' }).providers;

/** A worker with a stand-in vendor that has several models. */
async function workerOf(vendor: VendorBehaviour, config: object = {}, reachFailpoint: ReachFailpoint = () => {}) {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const providers = withFailover(installation.home, database);
  const worker = await installation.open({
    worker: true,
    vendor,
    config: { providers, ...config },
    random: () => 0,
    reachFailpoint,
  });
  const workspace = await createWorkspace(database, 1_000);
  return { database, installation, worker, workspace };
}

/** The models that the steps of a kind were sent to, in order. The usual one is `usual`. */
const askedOf = ({ journal }: Installation, step: string) =>
  readJournal(journal).flatMap((one) => (one.call === 'submit' && one.step === step ? [one.model ?? 'usual'] : []));

async function ended(worker: Program, database: Database, over: Parameters<typeof submitted>[1]): Promise<RunView> {
  const view = await delivered(worker, await submitted(worker, over));
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  return view;
}

const busy = () => new ProviderError('rate_limited', 'later', { nothingGenerated: true, retryAfterMs: 86_400_000 });

test('a cheaper model is charged at its own price, and a dearer one is never asked', async () => {
  const { database, installation, worker, workspace } = await workerOf(
    {
      failing: { image: busy, video: busy },
      prices: { image: perImage(80_000), video: perSecond(100_000) },
      others: [
        { step: 'image', model: 'dear', prices: perImage(90_000) },
        { step: 'image', model: 'cheap', prices: perImage(30_000) },
        { step: 'video', model: 'dear-video', prices: perSecond(100_001) },
        { step: 'video', model: 'cheap-video', prices: perSecond(50_000) },
      ],
    },
    book,
  );
  const view = await ended(worker, database, { workspace });
  expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 89, capturedCredits: 44, releasedCredits: 45 });
  expect(view.steps.map(({ model, priceCredits }) => [model, priceCredits])).toEqual([
    ['vendor-words', 1],
    ['cheap', 3],
    ['cheap-video', 40],
  ]);
  expect(askedOf(installation, 'image')).toEqual(['usual', 'cheap']);
  expect(askedOf(installation, 'video')).toEqual(['usual', 'cheap-video']);
});

test('the fixed table lets no model take the place of one with a smaller bill, or of one with an unknown bill', async () => {
  const { database, installation, worker, workspace } = await workerOf({
    failing: { image: busy, video: busy },
    // Its published prices say nothing about 1080p.
    prices: {
      image: perImage(80_000),
      video: { kind: 'video', perSecond: { '720p': { silent: 1_000, sound: 1_000 } } },
    },
    others: [
      { step: 'image', model: 'dear', prices: perImage(80_001) },
      { step: 'image', model: 'unknown', prices: perSecond(1) },
      { step: 'image', model: 'same', prices: perImage(80_000), failing: busy },
      { step: 'image', model: 'own' },
      { step: 'video', model: 'dear-video', prices: perSecond(680_000) },
      { step: 'video', model: 'unknown-video', prices: perImage(1) },
      { step: 'video', model: 'own-video' },
    ],
  });
  const view = await ended(worker, database, { workspace });
  expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 24, capturedCredits: 24 });
  expect(askedOf(installation, 'image')).toEqual(['usual', 'same', 'own']);
  expect(askedOf(installation, 'video')).toEqual(['usual', 'own-video']);
});

test('an own server that is out leaves no bill at a vendor', async () => {
  const { database, installation, worker, workspace } = await workerOf({
    failing: { image: busy },
    others: [{ step: 'image', model: 'paid', prices: perImage(1) }],
  });
  const view = await ended(worker, database, { workspace, workflow: 'image' });
  expect(view.run.state).toBe('failed');
  expect(askedOf(installation, 'image')).toEqual(['usual']);
});

test('a step is given to two other models at most, and to none that was tried', async () => {
  const others = ['a', 'b', 'c'].map((model) => ({ step: 'image', model, failing: busy }) as const);
  const { database, installation, worker, workspace } = await workerOf({ failing: { image: busy }, others });
  const view = await ended(worker, database, { workspace, workflow: 'image' });
  expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, releasedCredits: 5 });
  expect(askedOf(installation, 'image')).toEqual(['usual', 'a', 'b']);
});

test('a key that is refused is not tried with other models of its vendor', async () => {
  const { database, installation, worker, workspace } = await workerOf({
    failing: { image: quota },
    others: [{ step: 'image', model: 'a' }],
  });
  const view = await ended(worker, database, { workspace, workflow: 'image' });
  expect(view.run.state).toBe('failed');
  expect(askedOf(installation, 'image')).toEqual(['usual']);
});

test('only a model that can make the same and that the workspace allows takes the place', async () => {
  const { database, installation, worker, workspace } = await workerOf({
    failing: { image: busy, video: busy },
    others: [
      { step: 'image', model: 'square', can: { aspects: ['square'] } },
      { step: 'image', model: 'plain', can: { qualities: ['standard'] } },
      { step: 'image', model: 'barred' },
      { step: 'image', model: 'able' },
      { step: 'video', model: 'short', can: { durations: [3] } },
      { step: 'video', model: 'small', can: { resolutions: ['720p'] } },
      { step: 'video', model: 'able-video' },
    ],
  });
  const allowedModels = ['vendor-image', 'square', 'plain', 'able'];
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ allowedModels }));
  const view = await ended(worker, database, { workspace });
  expect(view.run.state).toBe('succeeded');
  expect(askedOf(installation, 'image')).toEqual(['usual', 'able']);
  expect(askedOf(installation, 'video')).toEqual(['usual', 'able-video']);
});

test('a model that the member chose is kept, one of the settings is not', async () => {
  const { database, installation, worker, workspace } = await workerOf({
    failing: { image: busy },
    others: [
      { step: 'image', model: 'a' },
      { step: 'image', model: 'b', failing: busy },
    ],
    aliases: new Map([['fast', ['vendor-image']]]),
  });
  const options = { models: ['fast'] };
  const chosen = await ended(worker, database, { workspace, workflow: 'image', options });
  expect(chosen.run).toMatchObject({ state: 'failed', capturedCredits: 1 });
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ defaults: options }));
  const usual = await ended(worker, database, { workspace, workflow: 'image' });
  expect(usual.run).toMatchObject({ state: 'succeeded', capturedCredits: 6 });
  // The workspace's list leads to its first model, and only the member to another one.
  await saveSettings(database.db, workspace.id, workspaceSettings.parse({ allowedModels: ['vendor-image', 'a', 'b'] }));
  const listed = await ended(worker, database, { workspace, workflow: 'image' });
  expect(listed.run.state).toBe('succeeded');
  const named = await ended(worker, database, { workspace, workflow: 'image', options: { models: ['b'] } });
  expect(named.run.state).toBe('failed');
  expect(askedOf(installation, 'image')).toEqual(['usual', 'usual', 'a', 'usual', 'a', 'b']);
});

test('a clip is made longer by its own model or by none', async () => {
  const extension = { seconds: [3, 5], maxSeconds: 20, resolutions: ['720p', '1080p'] } as const;
  const { database, installation, worker, workspace } = await workerOf({
    failingSteps: { 4: busy },
    video: { durations: [5], extension },
    others: [{ step: 'video', model: 'a', can: { durations: [3, 5] } }],
  });
  const view = await ended(worker, database, { workspace, options: { duration: 8 } });
  expect(view.steps[3]).toMatchObject({ isExtension: true, state: 'failed', insteadOf: null });
  expect(askedOf(installation, 'video')).toEqual(['usual', 'usual']);
});

test('a model that has been out for a while is not tried first', async () => {
  const out = () => new ProviderError('unavailable', 'trouble');
  const begun: string[] = [];
  const { database, installation, worker, workspace } = await workerOf(
    { failing: { image: out }, others: [{ step: 'image', model: 'a' }] },
    {},
    (failpoint, { runId, step }) => void (failpoint === 'step_submitting' && step === 'image' && begun.push(runId)),
  );
  const submit = () => ended(worker, database, { workspace, workflow: 'image' });
  for (let run = 1; run <= 5; run += 1) expect((await submit()).run.state).toBe('failed');
  const view = await submit();
  expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 6 });
  expect(view.steps[1]?.insteadOf).toMatchObject({ model: 'vendor-image', failure: 'unavailable' });
  expect(askedOf(installation, 'image')).toEqual(['usual', 'usual', 'usual', 'usual', 'usual', 'a']);
  // The step was not even marked as sent to the first one: a worker killed then would leave it unclear.
  expect(begun.filter((id) => id === view.run.id)).toHaveLength(1);
});

test('a run at work tells about the other model, in both languages, and a step that came to nothing does not', async () => {
  const { openai, environment } = await twoVendors();
  openai.fail('POST', /images/, { fault: 'status', status: 401 });
  const { view } = await imageOf(environment);
  const atWork: RunView = { ...view, run: { ...view.run, state: 'running', settledAt: null, deliveredAt: null } };
  const words = (locale: 'en' | 'fr', of: RunView) =>
    JSON.stringify(runCard(of, progressOf(of, new Date()), textOf(locale)).blocks);
  expect(once(words('en', atWork), instead)).toBe(1);
  expect(words('fr', atWork)).toContain(
    'L’image vient de gemini-nano-banana-2.1 au lieu de gpt-image-2.6-flare, qui n’a pas accepté',
  );
  const failed = view.steps.map((step) => ({ ...step, state: 'failed' }) as const);
  expect(words('en', { ...view, steps: failed })).not.toContain('instead of');
});
