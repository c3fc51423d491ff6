import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import type { RunView } from '../../src/db/runs.ts';
import { Secret } from '../../src/db/secret.ts';
import { storeKey } from '../../src/db/vault.ts';
import type { RunOptions } from '../../src/domain.ts';
import { filmOf as filmOfRun } from '../../src/pipeline/graph.ts';
import type { Program } from '../../src/program.ts';
import { googleCanary } from '../support/canary.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { contentsOf, framesOf } from '../support/films.ts';
import { createInstallation, delivered, submitted } from '../support/program.ts';
import {
  colorOf,
  expectFrame,
  filmOfCall,
  framesPerSecond,
  image,
  inBrief,
  type MadeFilm,
  openPolledAtOnce,
  pictureSeen,
  referencesOf,
  sha256Of,
  startOmniStudio,
  startVeoStudio,
} from '../support/providers/filming.ts';
import { completed, completedEmpty, completedWithWords } from '../support/providers/omni.ts';
import { responsesAnswer, shotsOf } from '../support/providers/openai.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type Studio = Awaited<ReturnType<typeof startOmniStudio>> | Awaited<ReturnType<typeof startVeoStudio>>;

/** A worker with the real providers, and a workspace with 1,000 credits. */
async function open({ environment }: Studio) {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 1_000);
  const installation = await createInstallation(database);
  const program = await openPolledAtOnce(installation, environment);
  const make = async (options: Partial<RunOptions>, workflow: 'complete' | 'story' = 'complete') =>
    await delivered(program, await submitted(program, { workspace, workflow, options }));
  /** Expects the captured credits to be gone, and nothing else. */
  const expectPaid = async (credits: number) => {
    expect(await accountOf(database.db, workspace.id)).toEqual({ balance: 1_000 - credits, held: 0 });
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  };
  return { program, installation, workspace, make, expectPaid };
}

/** The film of a run: its length, its hash, and a copy of the file. */
async function filmIn({ services }: Program, view: RunView) {
  const film = filmOfRun(view);
  if (!film) throw new Error('the run has no film');
  const path = join(await temporaryDirectory(), 'result.mp4');
  await writeFile(path, await buffer(await services.store.open(film.asset.objectKey)));
  return { ...film, path, seconds: film.asset.seconds ?? 0 };
}

/** Expects clips one after the other, with their sound. The brightness tells the clips apart. */
async function expectClips(path: string, clips: readonly Pick<MadeFilm, 'seconds' | 'brightness'>[]): Promise<void> {
  const frames = await framesOf(path);
  const whole = clips.reduce((sum, { seconds }) => sum + seconds, 0);
  expect(Math.abs(frames.length - whole * framesPerSecond)).toBeLessThanOrEqual(1);
  const { seconds } = await contentsOf(path);
  expect(Math.abs((seconds.video[1] ?? 0) - whole)).toBeLessThanOrEqual(1 / framesPerSecond);
  expect(Math.abs((seconds.audio[1] ?? 0) - whole)).toBeLessThanOrEqual(1 / framesPerSecond);
  let start = 0;
  for (const clip of clips) {
    const within = frames.filter(({ second }) => second >= start + 0.01 && second < start + clip.seconds - 0.01);
    for (const { brightness } of within) expect(Math.abs(brightness - clip.brightness)).toBeLessThan(5);
    start += clip.seconds;
  }
}

const videosOf = ({ steps }: RunView) => steps.filter(({ kind }) => kind === 'video');
const kindsIn = ({ steps }: RunView) => steps.map(({ kind }) => kind).join(' ');

/** Expects each clip of a chain to begin with the last frame of the clip before it, and each extension to have no picture. */
async function expectChained(studio: Studio, made: readonly MadeFilm[]): Promise<void> {
  for (const [index, { picture, clip, prompt }] of studio.calls().entries()) {
    expect(prompt).toBe('it runs to the left');
    if (clip !== null) expect(picture).toBeNull();
    else if (index > 0) await expectFrame(picture, made[index - 1]);
  }
}

