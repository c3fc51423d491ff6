import { expect, test } from 'vitest';
import { progressMessage as discordProgress } from '../../../src/bots/discord/runMessages.ts';
import { progressMessage as slackProgress } from '../../../src/bots/slack/runMessages.ts';
import { cardLines } from '../../../src/bots/stepLines.ts';
import { textOf } from '../../../src/bots/text.ts';
import type { RunView, Step } from '../../../src/db/runs.ts';
import { runOptions } from '../../../src/domain.ts';
import { tablePrices } from '../../../src/pipeline/pricing.ts';
import { progressOf } from '../../../src/pipeline/progress.ts';
import { noCapabilities } from '../../../src/pipeline/providers/provider.ts';
import { planOf } from '../../../src/pipeline/workflows/all.ts';
import { stepOf, viewOf } from '../../support/views.ts';

const text = textOf('en');
const able = {
  ...noCapabilities,
  qualities: ['hd'] as const,
  durations: [3, 4, 5],
  resolutions: ['1080p'] as const,
  references: 1,
};

/** A story of as many scenes as there may be, each of two calls, with the states of some of its steps. */
function story(changed: (step: Step) => Partial<Step>): RunView {
  const options = runOptions.parse({ scenes: 8, duration: 60 });
  const modelOf = () => ({ capabilities: able, prices: tablePrices(100) });
  const outcome = planOf('story', { options, modelOf, film: null, references: 0 });
  if (outcome.outcome === 'refused') throw new Error('the story is possible');
  const steps = outcome.steps.map((planned) => {
    const step = stepOf(planned.kind, { ...planned, inputs: [...planned.inputs], expectedMs: 1_000 });
    return { ...step, ...changed(step) };
  });
  return viewOf(steps, { workflow: 'story', options, prompt: 'x'.repeat(4_000) });
}

const linesOf = (view: RunView) =>
  cardLines(view, progressOf(view, new Date()), text).map(({ label, state }) => `${label} ${state}`);

test('a story has a line for its words, for each scene, and for its film, however many calls it takes', () => {
  const view = story(() => ({}));
  expect(view.steps.length).toBeGreaterThan(30);
  expect(linesOf(view)).toEqual([
    'Prompt waiting',
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((scene) => `Scene ${scene} waiting`),
    'Film waiting',
  ]);
});

test('a scene works from its first step to its last, fails with any of them, and not with a look', () => {
  const view = story(({ scene, kind, inputs }) => {
    if (scene === 1) return { state: 'done' };
    if (scene === 2 && kind === 'image') return { state: 'done' };
    if (scene === 3 && kind === 'video') return { state: 'failed', failure: { kind: 'refused', detail: '' } };
    if (scene === 4 && kind === 'enhance' && inputs.length > 0) return { state: 'failed' };
    return {};
  });
  expect(linesOf(view).slice(1, 6)).toEqual([
    'Scene 1 done',
    'Scene 2 working',
    'Scene 3 failed',
    'Scene 4 working',
    'Scene 5 waiting',
  ]);
});

test('all calls of a film are one line, and several images are one line each', () => {
  const chain = viewOf([
    stepOf('enhance', { state: 'done' }),
    stepOf('image', { state: 'done' }),
    stepOf('video', { number: 3, state: 'done' }),
    stepOf('video', { number: 4, inputs: [3], isExtension: true, state: 'submitted', handle: 1 }),
  ]);
  expect(linesOf(chain)).toEqual(['Prompt done', 'Image done', 'Video working']);
  const variants = viewOf([
    stepOf('enhance', { state: 'done' }),
    stepOf('image', { number: 2, variant: 1, state: 'done' }),
    stepOf('image', { number: 3, variant: 2 }),
  ]);
  expect(linesOf(variants)).toEqual(['Prompt done', 'Image 1 done', 'Image 2 waiting']);
});

/** Every component of a Discord message, with those inside others. */
const componentsIn = (value: unknown): number => {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + componentsIn(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  const own = 'type' in value && typeof value.type === 'number' ? 1 : 0;
  return Object.values(value).reduce((sum: number, one) => sum + componentsIn(one), own);
};

test('the longest story fits into one message of each platform', () => {
  const view = story(({ kind }) => (kind === 'image' ? { state: 'done' } : {}));
  const progress = progressOf(view, new Date());
  const images = view.steps.filter(({ kind }) => kind === 'image');
  const shown = images.map(({ number: step }) => ({ step, isSpoiler: false }));
  const onDiscord = discordProgress(view, progress, text, shown);
  expect(componentsIn(onDiscord.components)).toBeLessThanOrEqual(40);
  expect(JSON.stringify(onDiscord.components).match(/attachment:/g)).toHaveLength(8);
  const onSlack = slackProgress(view, progress, text);
  expect(onSlack.blocks.length).toBeLessThanOrEqual(50);
});
