import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  aspects,
  changes,
  cuts,
  kindsFor,
  maxFrames,
  maxVariants,
  type ProvidedKind,
  qualities,
  resolutions,
  runOptions,
  sceneCounts,
  type Workflow,
  workflows,
} from '../../../../src/domain.ts';
import { priceImage, priceVideo, tablePrices, total } from '../../../../src/pipeline/pricing.ts';
import { type Capabilities, noCapabilities } from '../../../../src/pipeline/providers/provider.ts';
import { planOf } from '../../../../src/pipeline/workflows/all.ts';
import type { Model, PlannedStep } from '../../../../src/pipeline/workflows/plan.ts';

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
const extension = fc.record({
  seconds,
  maxSeconds: fc.integer({ min: 1, max: 60 }),
  resolutions: fc.subarray([...resolutions]),
});
const capabilities: fc.Arbitrary<Capabilities> = fc
  .record({
    aspects: some(aspects),
    qualities: some(qualities),
    durations: seconds,
    resolutions: some(resolutions),
    extension: fc.option(extension, { nil: null }),
    lastFrame: fc.constantFrom<number[]>([], [4], [4, 8]),
    references: fc.nat({ max: 3 }),
    variants: fc.constant(1),
    seed: fc.boolean(),
    fromText: fc.boolean(),
  })
  .map((can) => ({ ...can, durations: [...new Set([...can.durations, ...can.lastFrame])] }));
type Tried = Model & { percent: number };
const model: fc.Arbitrary<Tried> = fc
  .record({ capabilities, percent: fc.constantFrom(100, 100, 50, 33, 0) })
  .map(({ capabilities: able, percent }) => ({ capabilities: able, prices: tablePrices(percent), percent }));
const options = fc
  .record({
    quality: fc.constantFrom(...qualities),
    aspect: fc.constantFrom(...aspects),
    resolution: fc.constantFrom(...resolutions),
    duration: fc.integer({ min: 1, max: 60 }),
    audio: fc.boolean(),
    variants: fc.integer({ min: 1, max: maxVariants }),
    scenes: fc.integer({ min: sceneCounts.min, max: sceneCounts.max }),
    cut: fc.constantFrom(...cuts),
    frames: fc.integer({ min: 1, max: maxFrames }),
    change: fc.constantFrom(...changes),
  })
  .map((chosen) => runOptions.parse(chosen));
const film = fc.record({ seconds: fc.double({ min: 1, max: 60, noNaN: true }), canExtend: fc.boolean() });
const asked = fc.record({
  workflow: fc.constantFrom(...workflows),
  options,
  enhance: model,
  image: model,
  video: model,
  film,
  references: fc.constantFrom(0, 0, 1, 2),
  /** Whether nothing makes images, so that films begin with their words. */
  isTextOnly: fc.boolean(),
});
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

/** A run asks only for the models of the kinds that it needs: there may be no key for the others. */
function planned({ workflow, options: chosen, film: given, references, isTextOnly, ...models }: Asked) {
  const asText = isAsText({ workflow, options: chosen, isTextOnly });
  const needed: readonly string[] = kindsFor(workflow, chosen).filter((kind) => kind !== 'image' || !asText);
  const modelOf = (kind: ProvidedKind): Model => {
    if (!needed.includes(kind)) throw new Error(`${workflow} needs no ${kind}`);
    return models[kind];
  };
  return planOf(workflow, { options: chosen, modelOf, film: given, references, isFromText: asText });
}

const isAsText = ({ workflow, options: { frames }, isTextOnly }: Pick<Asked, 'workflow' | 'options' | 'isTextOnly'>) =>
  isTextOnly && (workflow === 'story' || (workflow === 'complete' && frames === 1));

/** The numbers of images, and whether there are words and a film. */
function partsOf(one: Pick<Asked, 'workflow' | 'options' | 'isTextOnly'>) {
  const { workflow, options: chosen } = one;
  if (isAsText(one)) return { images: 0, words: true, film: true };
  switch (workflow) {
    case 'complete':
      return { images: chosen.frames, words: true, film: chosen.frames === 1 };
    case 'image':
      return { images: chosen.variants, words: true, film: false };
    case 'story':
      return { images: chosen.scenes, words: true, film: true };
    case 'video':
    case 'extend':
      return { images: 0, words: false, film: true };
    case 'edit':
      return {
        images: chosen.change === 'vary' ? chosen.variants : 1,
        words: false,
        film: chosen.change === 'film' || chosen.change === 'ending',
      };
  }
}

