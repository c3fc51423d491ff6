import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { failureSentences, mediaOf } from '../../src/bots/runCard.ts';
import { textOf } from '../../src/bots/text.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import { saveSettings, type WorkspaceSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import type { ProvidedKind } from '../../src/domain.ts';
import { createOpenAiEnhance } from '../../src/pipeline/providers/openai/enhance.ts';
import { createOpenAiImage } from '../../src/pipeline/providers/openai/image.ts';
import type { Provider, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource } from '../../src/pipeline/providers/registry.ts';
import type { Submission } from '../../src/pipeline/submit.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, endLeases, submitsOf, submitted } from '../support/program.ts';
import type { ModeratedPart } from '../support/providers/openai.ts';
import { startVendors } from '../support/providers/vendors.ts';
import { createVendor } from '../support/studio.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const text = textOf('en');
const moderations = /moderations/;
const silent = { audio: false } as const;

/** A workspace with those settings, and OpenAI for its moderation. The stand-in vendor does the work. */
async function open(settings: Partial<WorkspaceSettings>) {
  const { openai, environment: both } = await startVendors();
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = both;
  const environment = { OPENAI_API_KEY: String(OPENAI_API_KEY), OPENAI_BASE_URL: String(OPENAI_BASE_URL) };
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  await saveSettings(database.db, workspace.id, workspaceSettings.parse(settings));
  const installation = await createInstallation(database);
  const work = (media: Partial<{ image: string; video: string }> = {}, more: NodeJS.ProcessEnv = {}) => {
    const files = { journal: installation.journal, ...inject('vendorMedia'), ...media };
    return installation.open({
      worker: true,
      environment: { ...environment, ...more },
      providers: createVendor(files),
    });
  };
  const isExact = async () => expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  /** The files that the store has of a run. */
  const filesOf = async ({ run }: RunView) =>
    (await readdir(join(installation.home, 'media', 'runs', run.id)).catch(() => [])).sort();
  return { openai, environment, database, workspace, installation, work, isExact, filesOf };
}

const states = ({ steps }: RunView) => steps.map(({ kind, state }) => `${kind} ${state}`);
const stepOf = ({ steps }: RunView, kind: string) => steps.find((step) => step.kind === kind);
const pictures = (part: ModeratedPart): boolean => part.image !== undefined;

/** Flags the pictures with these numbers, from 1, in the order in which they are asked about. */
function flagging(...numbers: readonly number[]) {
  let asked = 0;
  return (part: ModeratedPart) => {
    if (!pictures(part)) return null;
    asked += 1;
    return numbers.includes(asked) ? ['violence'] : null;
  };
}

describe('what a model wrote', () => {
  const asked = { workflow: 'complete', prompt: 'a fox in the snow', options: silent } as const;

  test.for<[string, Partial<Submission>, string]>([
    ['an improved prompt', asked, 'Soft Lïght'],
    ['a shot list', { workflow: 'story', prompt: 'a boat', options: { scenes: 2, duration: 15, ...silent } }, 'part 2'],
  ])(
    '%s with a blocked word is not used, its credit goes back, and the run goes on with the own words',
    async ([, submission, word]) => {
      const { workspace, work, isExact } = await open({ blockedWords: [word] });
      const worker = await work();
      const view = await delivered(worker, await submitted(worker, { ...submission, workspace }));
      expect(view.run).toMatchObject({ state: 'succeeded', releasedCredits: 1 });
      const enhance = stepOf(view, 'enhance');
      expect(enhance).toMatchObject({ state: 'failed', enhanced: null, failure: { kind: 'refused' } });
      expect(JSON.stringify(view.steps)).not.toMatch(/soft|part/i);
      expect(failureSentences(view, text)).toEqual([text.runs.ownWords]);
      await isExact();
    },
  );

  test('a motion for a frame that moderation objects to leaves the motion from before', async () => {
    const { openai, workspace, installation, environment, isExact } = await open({});
    openai.moderation.flags = (part) => (part.text?.includes('to the left') ? ['harassment'] : null);
    const requests: VideoRequest[] = [];
    const options = { baseUrl: `${openai.url}/v1` };
    const service = createVendor({ journal: installation.journal, ...inject('vendorMedia') }).find(
      'video',
      'vendor',
      'vendor-video',
    );
    if (!service) throw new Error('the vendor makes no videos');
    const video: Provider<'video'> = {
      ...service,
      submit: (request, call) => {
        requests.push(request);
        return service.submit(request, call);
      },
    };
    const made = [createOpenAiEnhance(options), createOpenAiImage(options), video];
    const providers = createProviders([fixedSource(made)], [], new Set(['openai']));
    const worker = await installation.open({ worker: true, environment, providers });
    const view = await delivered(worker, await submitted(worker, { ...asked, workspace }));
    expect(view.run).toMatchObject({ state: 'succeeded', failure: null });
    expect(states(view)).toEqual(['enhance done', 'image done', 'enhance failed', 'video done']);
    expect(view.steps[2]?.failure?.detail).toContain('harassment');
    // The call was paid for, whatever became of its words.
    expect(view.steps[2]?.costMicroUsd).toBeGreaterThan(0);
    expect(requests.map(({ prompt }) => prompt)).toEqual(['it runs']);
    await isExact();
  });

  const down = [{ fault: 'status', status: 429 }, { fault: 'html' }, { fault: 'drop' }] as const;

  test.for(['refuse', 'allow'] as const)(
    'with moderation down for good, it is used only if the operator allows it: %s',
    async (how) => {
      const { openai, workspace, work, isExact } = await open({});
      const worker = await work({}, { MODERATION_WHEN_DOWN: how });
      const id = await submitted(worker, { ...asked, workflow: 'image', workspace });
      openai.fail('POST', moderations, ...down);
      const view = await delivered(worker, id);
      expect(view.run.state).toBe('succeeded');
      expect(stepOf(view, 'enhance')?.state).toBe(how === 'refuse' ? 'failed' : 'done');
      await isExact();
    },
  );
});

