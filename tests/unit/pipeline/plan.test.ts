import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import type { NewStep } from '../../../src/db/insertRun.ts';
import type { Asset, RunView, Step } from '../../../src/db/runs.ts';
import { createDemoStudio } from '../../../src/demo/studio.ts';
import {
  type CommandedWorkflow,
  commandedWorkflows,
  extensionSeconds,
  maxExtendedSeconds,
  type RunOptions,
  resolutions,
  runOptions,
  type StepKind,
  sceneCounts,
  type Workflow,
} from '../../../src/domain.ts';
import { isBlocked } from '../../../src/pipeline/graph.ts';
import { offerOf } from '../../../src/pipeline/offer.ts';
import { extensionOf, type Origin, type Plan, planRun } from '../../../src/pipeline/plan.ts';
import { priceVideo, total } from '../../../src/pipeline/pricing.ts';
import { createProviders } from '../../../src/pipeline/providers/registry.ts';
import { extensionSecondsOf } from '../../../src/pipeline/quote.ts';
import { realSources } from '../../../src/providers.ts';
import { image as imageAsset, video as videoAsset } from '../../support/botSamples.ts';
import { createVendor } from '../../support/studio.ts';
import { stepOf, viewOf } from '../../support/views.ts';

const none = new Set<never>();
const cloud = { GOOGLE_CLOUD_PROJECT: 'a-project', VIDEO_MODEL: 'veo-3.1-generate-001' };
const real = (environment: NodeJS.ProcessEnv) => realSources(readConfig(environment).providers);
const studio = createDemoStudio({ directory: '/nowhere', minStepMs: 0, faults: {} });

/** The program with each of the models that make videos. */
const programs = {
  demo: createProviders(real({}), [studio.enhance, studio.image, studio.video], none),
  'Omni 1.2': createProviders(real({}), [], new Set(['openai', 'google'])),
  'Omni 1.1': createProviders(real({ VIDEO_MODEL: 'gemini-omni-1.1-flash' }), [], new Set(['openai', 'google'])),
  Veo: createProviders(real(cloud), [], new Set(['openai'])),
} as const;
type Model = keyof typeof programs;
const models = ['demo', 'Omni 1.2', 'Omni 1.1', 'Veo'] as const satisfies readonly Model[];

const planned = (model: Model, workflow: Workflow, options: RunOptions, origin: Origin | null = null): Plan =>
  planRun({ providers: programs[model], byokPricePercent: 100, priceBook: null }, workflow, options, none, { origin });

function stepsOf(plan: Plan): NewStep[] {
  if (plan.outcome !== 'planned') throw new Error(`there is no plan: ${JSON.stringify(plan)}`);
  return plan.steps;
}

/** Credits for a video with sound, by seconds: the table for people, and a fifth more. */
const table = [
  [5, { '720p': 10, '1080p': 15, '4k': 30 }],
  [8, { '720p': 12, '1080p': 18, '4k': 36 }],
  [15, { '720p': 22, '1080p': 30, '4k': 60 }],
  [30, { '720p': 42, '1080p': 60, '4k': 120 }],
  [60, { '720p': 84, '1080p': 120, '4k': 240 }],
] as const;