/** The clips of a chain as they end: an extension takes the place of the clip that it extends. */
function clipsOf(brief: string, made: readonly MadeFilm[]): MadeFilm[] {
  const calls = brief.split(' ');
  return made.filter((_, index) => !calls[index + 1]?.startsWith('+'));
}

describe('a film longer than one call', () => {
  test('30 seconds on Omni are one clip that is extended twice: three calls, and nothing is joined', async () => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    const made = await studio.expectCalls('15 +10 +5');
    const view = await make({ duration: 30, resolution: '1080p' });
    expect(inBrief(studio.calls())).toBe('15 +10 +5');
    expect(studio.calls().map(({ clip }) => clip)).toEqual([null, 'it-1', 'it-2']);
    expect(studio.billed()).toEqual([15, 10, 5]);
    expect(kindsIn(view)).toBe('enhance image enhance video video video');
    const film = await filmIn(program, view);
    expect([film.step.number, film.seconds]).toEqual([6, 30]);
    expect(film.asset.sha256).toBe(sha256Of(made[2]));
    // 1 for the words, 5 for the image, 50 × 1.2 for the film with its sound.
    await expectPaid(66);
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 66 });
  });

  test.for([
    ['omni', '1080p', 60, '15 +10 +5 |15 +10 +5', 126],
    ['veo', '720p', 30, '8 +7 +7 |8', 48],
    ['veo', '720p', 60, '8 +7 +7 +7 +7 |6 +7 +7 |4', 90],
    ['veo', '1080p', 30, '8 |8 |8 |6', 66],
    ['veo', '1080p', 60, '8 |8 |8 |8 |8 |8 |8 |4', 126],
  ] as const)(
    'on %s at %s, %i seconds are %s, each clip begins with the last frame before it, and they are joined for %i credits',
    async ([model, resolution, duration, brief, credits]) => {
      const studio = model === 'omni' ? await startOmniStudio() : await startVeoStudio();
      const { program, make, expectPaid } = await open(studio);
      const made = await studio.expectCalls(brief);
      const view = await make({ duration, resolution });
      expect(inBrief(studio.calls())).toBe(brief);
      expect(studio.billed().reduce((sum, seconds) => sum + seconds, 0)).toBe(duration);
      await expectChained(studio, made);
      expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: credits });
      expect(view.steps.at(-1)).toMatchObject({ kind: 'join', state: 'done', priceCredits: 0 });
      expect(videosOf(view).map(({ submits }) => submits)).toEqual(made.map(() => 1));
      const film = await filmIn(program, view);
      expect(Math.abs(film.seconds - duration)).toBeLessThanOrEqual(1 / framesPerSecond);
      await expectClips(film.path, clipsOf(brief, made));
      await expectPaid(credits);
    },
  );

  test('Veo makes a clip longer that is sent along whole, as it was received', async () => {
    const studio = await startVeoStudio();
    const { make } = await open(studio);
    const made = await studio.expectCalls('8 +7 +7');
    await make({ duration: 22, resolution: '720p' });
    expect(studio.calls().map(({ clip }) => clip)).toEqual([
      null,
      made[0]?.bytes.toString('base64'),
      made[1]?.bytes.toString('base64'),
    ]);
  });
});

/** A story whose images have a color each, and whose looks are answered with a motion each. */
async function tellStory(studio: Studio, answers: readonly unknown[]) {
  const opened = await open(studio);
  const colors = ['#ff0000', '#00ff00', '#0000ff', '#ffff00'];
  studio.openai.images.push(...(await Promise.all(colors.map(image))));
  const answered = [{ shots: shotsOf(4) }, ...answers];
  studio.openai.fail(
    'POST',
    /responses/,
    ...answered.map((content) => ({ fault: 'status' as const, status: 200, body: responsesAnswer(content) })),
  );
  const films = 'omni' in studio ? studio.omni.filmsOfLength : studio.veo.filmsOfLength;
  for (const seconds of [6, 7, 8]) films.set(seconds, (await filmOfCall(seconds, 0)).bytes);
  return { ...opened, view: await opened.make({ scenes: 4, duration: 30, resolution: '1080p' }, 'story') };
}