describe('a result that moderation flags', () => {
  test('is withheld: nothing of it is stored, its credits go back, and what the provider charged is recorded', async () => {
    const { openai, workspace, installation, environment, isExact, filesOf } = await open({ results: 'withhold' });
    openai.moderation.flags = flagging(1);
    openai.image.bytes = await readFile(inject('vendorMedia').image);
    const options = { baseUrl: `${openai.url}/v1` };
    const vendor = createVendor({ journal: installation.journal, ...inject('vendorMedia') });
    const [enhance, video] = [
      vendor.find('enhance', 'vendor', 'vendor-words'),
      vendor.find('video', 'vendor', 'vendor-video'),
    ];
    if (!enhance || !video) throw new Error('the vendor is not there');
    const providers = createProviders(
      [fixedSource([enhance, createOpenAiImage(options), video])],
      [],
      new Set(['openai']),
    );
    const worker = await installation.open({ worker: true, environment, providers });
    const view = await delivered(worker, await submitted(worker, { workspace, options: silent }));
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 1, failure: { kind: 'refused' } });
    expect(states(view)).toEqual(['enhance done', 'image failed', 'video skipped']);
    expect(stepOf(view, 'image')?.failure?.withheld).toEqual(['violence']);
    expect(stepOf(view, 'image')?.costMicroUsd).toBeGreaterThan(0);
    expect(view.assets).toEqual([]);
    expect(await filesOf(view)).toEqual([]);
    expect(await readdir(join(installation.home, 'tmp'))).toEqual([]);
    expect(failureSentences(view, text)[0]).toContain('Moderation flagged the image (violence)');
    expect(JSON.stringify(mediaOf(view, text))).toBe('[]');
    await isExact();
  });

  test('is one scene of a story: its clip is never made, and the film goes on as far as it goes', async () => {
    const { openai, workspace, installation, work, isExact, filesOf } = await open({ results: 'withhold' });
    openai.moderation.flags = flagging(1);
    const worker = await work();
    const options = { scenes: 3, duration: 15, ...silent };
    const view = await delivered(
      worker,
      await submitted(worker, { workspace, workflow: 'story', prompt: 'a boat', options }),
    );
    const of = (kind: string, state: string) => view.steps.filter((one) => one.kind === kind && one.state === state);
    expect([of('image', 'failed'), of('image', 'done'), of('video', 'done')].map(({ length }) => length)).toEqual([
      1, 2, 2,
    ]);
    const lost = of('image', 'failed')[0]?.scene;
    expect(of('video', 'skipped').map(({ scene }) => scene)).toEqual([lost]);
    expect(stepOf(view, 'join')?.state).toBe('done');
    expect(view.run.capturedCredits).toBe(
      of('video', 'done')
        .concat(of('image', 'done'), of('enhance', 'done'))
        .reduce((sum, one) => sum + one.priceCredits, 0),
    );
    expect(submitsOf(installation.journal, view.run.id)).toEqual({ enhance: 1, image: 3, video: 2 });
    expect(await filesOf(view)).toHaveLength(5);
    await isExact();
  });

  test('is shown behind a spoiler, and so is every film that contains it', async () => {
    const { openai, workspace, work, isExact } = await open({ results: 'spoiler' });
    // The image, and three frames of the video that begins with it.
    openai.moderation.flags = flagging(1);
    const worker = await work();
    const view = await delivered(worker, await submitted(worker, { workspace, options: { ...silent, duration: 3 } }));
    expect(view.run.state).toBe('succeeded');
    expect(openai.posts(moderations).filter(({ raw }) => raw.includes('image_url'))).toHaveLength(4);
    expect(view.assets.map(({ kind, flagged }) => [kind, flagged])).toEqual([
      ['image', ['violence']],
      ['video', ['violence']],
    ]);
    expect(mediaOf(view, text).map(({ isSpoiler }) => isSpoiler)).toEqual([true, true]);

    // Nothing looks at results any more, and what is known of this one stays known.
    await saveSettings(worker.database.db, workspace.id, workspaceSettings.parse({}));
    const origin = { how: 'extend', view } as const;
    const options = { ...view.run.options, duration: 5 };
    const longer = await delivered(
      worker,
      await submitted(worker, { workspace, workflow: 'extend', prompt: 'on', options, origin }),
    );
    expect(longer.run.state).toBe('succeeded');
    expect(longer.assets.map(({ flagged }) => flagged)).toEqual(longer.assets.map(() => ['violence']));
    expect(openai.posts(moderations).filter(({ raw }) => raw.includes('image_url'))).toHaveLength(4);
    await isExact();
  });

  test('is a film, by its middle frame alone', async () => {
    const { openai, workspace, work, isExact, filesOf } = await open({ results: 'withhold' });
    openai.moderation.flags = flagging(3);
    const worker = await work();
    const view = await delivered(worker, await submitted(worker, { workspace, options: silent }));
    expect(states(view)).toEqual(['enhance done', 'image done', 'video failed']);
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 6, releasedCredits: view.run.priceCredits - 6 });
    expect(await filesOf(view)).toHaveLength(1);
    await isExact();
  });

  test.for([
    ['withhold', 'refuse', ['enhance done', 'image done', 'video failed'], undefined],
    ['spoiler', 'refuse', ['enhance done', 'image done', 'video done'], ['unmoderated']],
    ['withhold', 'allow', ['enhance done', 'image done', 'video done'], null],
  ] as const)(
    'a film whose frames cannot be decoded is not moderated: %s, %s',
    async ([results, how, ends, flagged]) => {
      const { workspace, work, isExact } = await open({ results });
      const video = join(await temporaryDirectory(), 'undecodable.mp4');
      await writeFile(video, withoutPictures(await readFile(inject('vendorMedia').video)));
      const worker = await work({ video }, { MODERATION_WHEN_DOWN: how });
      const view = await delivered(worker, await submitted(worker, { workspace }));
      expect(states(view)).toEqual(ends);
      expect(stepOf(view, 'video')?.failure?.withheld).toEqual(ends[2] === 'video failed' ? [] : undefined);
      expect(view.assets.find(({ kind }) => kind === 'video')?.flagged).toEqual(flagged);
      await isExact();
    },
  );
});