describe('every row of the price table', () => {
  test.for(models)('is planned at its exact price, or is not offered, on %s', (model) => {
    const offer = offerOf(programs[model], 'complete', none);
    for (const [duration, prices] of table) {
      for (const resolution of resolutions) {
        const plan = planned(model, 'complete', runOptions.parse({ duration, resolution }));
        const isOffered = offer.duration.includes(duration) && offer.resolution.includes(resolution);
        if (isOffered) expect(plan.outcome).toBe('planned');
        // 1 for the words and 5 for the image.
        if (plan.outcome === 'planned') expect(total(plan.steps)).toBe(6 + prices[resolution]);
        else
          expect(plan).toMatchObject({ outcome: 'unsupported', option: expect.stringMatching(/duration|resolution/) });
      }
    }
  });

  test.for([
    ['demo', [5, 8, 15, 30, 60], ['720p', '1080p', '4k']],
    ['Omni 1.2', [5, 8, 15, 30, 60], ['720p', '1080p', '4k']],
    ['Omni 1.1', [5, 8, 15, 30, 60], ['720p', '1080p', '4k']],
    ['Veo', [8, 30, 60], ['720p', '1080p']],
  ] as const)('on %s, the rows %j are offered at %j', ([model, rows, at]) => {
    const offer = offerOf(programs[model], 'complete', none);
    expect(table.map(([duration]) => duration).filter((one) => offer.duration.includes(one))).toEqual(rows);
    expect(resolutions.filter((one) => offer.resolution.includes(one))).toEqual(at);
  });

  test('has its price whatever the sound, and a key of the workspace has its share of it', () => {
    const options = runOptions.parse({ duration: 60, resolution: '4k', audio: false });
    expect(total(stepsOf(planned('Omni 1.2', 'complete', options)))).toBe(6 + 200);
    const deps = { providers: programs['Omni 1.2'], byokPricePercent: 50, priceBook: null };
    const own = planRun(deps, 'complete', options, new Set(['google']));
    // Half of each step's price, rounded up: 1 for the words, 3 for the image and 100 for the film.
    expect(total(stepsOf(own))).toBe(104);
  });
});

test('frames are refused before anybody pays for them if no video of that length could be made of one', () => {
  for (const model of models) {
    const offer = offerOf(programs[model], 'complete', none);
    for (const duration of [5, 7, 8, 15, 60]) {
      for (const resolution of resolutions) {
        const options = runOptions.parse({ duration, resolution, frames: 4 });
        const video = planned(model, 'video', options);
        const plan = planned(model, 'complete', options);
        if (video.outcome === 'planned') expect(stepsOf(plan).map(({ kind }) => kind)).not.toContain('video');
        else expect(plan).toEqual(video);
        if (offer.duration.includes(duration) && offer.resolution.includes(resolution)) {
          expect(plan.outcome).toBe('planned');
        }
      }
    }
  }
  expect(planned('Veo', 'complete', runOptions.parse({ duration: 5, frames: 4 }))).toMatchObject({
    option: 'duration',
  });
});

/** A step as it would be stored, in a state. */
const stored = (step: NewStep, state: Step['state']): Step => {
  const { takenOver: _, inputs, ...facts } = step;
  const enhanced = step.kind === 'enhance' && state === 'done' ? { image: 'a fox', motion: 'it runs' } : null;
  return stepOf(step.kind, { ...facts, inputs: [...inputs], state, enhanced, handle: { of: step.number } });
};

const assetFor = ({ number, kind, seconds }: Step, isRemoved: boolean): Asset => ({
  ...videoAsset,
  id: `${String(number).padStart(8, '0')}-3c1d-4e5f-8a9b-0c1d2e3f4a5b`,
  step: number,
  kind: kind === 'image' ? 'image' : 'video',
  objectKey: `runs/x/${number}`,
  seconds: kind === 'image' ? null : seconds,
  removedAt: isRemoved ? new Date() : null,
});

type Fates = readonly { isDone: boolean; isRemoved: boolean }[];

/** A run that ended: every step that could be made succeeded or failed, and some results were removed since then. */
function ended(workflow: Workflow, options: RunOptions, steps: readonly NewStep[], fates: Fates): RunView {
  const all = steps.map((step) => stored(step, 'pending'));
  for (const [index, step] of all.entries()) {
    if (isBlocked({ steps: all }, step)) all[index] = { ...step, state: 'skipped' };
    else all[index] = stored(steps[index] ?? raise(), fates[index % fates.length]?.isDone ? 'done' : 'failed');
  }
  const assets = all.flatMap((step, index) =>
    step.state === 'done' && step.kind !== 'enhance'
      ? [assetFor(step, fates[index % fates.length]?.isRemoved ?? false)]
      : [],
  );
  return { ...viewOf(all, { workflow, options, state: 'failed' }), assets };
}

const raise = (): never => {
  throw new Error('there is no such step');
};