describe('a story of four scenes', () => {
  test.for(['omni', 'veo'] as const)(
    'is one film of 30 seconds on %s: images share the first one, and every clip follows the look at its frame',
    async (model) => {
      const studio = model === 'omni' ? await startOmniStudio() : await startVeoStudio();
      const motions = [1, 2, 3, 4].map((look) => ({ motion: `it turns, look ${look}` }));
      const { program, view, expectPaid } = await tellStory(studio, motions);
      expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 81 });
      await expectClips((await filmIn(program, view)).path, [{ ...(await filmOfCall(8, 0)), seconds: 30 }]);
      expect(view.steps.at(-1)).toMatchObject({ kind: 'join', seconds: 30, state: 'done' });

      // The first image is made from words alone. It goes along with the three others.
      expect(studio.openai.posts(/images\/generations/)).toHaveLength(1);
      const references = await referencesOf(studio.openai);
      expect(await Promise.all(references.map((files) => Promise.all(files.map(colorOf))))).toEqual([
        ['100'],
        ['100'],
        ['100'],
      ]);

      const [, ...looks] = studio.openai.posts(/responses/);
      const seen = await Promise.all(looks.map((look) => colorOf(pictureSeen(look) ?? Buffer.alloc(0))));
      expect([...seen].sort()).toEqual(['001', '010', '100', '110']);
      const calls = studio.calls();
      expect(calls).toHaveLength(4);
      for (const { picture, prompt } of calls) {
        const look = seen.indexOf(await colorOf(picture ?? Buffer.alloc(0))) + 1;
        expect(prompt).toBe(`it turns, look ${look}`);
      }
      expect(studio.billed().reduce((sum, seconds) => sum + seconds, 0)).toBe(30);
      // 1 for the shot list, 4 × 5 for the images, 50 × 1.2 for the film.
      await expectPaid(81);
    },
  );

  test('keeps the words from before where a look failed, and pays nothing for looks', async () => {
    const studio = await startOmniStudio();
    const refusal = { refusal: 'I cannot look at this.' };
    const { program, view, expectPaid } = await tellStory(studio, [refusal, refusal, refusal, refusal]);
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 81 });
    const looks = view.steps.filter(({ kind, inputs }) => kind === 'enhance' && inputs.length > 0);
    expect(looks.map(({ state, priceCredits }) => [state, priceCredits])).toEqual(Array(4).fill(['failed', 0]));
    expect(
      studio
        .calls()
        .map(({ prompt }) => prompt)
        .sort(),
    ).toEqual(shotsOf(4).map(({ motion }) => motion));
    await expectClips((await filmIn(program, view)).path, [{ ...(await filmOfCall(8, 0)), seconds: 30 }]);
    await expectPaid(81);
  });
});

/** Two requests of each finished interaction: a poll and a download. */
const finished = (interactions: number) => Array.from({ length: 2 * interactions }, () => completed);
const policy = 'This was blocked: it violates our safety policies.';