/** The film with its samples overwritten: it has its length and its size, and nothing that a decoder understands. */
function withoutPictures(film: Buffer): Buffer {
  const copy = Buffer.from(film);
  const at = copy.indexOf('mdat');
  const length = copy.readUInt32BE(at - 4);
  copy.fill(0xff, at + 4, at - 4 + length);
  return copy;
}

describe('a worker killed between the check of a result and its end', () => {
  test.for<[ProvidedKind, number, Record<ProvidedKind, number>, string[], number]>([
    ['image', 1, { enhance: 1, image: 2, video: 0 }, ['enhance done', 'image failed', 'video skipped'], 1],
    ['video', 3, { enhance: 1, image: 1, video: 1 }, ['enhance done', 'image done', 'video failed'], 6],
  ])('%s: the next worker checks it again', async ([step, frames, submits, ends, captured]) => {
    const { openai, environment, database, workspace, installation, work, isExact, filesOf } = await open({
      results: 'withhold',
    });
    const clean = step === 'image' ? 1 : 4;
    openai.moderation.flags = flagging(...Array.from({ length: frames }, (_, index) => clean + 1 + index));
    const bot = await installation.open({
      worker: false,
      environment,
      providers: createVendor({ journal: installation.journal, ...inject('vendorMedia') }),
    });
    const id = await submitted(bot, { workspace, options: silent });
    const at = { failpoint: 'step_moderated', step, how: 'kill' } as const;
    const doomed = startWorkerProcess(installation, { at, environment, onlyModerates: true });
    expect(await doomed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await endLeases(database);
    const view = await delivered(await work(), id);
    expect(states(view)).toEqual(ends);
    expect(stepOf(view, step)?.failure).toMatchObject({ kind: 'refused', withheld: ['violence'] });
    expect(view.run).toMatchObject({
      state: 'failed',
      capturedCredits: captured,
      releasedCredits: view.run.priceCredits - captured,
    });
    expect(submitsOf(installation.journal, id)).toEqual(submits);
    expect(await filesOf(view)).toHaveLength(step === 'image' ? 0 : 1);
    await isExact();
  });
});