const fates = fc.array(
  fc.record({
    isDone: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
    isRemoved: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 3, maxLength: 24 },
);
const options = fc
  .record({
    duration: fc.constantFrom(5, 8, 15, 30, 60),
    resolution: fc.constantFrom('720p', '1080p'),
    variants: fc.integer({ min: 1, max: 4 }),
    scenes: fc.integer({ min: sceneCounts.min, max: sceneCounts.max }),
  })
  .map((chosen) => runOptions.parse(chosen));

/** A run of any workflow that ended with some of its results, and the plan of a run that goes on from it. */
const continuing = fc
  .record({
    model: fc.constantFrom(...models),
    workflow: fc.constantFrom<CommandedWorkflow[]>(...commandedWorkflows),
    options,
    fates,
  })
  .map((one) => ({ ...one, fresh: planned(one.model, one.workflow, one.options) }));

function eachContinued(check: (facts: { view: RunView; fresh: NewStep[]; plan: Plan }) => void): void {
  fc.assert(
    fc.property(continuing, ({ model, workflow, options: chosen, fates: fate, fresh }) => {
      if (fresh.outcome !== 'planned') return;
      const view = ended(workflow, chosen, fresh.steps, fate);
      const plan = planned(model, workflow, chosen, { how: 'continue', view });
      expect(planned(model, workflow, chosen, { how: 'continue', view })).toEqual(plan);
      check({ view, fresh: fresh.steps, plan });
    }),
    { numRuns: 1_000 },
  );
}

const isTaken = ({ takenOver }: NewStep) => takenOver !== null && takenOver !== 'skipped';
const isMade = ({ takenOver }: NewStep) => takenOver === null;

describe('Continue', () => {
  test('has the same steps as the run, and pays exactly for those that it makes', () => {
    let count = 0;
    eachContinued(({ fresh, plan }) => {
      if (plan.outcome !== 'planned') return;
      count += 1;
      expect(plan.steps.map(({ number, kind, inputs }) => [number, kind, inputs])).toEqual(
        fresh.map(({ number, kind, inputs }) => [number, kind, inputs]),
      );
      for (const step of plan.steps) {
        expect(step.priceCredits).toBe(isMade(step) ? fresh[step.number - 1]?.priceCredits : 0);
      }
    });
    expect(count).toBeGreaterThan(200);
  });

  test('takes over only what is done and still there, with its object, its words and its handle', () => {
    eachContinued(({ view, plan }) => {
      if (plan.outcome !== 'planned') return;
      for (const { number, kind, takenOver } of plan.steps) {
        if (takenOver === null || takenOver === 'skipped') continue;
        const before = view.steps[number - 1];
        const asset = view.assets.find(({ step }) => step === number) ?? null;
        expect(before?.state).toBe('done');
        expect(takenOver).toEqual({ handle: before?.handle, enhanced: before?.enhanced, asset });
        if (kind !== 'enhance') expect(asset?.removedAt).toBeNull();
      }
    });
  });

  test('never mixes the new with the old: what is made of a frame or a clip that is made anew is made anew too', () => {
    eachContinued(({ plan }) => {
      if (plan.outcome !== 'planned') return;
      for (const step of plan.steps) {
        const inputs = plan.steps.filter(({ number }) => step.inputs.includes(number));
        // References and the words of a prompt are a help, so an image stays if they are made anew.
        if (isTaken(step) && step.kind !== 'image') {
          expect(inputs.filter((one) => one.kind !== 'enhance' && isMade(one))).toEqual([]);
        }
        if (isMade(step)) expect(inputs.filter(({ takenOver }) => takenOver === 'skipped')).toEqual([]);
      }
    });
  });

  test('makes something, goes on from something, and leaves out only what nothing needs any more', () => {
    eachContinued(({ view, plan }) => {
      if (plan.outcome !== 'planned') {
        expect(plan.outcome).toBe('nothing_left');
        return;
      }
      const { steps } = plan;
      expect(steps.some(isMade)).toBe(true);
      expect(steps.some((step) => isTaken(step) && step.kind !== 'enhance')).toBe(true);
      for (const step of steps.filter(({ takenOver }) => takenOver === 'skipped')) {
        const users = steps.filter(({ inputs }) => inputs.includes(step.number));
        expect(users.length).toBeGreaterThan(0);
        expect(users.filter(isMade)).toEqual([]);
      }
      // A first frame that is done and still there is never paid twice.
      const first = view.steps.find(({ kind }) => kind === 'image');
      const isThere = view.assets.some(({ step, removedAt }) => step === first?.number && removedAt === null);
      if (first && isThere) expect(steps[first.number - 1]?.takenOver).not.toBeNull();
    });
  });

  test('goes on from nothing that was deleted, and from no run of which all results are gone', () => {
    fc.assert(
      fc.property(continuing, ({ model, workflow, options: chosen, fates: fate, fresh }) => {
        if (fresh.outcome !== 'planned') return;
        const view = ended(workflow, chosen, fresh.steps, fate);
        const on = (origin: RunView) => planned(model, workflow, chosen, { how: 'continue', view: origin }).outcome;
        expect(on({ ...view, run: { ...view.run, deletedAt: new Date() } })).toBe('nothing_left');
        const removed = view.assets.map((asset) => ({ ...asset, removedAt: new Date() }));
        expect(on({ ...view, assets: removed })).toBe('nothing_left');
      }),
      { numRuns: 200 },
    );
  });
});

describe('Continue of a run that began with an image', () => {
  const providers = createVendor({ journal: '', image: '', video: '' }, { video: { lastFrame: [8] } });
  const removed = (asset: Asset): Asset => ({ ...asset, removedAt: new Date() });
  const given: Asset = { ...imageAsset, step: null, objectKey: 'runs/x/input-1' };

  /** The run after the first `done` steps, and the plan of its rest. */
  function rest(workflow: Workflow, chosen: Partial<RunOptions>, done: number, change: (view: RunView) => RunView) {
    const options = runOptions.parse(chosen);
    const deps = { providers, byokPricePercent: 100, priceBook: null };
    const first: Origin = { how: 'ending', view: filmed('demo', runOptions.parse({}), 8) };
    const origin = options.change === 'ending' ? first : null;
    const steps = stepsOf(planRun(deps, workflow, options, none, { origin, references: workflow === 'edit' ? 0 : 1 }));
    const all = steps.map((step, index) => stored(step, index < done ? 'done' : 'failed'));
    const made = all.slice(0, done).flatMap((step) => (step.kind === 'enhance' ? [] : [assetFor(step, false)]));
    const whole = { ...viewOf(all, { workflow, options, state: 'failed' }), assets: [given, ...made] };
    const view = change(whole);
    return planRun(deps, workflow, options, none, { origin: { how: 'continue', view }, references: 1 }).outcome;
  }

  const same = (view: RunView) => view;
  const withoutGiven = (view: RunView): RunView => {
    const [first, ...others] = view.assets;
    return { ...view, assets: first ? [removed(first), ...others] : [] };
  };
  const withoutFirst = (view: RunView): RunView => ({
    ...view,
    assets: view.assets.map((asset) => (asset.step === 1 ? removed(asset) : asset)),
  });

  test('is refused where a step would need that image, and it is not kept any more', () => {
    const cases = [
      ['edit', { change: 'vary', variants: 3 }, 2],
      ['image', { variants: 3 }, 3],
      ['story', { scenes: 2, duration: 16 }, 2],
    ] as const;
    for (const [workflow, chosen, done] of cases) {
      expect([workflow, rest(workflow, chosen, done, same)]).toEqual([workflow, 'planned']);
      expect([workflow, rest(workflow, chosen, done, withoutGiven)]).toEqual([workflow, 'nothing_left']);
    }
    // The images are there, so only their videos are to be made.
    expect(rest('edit', { change: 'film' }, 1, withoutGiven)).toBe('planned');
    expect(rest('complete', {}, 2, withoutGiven)).toBe('planned');
    expect(rest('story', { scenes: 2, duration: 16 }, 3, withoutGiven)).toBe('planned');
  });

  test('never makes the first frame of a film anew, for which nobody pays', () => {
    expect(rest('edit', { change: 'ending' }, 2, same)).toBe('planned');
    expect(rest('edit', { change: 'ending' }, 2, withoutFirst)).toBe('nothing_left');
    const refunded = (view: RunView): RunView => ({ ...view, run: { ...view.run, unreached: [1] } });
    expect(rest('edit', { change: 'ending' }, 2, refunded)).toBe('nothing_left');
  });
});

/** A finished run whose film has this length. */
function filmed(model: Model, chosen: RunOptions, seconds: number, over: Partial<Step> = {}): RunView {
  const steps = stepsOf(planned(model, 'complete', chosen)).map((step) => stored(step, 'done'));
  const all = steps.map((step, index) => (index === steps.length - 1 ? { ...step, ...over } : step));
  const assets = all.flatMap((step) => (step.kind === 'enhance' ? [] : [{ ...assetFor(step, false), seconds }]));
  return { ...viewOf(all, { workflow: 'complete', options: chosen, state: 'succeeded' }), assets };
}

const filmSeconds = fc.double({ min: 0.5, max: 125, noNaN: true });

describe('Extend', () => {
  test('adds the possible length that is closest to the usual one, and makes no film longer than two minutes', () => {
    const possible = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 });
    fc.assert(
      fc.property(filmSeconds, possible, (seconds, lengths) => {
        const asset = { ...videoAsset, seconds };
        const added = extensionOf({ step: stepOf('video', { state: 'done' }), asset }, lengths);
        const able = lengths.filter(
          (one) => one >= extensionSeconds.min && one <= extensionSeconds.max && seconds + one <= maxExtendedSeconds,
        );
        if (added === null) {
          expect(able).toEqual([]);
          return;
        }
        expect(able).toContain(added);
        const distance = (one: number) => Math.abs(one - extensionSeconds.usual);
        expect(distance(added)).toBe(Math.min(...able.map(distance)));
      }),
    );
  });

  test('is impossible without a film, and for a film of unknown length', () => {
    expect(extensionOf(null, [5, 8, 15])).toBeNull();
    const asset = { ...videoAsset, seconds: null };
    expect(extensionOf({ step: stepOf('video', { state: 'done' }), asset }, [5, 8, 15])).toBeNull();
  });

  test('that is offered can be planned, begins with the film at no price, and costs its row of the table', () => {
    fc.assert(
      fc.property(fc.constantFrom(...models), options, filmSeconds, (model, chosen, seconds) => {
        if (planned(model, 'complete', chosen).outcome !== 'planned') return;
        const view = filmed(model, chosen, seconds);
        const added = extensionSecondsOf({ providers: programs[model] }, view, none);
        if (added === null) {
          // Every model makes a clip of 6 seconds.
          expect(seconds).toBeGreaterThan(maxExtendedSeconds - 6);
          return;
        }
        const more = { ...chosen, duration: added };
        const steps = stepsOf(planned(model, 'extend', more, { how: 'extend', view }));
        expect(steps[0]).toMatchObject({ kind: 'video', priceCredits: 0, takenOver: { asset: { seconds } } });
        expect(steps.slice(1).every(isMade)).toBe(true);
        expect(total(steps)).toBe(priceVideo(more));
        const made = steps.slice(1).filter(({ kind }) => kind === 'video');
        expect(made.reduce((sum, step) => sum + (step.seconds ?? 0), 0)).toBe(added);
      }),
    );
  });

  const usual = runOptions.parse({ duration: 8, resolution: '1080p' });
  const shapeOf = (view: RunView, duration: number, model: Model = 'Omni 1.2') =>
    stepsOf(planned(model, 'extend', { ...usual, duration }, { how: 'extend', view })).map(
      ({ kind, isExtension, seconds }) => `${isExtension ? '+' : ''}${kind} ${seconds}`,
    );

  test('goes on from the interaction of the model that made the film, with the same key and as long as it takes', () => {
    expect(shapeOf(filmed('Omni 1.2', usual, 8), 15)).toEqual(['video 8', '+video 10', '+video 5']);
    expect(shapeOf(filmed('Omni 1.2', usual, 22), 8)).toEqual(['video 22', '+video 8']);
  });

  test.for([
    ['another model', filmed('Omni 1.1', usual, 8), 8],
    ['another key', filmed('Omni 1.2', usual, 8, { keySource: 'workspace' }), 8],
    ['a clip that the provider does not know', filmed('Omni 1.2', usual, 8, { handle: null }), 8],
    ['more than the model may extend', filmed('Omni 1.2', usual, 23), 8],
  ] as const)('goes on from the last frame, and joins, because of %s', ([_, view, duration]) => {
    const seconds = Math.round(view.assets.at(-1)?.seconds ?? 0);
    expect(shapeOf(view, duration)).toEqual([`video ${seconds}`, `video ${duration}`, `join ${seconds + duration}`]);
  });
});