/** Whole seconds of a film, by its last clip: an extension has those of the clip before too. */
function secondsOf(steps: readonly PlannedStep[], step: PlannedStep): number {
  const before = step.isExtension
    ? steps.find(({ number, kind }) => kind === 'video' && step.inputs.includes(number))
    : undefined;
  return (step.seconds ?? 0) + (before ? secondsOf(steps, before) : 0);
}

test('every plan is acyclic, made of its own steps, and priced to the credit, and the same facts give the same plan', () => {
  let accepted = 0;
  fc.assert(
    fc.property(asked, (one) => {
      const outcome = planned(one);
      expect(planned(one)).toEqual(outcome);
      if (outcome.outcome === 'refused') return;
      accepted += 1;
      const { steps } = outcome;
      for (const [at, step] of steps.entries()) {
        expect(step.number).toBe(at + 1);
        expect(new Set(step.inputs).size).toBe(step.inputs.length);
        for (const input of step.inputs) expect(input >= 1 && input < step.number).toBe(true);
        expect(Number.isInteger(step.priceCredits) && step.priceCredits >= 0).toBe(true);
      }
      const { workflow, options: chosen } = one;
      const percent = (credits: number, { percent: of }: Tried) => Math.ceil((credits * of) / 100);
      const { images, words, film: hasFilm } = partsOf(one);
      const films = hasFilm ? percent(priceVideo(chosen), one.video) : 0;
      const enhanced = words ? percent(1, one.enhance) : 0;
      expect(total(steps)).toBe(enhanced + images * percent(priceImage(chosen), one.image) + films);
      // The first frame of a film that gets another ending is there already.
      const taken = workflow === 'edit' && chosen.change === 'ending' ? 1 : 0;
      expect(steps.filter(({ kind }) => kind === 'image')).toHaveLength(images + taken);
      // Nothing that is made is left out of the result: only images, and the last video or join, have no user.
      const unused = steps.filter(({ number }) => !steps.some(({ inputs }) => inputs.includes(number)));
      expect(unused).toHaveLength(hasFilm ? 1 : images);
    }),
    { numRuns: 800 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test('no step asks its model for what it cannot do, and every film has exactly the seconds that were asked for', () => {
  fc.assert(
    fc.property(asked, (one) => {
      const outcome = planned(one);
      if (outcome.outcome === 'refused') {
        const { option, value, allowed } = outcome.refusal;
        expect(allowed).not.toContain(value);
        if (option === 'references') expect(value).toBe(one.references + (one.workflow === 'edit' ? 1 : 0));
        else if (option === 'frames') expect(value).toBe(one.options.frames);
        else if (option === 'ending') expect(one.video.capabilities.lastFrame).toEqual([]);
        else expect(one.options[option]).toBe(value);
        return;
      }
      const { steps } = outcome;
      const { workflow, options: chosen } = one;
      for (const step of steps) {
        const inputs = steps.filter(({ number }) => step.inputs.includes(number));
        if (step.kind === 'enhance' && inputs.length > 0)
          expect(one.enhance.capabilities.references).toBeGreaterThan(0);
        if (step.kind === 'image') {
          expect(one.image.capabilities.aspects).toContain(chosen.aspect);
          expect(one.image.capabilities.qualities).toContain(chosen.quality);
          const scenes = inputs.filter(({ kind }) => kind === 'image');
          const pictures = scenes.length + one.references + (workflow === 'edit' ? 1 : 0);
          const isMade = !(workflow === 'edit' && chosen.change === 'ending' && step.number === 1);
          if (isMade) expect(pictures).toBeLessThanOrEqual(one.image.capabilities.references);
        }
        if (step.kind === 'video' && !(workflow === 'extend' && step.number === 1)) {
          const can = one.video.capabilities;
          const before = inputs.find(({ kind }) => kind === 'video');
          expect(step.isExtension ? can.extension?.seconds : can.durations).toContain(step.seconds);
          expect(step.isExtension ? can.extension?.resolutions : can.resolutions).toContain(chosen.resolution);
          if (step.isExtension) expect(before).toBeDefined();
          // Only where nothing makes images is there a film that begins with words.
          const isText = inputs.every(({ kind }) => kind === 'enhance') && workflow !== 'video';
          expect(isText).toBe(isAsText(one) && before === undefined);
          if (step.isExtension)
            expect(secondsOf(steps, step)).toBeLessThanOrEqual((can.extension?.maxSeconds ?? 0) + 0.5);
        }
      }
      if (!partsOf(one).film) return;
      const last = steps.at(-1);
      const clips =
        last?.kind === 'join' ? steps.filter(({ number }) => last.inputs.includes(number)) : last ? [last] : [];
      const whole = clips.reduce((sum, clip) => sum + secondsOf(steps, clip), 0);
      expect(whole).toBe(chosen.duration + (workflow === 'extend' ? Math.round(one.film.seconds) : 0));
    }),
    { numRuns: 800 },
  );
});

test('a story refers every scene to its first, looks at every frame, and joins its clips in order', () => {
  const able: Capabilities = {
    ...noCapabilities,
    qualities: ['hd'],
    durations: [3, 5, 8],
    resolutions: ['1080p'],
    references: 1,
  };
  const outcome = planOf('story', {
    options: runOptions.parse({ scenes: 3, duration: 15 }),
    modelOf: () => ({ capabilities: able, prices: tablePrices(100) }),
    film: null,
    references: 0,
  });
  if (outcome.outcome === 'refused') throw new Error('the story is possible');
  expect(outcome.steps.map(({ kind, inputs, scene, seconds: length }) => [kind, inputs, scene, length])).toEqual([
    ['enhance', [], null, null],
    ['image', [1], 1, null],
    ['image', [1, 2], 2, null],
    ['image', [1, 2], 3, null],
    ['enhance', [1, 2], 1, null],
    ['video', [5, 2], 1, 5],
    ['enhance', [1, 3], 2, null],
    ['video', [7, 3], 2, 5],
    ['enhance', [1, 4], 3, null],
    ['video', [9, 4], 3, 5],
    ['join', [6, 8, 10], null, 15],
  ]);
});

test('several frames have no film, no need of a video model, and one set of words', () => {
  const able: Capabilities = { ...noCapabilities, qualities: ['hd'], references: 4 };
  const outcome = planOf('complete', {
    options: runOptions.parse({ frames: 3 }),
    modelOf: (kind) => {
      if (kind === 'video') throw new Error('nobody has chosen a frame yet');
      return { capabilities: able, prices: tablePrices(100) };
    },
    film: null,
    references: 4,
  });
  if (outcome.outcome === 'refused') throw new Error('the frames are possible');
  expect(outcome.steps.map(({ kind, inputs, variant, priceCredits }) => [kind, inputs, variant, priceCredits])).toEqual(
    [
      ['enhance', [], null, 1],
      ['image', [1], 1, 5],
      ['image', [1], 2, 5],
      ['image', [1], 3, 5],
    ],
  );
});

test('more pictures than the model takes are refused, and a story gives up the reference to its first scene for the cast', () => {
  const plan = (workflow: Workflow, references: number) =>
    planOf(workflow, {
      options: runOptions.parse({ scenes: 2, duration: 16, frames: 2 }),
      modelOf: () => ({
        capabilities: {
          ...noCapabilities,
          qualities: ['hd'],
          durations: [8],
          resolutions: ['1080p'],
          references: 2,
        },
        prices: tablePrices(100),
      }),
      film: null,
      references,
    });
  const refused = (value: number, max: number) => ({
    outcome: 'refused',
    refusal: { option: 'references', value, allowed: [max] },
  });
  for (const workflow of ['complete', 'image', 'story'] as const) {
    expect(plan(workflow, 2).outcome, workflow).toBe('planned');
    expect(plan(workflow, 3), workflow).toMatchObject(refused(3, 2));
  }
  // The picture that an edit changes takes one place.
  expect(plan('edit', 1).outcome).toBe('planned');
  expect(plan('edit', 2)).toMatchObject(refused(3, 2));
  // A first frame leaves room for none.
  expect(plan('video', 1)).toMatchObject(refused(1, 0));
  const inputsOf = (references: number) => {
    const outcome = plan('story', references);
    if (outcome.outcome === 'refused') throw new Error('the story is possible');
    return outcome.steps.filter(({ kind }) => kind === 'image').map(({ inputs }) => inputs);
  };
  expect(inputsOf(1)).toEqual([[1], [1, 2]]);
  expect(inputsOf(2)).toEqual([[1], [1]]);
});