describe('an extension', () => {
  test.for([
    ['is refused', 'refused'],
    ['is refused after rendering', 'refused'],
    ['is completed without a video', 'no_output'],
  ] as const)('that %s leaves the film as far as it goes, and is not paid for', async ([fault, kind]) => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    const made = await studio.expectCalls('15 +10 +5');
    switch (fault) {
      case 'is refused': {
        const body = { error: { code: 'invalid_request', message: policy } };
        const later = studio.omni.arrival(/interactions\/it-2$/);
        void later.then(() => studio.omni.fail('POST', /interactions$/, { fault: 'status', status: 400, body }));
        break;
      }
      case 'is refused after rendering':
        studio.omni.states = [...finished(2), completedWithWords(policy)];
        break;
      case 'is completed without a video':
        studio.omni.states = [...finished(2), completedEmpty];
        break;
    }
    const view = await make({ duration: 30 });
    expect(inBrief(studio.calls())).toBe('15 +10 +5');
    expect(view.run).toMatchObject({ state: 'failed', failure: { kind }, capturedCredits: 56 });
    const film = await filmIn(program, view);
    expect([film.step.number, film.seconds]).toEqual([5, 25]);
    expect(film.asset.sha256).toBe(sha256Of(made[1]));
    // The film costs 60: 30 for 15 seconds, 20 for 10 and 10 for 5.
    await expectPaid(56);
  });

  test('that fails in the second clip of a film leaves the rest of it, joined', async () => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    const brief = '15 +10 +5 |15 +10 +5';
    const made = await studio.expectCalls(brief);
    studio.omni.states = [...finished(5), completedEmpty];
    const view = await make({ duration: 60 });
    expect(inBrief(studio.calls())).toBe(brief);
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 116 });
    const film = await filmIn(program, view);
    expect(film.step).toMatchObject({ kind: 'join', state: 'done' });
    await expectClips(
      film.path,
      made.filter((_, index) => index === 2 || index === 4),
    );
    await expectPaid(116);
  });

  test('that fails in the first clip of a film ends it there: the second clip is not made', async () => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    await studio.expectCalls('15 +10 +5');
    studio.omni.states = [...finished(1), completedEmpty];
    const view = await make({ duration: 60 });
    expect(inBrief(studio.calls())).toBe('15 +10');
    const film = await filmIn(program, view);
    expect([film.step.kind, film.seconds]).toEqual(['video', 15]);
    // 6 for words and image, and 30 for 15 of 60 seconds that cost 120.
    expect(view.run).toMatchObject({ state: 'failed', capturedCredits: 36 });
    await expectPaid(36);
  });

  test('of an interaction that is gone begins with the last frame, is paid once, and is appended', async () => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    const made = await studio.expectCalls('15 |10 |5');
    studio.omni.expired.add('it-1');
    const view = await make({ duration: 30 });
    // The second request is the one that Google did not accept. The clip that is then stored is no interaction of Google's.
    expect(inBrief(studio.calls())).toBe('15 +10 |10 |5');
    expect(studio.billed()).toEqual([15, 10, 5]);
    const [, , second, third] = studio.calls();
    await expectFrame(second?.picture, made[0]);
    await expectFrame(third?.picture, made[1]);
    expect(videosOf(view).map(({ state, submits }) => [state, submits])).toEqual(Array(3).fill(['done', 1]));
    const film = await filmIn(program, view);
    await expectClips(film.path, made);
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 66 });
    await expectPaid(66);
  });

  test('that comes back with the added seconds alone is appended', async () => {
    const studio = await startOmniStudio();
    const { program, make, expectPaid } = await open(studio);
    const made = await studio.expectCalls('15 |10 |5');
    const view = await make({ duration: 30 });
    expect(inBrief(studio.calls())).toBe('15 +10 |5');
    const film = await filmIn(program, view);
    await expectClips(film.path, made);
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 66 });
    await expectPaid(66);
  });

  test('whose clip is too large for Google Cloud is made by the next length, paid once, cut and appended', async () => {
    const studio = await startVeoStudio();
    const { program, make, expectPaid } = await open(studio);
    // Veo makes no 7 seconds at once, so each of the two extensions is 7 of 8 seconds.
    const made = await studio.expectCalls('8 |8 |8');
    const body = { error: { code: 413, message: 'Request payload size exceeds the limit: 20971520 bytes.' } };
    const begun = studio.veo.arrival(/fetchPredictOperation$/);
    void begun.then(() => studio.veo.fail('POST', /predictLongRunning$/, { fault: 'status', status: 413, body }));
    const view = await make({ duration: 22, resolution: '720p' });
    expect(inBrief(studio.calls())).toBe('8 +7 |8 |8');
    expect(studio.billed()).toEqual([8, 8, 8]);
    const [, , second, third] = studio.calls();
    await expectFrame(second?.picture, made[0]);
    await expectFrame(third?.picture, made[1], 7);
    expect(videosOf(view).map(({ state, submits }) => [state, submits])).toEqual(Array(3).fill(['done', 1]));
    const film = await filmIn(program, view);
    expect(film.step).toMatchObject({ kind: 'video', isExtension: true });
    await expectClips(
      film.path,
      made.map((clip, index) => ({ ...clip, seconds: index === 0 ? 8 : 7 })),
    );
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 48 });
    await expectPaid(48);
  });
});