describe('a film or a part of it that reached nobody', () => {
  const providers = createVendor({ journal: '', image: '', video: '' });

  const plan = (workflow: Workflow, options: RunOptions, origin: Origin) =>
    planRun({ providers, byokPricePercent: 100, priceBook: null }, workflow, options, new Set(), { origin });

  const assetOf = (step: number | null, kind: 'image' | 'video', over: Partial<Asset> = {}): Asset => ({
    ...imageAsset,
    step,
    kind,
    seconds: kind === 'video' ? 5 : null,
    objectKey: `runs/x/${kind}-${step}`,
    ...over,
  });

  const at = (number: number, kind: StepKind, inputs: number[], state: Step['state'], over: Partial<Step> = {}): Step =>
    stepOf(kind, { number, inputs, state, ...over });

  /** A story of two scenes of which one clip failed. */
  const partialStory = (unreached: number[] | null): RunView => {
    const options = runOptions.parse({ scenes: 2, duration: 16 });
    const steps = [
      at(1, 'enhance', [], 'done'),
      at(2, 'image', [1], 'done', { scene: 1 }),
      at(3, 'image', [1, 2], 'done', { scene: 2 }),
      at(4, 'video', [1, 2], 'done', { scene: 1, seconds: 8 }),
      at(5, 'video', [1, 3], 'failed', { scene: 2, seconds: 8 }),
      at(6, 'join', [4, 5], 'skipped', { seconds: 16 }),
    ];
    const made = [assetOf(2, 'image'), assetOf(3, 'image'), assetOf(4, 'video')];
    return { ...viewOf(steps, { workflow: 'story', options, state: 'failed', unreached }), assets: made };
  };

  test('Continue takes over what was paid for, and makes anew what nobody received and what was refunded', () => {
    const priced = (view: RunView) => {
      const planned = plan('story', view.run.options, { how: 'continue', view });
      if (planned.outcome !== 'planned') throw new Error(planned.outcome);
      return planned.steps.filter(({ priceCredits }) => priceCredits > 0).map(({ number }) => number);
    };
    expect(priced(partialStory(null))).toEqual([5]);
    expect(priced(partialStory([4]))).toEqual([4, 5]);
    const view = partialStory([2, 3, 4]);
    expect(plan('story', view.run.options, { how: 'continue', view })).toEqual({ outcome: 'nothing_left' });
  });

  test('a film that nobody received, and that was refunded, is not made longer', () => {
    const view = partialStory([4]);
    const options = { ...view.run.options, duration: 8 };
    expect(plan('extend', options, { how: 'extend', view })).toEqual({ outcome: 'nothing_left' });
    expect(plan('extend', options, { how: 'extend', view: partialStory(null) })).toMatchObject({ outcome: 'planned' });
  });

  test('no film is made longer than the longest', () => {
    const view = partialStory(null);
    const long = { ...view, assets: [assetOf(4, 'video', { seconds: 113 })] };
    const longer = (duration: number) =>
      plan('extend', { ...view.run.options, duration }, { how: 'extend', view: long }).outcome;
    expect(longer(5)).toBe('planned');
    expect(longer(8)).toBe('unsupported');
  });
});