test('Continue extends the clip of the unfinished run by its stored interaction, and pays only what is missing', async () => {
  const studio = await startOmniStudio();
  const { program, workspace, make, expectPaid } = await open(studio);
  await studio.expectCalls('15 +10 +5');
  studio.omni.states = [...finished(2), completedEmpty];
  const view = await make({ duration: 30 });
  studio.omni.states = [completed];
  const whole = await filmOfCall(30, 0);
  studio.omni.films.set('it-4', whole.bytes);
  const { options, prompt } = view.run;
  const rest = { workspace, workflow: 'complete', prompt, options, origin: { how: 'continue', view } } as const;
  const continued = await delivered(program, await submitted(program, rest));
  expect(studio.calls().map(({ clip, seconds }) => [clip, seconds])).toEqual([
    [null, 15],
    ['it-1', 10],
    ['it-2', 5],
    ['it-2', 5],
  ]);
  expect((await filmIn(program, continued)).asset.sha256).toBe(sha256Of(whole));
  expect(continued.run).toMatchObject({ state: 'succeeded', priceCredits: 10, capturedCredits: 10 });
  // 56 for the run before.
  await expectPaid(66);
});

/** A finished film of 8 seconds by Omni 1.2 and the operator's key. The returned function makes it 8 seconds longer. */
async function withFilm(studio: Awaited<ReturnType<typeof startOmniStudio>>, brief: string) {
  const opened = await open(studio);
  await studio.expectCalls(brief);
  const view = await opened.make({ duration: 8 });
  const extend = async (program: Program) => {
    const origin = { how: 'extend', view } as const;
    const options = { ...view.run.options, duration: 8 };
    return await delivered(
      program,
      await submitted(program, { workspace: opened.workspace, workflow: 'extend', prompt: 'on', options, origin }),
    );
  };
  return { ...opened, extend };
}

describe('Extend', () => {
  test('goes on from the stored interaction of the other run', async () => {
    const studio = await startOmniStudio();
    const { program, extend, expectPaid } = await withFilm(studio, '8 +8');
    const view = await extend(program);
    expect(studio.calls().map(({ clip, prompt }) => [clip, prompt])).toEqual([
      [null, 'it runs to the left'],
      ['it-1', 'on'],
    ]);
    expect(studio.billed()).toEqual([8, 8]);
    expect(kindsIn(view)).toBe('video video');
    const film = await filmIn(program, view);
    expect(film.asset.sha256).toBe(sha256Of(await filmOfCall(16, 1)));
    expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 18, capturedCredits: 18 });
    // The film cost 24.
    await expectPaid(42);
  });

  test.for(['another model', 'another key'] as const)(
    'by %s goes on from the last frame, and joins',
    async (difference) => {
      const studio = await startOmniStudio();
      const { program: first, installation, workspace, extend, expectPaid } = await withFilm(studio, '8 |8');
      const own = 'AIzaSyCANARYworkspace0123456789abcdWXYZ';
      if (difference === 'another key') {
        const slot = { workspaceId: workspace.id, provider: 'google', purpose: 'api_key' } as const;
        const { keyring } = first.services.vault;
        await storeKey(installation.database.db, keyring, slot, new Secret(own), {
          by: 'ada',
          status: 'valid',
          at: null,
        });
      }
      const environment = { ...studio.environment, VIDEO_MODEL: 'gemini-omni-1.1-flash' };
      if (difference === 'another model') await first.stop();
      const program = difference === 'another model' ? await openPolledAtOnce(installation, environment) : first;
      const view = await extend(program);
      expect(inBrief(studio.calls())).toBe('8 |8');
      const keys = studio.omni.posts(/interactions$/).map(({ headers }) => headers['x-goog-api-key']);
      expect(keys).toEqual([googleCanary, difference === 'another key' ? own : googleCanary]);
      const [, second] = studio.calls();
      await expectFrame(second?.picture, await filmOfCall(8, 0));
      expect(kindsIn(view)).toBe('video video join');
      const film = await filmIn(program, view);
      await expectClips(film.path, [await filmOfCall(8, 0), await filmOfCall(8, 1)]);
      expect(view.run).toMatchObject({ state: 'succeeded', priceCredits: 18, capturedCredits: 18 });
      await expectPaid(42);
    },
  );
});
