import type { NewStep } from '../db/insertRun.ts';
import type { Asset, RunView, Step } from '../db/runs.ts';
import type { Work } from '../db/usualDurations.ts';
import {
  type CastEntry,
  extensionSeconds,
  maxExtendedSeconds,
  type ProvidedKind,
  providedKinds,
  type RunOptions,
  runOptions,
  type Workflow,
} from '../domain.ts';
import { isFromText, kindsWith } from './fromText.ts';
import { assetOf, filmOf, givenOf, isRefunded } from './graph.ts';
import { type AnyService, neededKinds, type Resolved, resolveModels } from './models.ts';
import { total } from './pricing.ts';
import type { Providers, Vendors } from './providers/registry.ts';
import { type PriceDeps, stepPricesOf } from './stepPrices.ts';
import { planOf } from './workflows/all.ts';
import type { Model, PlannedStep, PlanRefusal } from './workflows/plan.ts';
import { storySeconds } from './workflows/story.ts';

/** The parts of the program that planning needs. */
export type PlanDeps = PriceDeps & { providers: Pick<Providers, 'choose' | 'models' | 'aliases' | 'ableToFollow'> };

/**
 * The run that a new one begins with. `extend` makes its film longer. `continue` takes over what it has done, and makes only the
 * rest. `ending` takes over the first frame of its film.
 */
export type Origin = { how: 'extend' | 'continue' | 'ending'; view: RunView };

/**
 * What a run begins with besides its options. `references`: how many pictures its images follow. `allowed`: the models that its
 * workspace allows; left out, or an empty list, allows all.
 */
export type Beginning = { origin?: Origin | null; references?: number; allowed?: readonly string[] };

/** An option that the chosen model does not support. It is found before any credits are held. */
type Unsupported = {
  outcome: 'unsupported';
  /** The kind of step whose model cannot do it. */
  kind: ProvidedKind;
  option: PlanRefusal['option'];
  value: string | number;
  allowed: readonly (string | number)[];
  provider: string;
  model: string;
  /** A model that could do it, if one is known. */
  able: string | null;
};

export type Plan =
  | {
      outcome: 'planned';
      steps: NewStep[];
      /** The models that were asked for or allowed, by their own names: runs that buttons make of this one use them again. */
      models: string[];
    }
  | Unsupported
  | Exclude<Resolved, { outcome: 'resolved' }>
  /** There is no key for this step: the workspace has none, and the operator has none. */
  | { outcome: 'no_key'; step: ProvidedKind }
  /** The film to make longer, or the results to go on from, are not there any more. */
  | { outcome: 'nothing_left' };

/** The options of a run: the member's choices, then the workspace's settings, then the product's defaults. */
export function optionsOf(workflow: Workflow, defaults: GivenOptions, chosen: GivenOptions): RunOptions {
  // A workspace sets the usual length of a clip, and a story has several. A changed image keeps its shape, and none costs more than
  // a wide one.
  const usual =
    workflow === 'story' ? { duration: storySeconds.usual } : workflow === 'edit' ? { aspect: 'wide' as const } : {};
  const options = runOptions.parse({ ...given(defaults), ...usual, ...given(chosen) });
  // Only `complete` has a video to put off.
  return workflow === 'complete' ? options : { ...options, frames: 1 };
}

export type GivenOptions = { [Option in keyof RunOptions]?: RunOptions[Option] | undefined };

/** Keeps only options with a value: an option left out must not overwrite a default. */
const given = (options: GivenOptions) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** The steps of a run, each with its provider, its key source and its price; or the reason why there are none. */
export function planRun(
  deps: PlanDeps,
  workflow: Workflow,
  options: RunOptions,
  workspaceKeys: Vendors,
  { origin = null, references = 0, allowed = [] }: Beginning = {},
): Plan {
  const choice = { words: options.models, allowed };
  const resolved = resolveModels(deps.providers, workspaceKeys, choice, neededKinds(workflow, options));
  if (resolved.outcome !== 'resolved') return resolved;
  const models = [...new Set([...resolved.services.values()].map(({ provider }) => provider.model))];
  const choose = (kind: ProvidedKind): AnyService | null =>
    resolved.services.get(kind) ?? deps.providers.choose(kind, workspaceKeys);
  const services = new Map<ProvidedKind, AnyService>();
  for (const kind of kindsWith(workflow, options, choose)) {
    const service = choose(kind);
    if (!service) return withoutService(workflow, options, kind, choose);
    services.set(kind, service);
  }
  const serviceOf = (kind: ProvidedKind): AnyService => {
    const service = services.get(kind);
    if (!service) throw new Error(`${workflow} has no step of the kind ${kind}`);
    return service;
  };
  const modelOf = (kind: ProvidedKind): Model => {
    const service = serviceOf(kind);
    const prices = stepPricesOf(deps, service, kind, workspaceKeys);
    return { capabilities: service.provider.capabilities, prices };
  };
  const given = origin && workflow === 'extend' ? givenFilm(origin) : null;
  if (workflow === 'extend' && !given) return { outcome: 'nothing_left' };
  const film = given && { seconds: given.asset.seconds ?? 0, canExtend: canExtend(given.step, serviceOf('video')) };
  const frame = origin?.how === 'ending' ? firstFrameOf(origin.view) : null;
  if (origin?.how === 'ending' && !frame) return { outcome: 'nothing_left' };
  // Frames are made for a video, so one that no press could make is refused before they are paid for.
  const later = workflow === 'complete' && options.frames > 1 && !origin ? choose('video') : null;
  if (later) services.set('video', later);
  const afterwards = later && planOf('video', { options, modelOf, film: null, references: 0 });
  const input = { options, modelOf, film, references, isFromText: isFromText(workflow, options, choose) };
  const planned = afterwards?.outcome === 'refused' ? afterwards : planOf(workflow, input);
  if (planned.outcome === 'refused') {
    const { kind, option, value, allowed } = planned.refusal;
    const { id, model } = serviceOf(kind).provider;
    const able = option === 'references' ? deps.providers.ableToFollow(Number(value)) : null;
    return { outcome: 'unsupported', kind, option, value, allowed, provider: id, model, able };
  }
  const steps = planned.steps.map((step) => newStep(step, options, serviceOf));
  if (!origin) return { outcome: 'planned', steps, models };
  const first: Still | null = given ?? frame;
  const taken =
    origin.how === 'continue'
      ? continued(origin.view, steps)
      : steps.map((step, at) => (at === 0 && first ? takenFrom(first.step ?? ownWork, first.asset, step) : step));
  return taken ? { outcome: 'planned', steps: taken, models } : { outcome: 'nothing_left' };
}

/**
 * The refusal of a run for whose step nothing is there. If only images to choose from are too much to ask for, because the films begin with
 * words here, it says that.
 */
function withoutService(
  workflow: Workflow,
  options: RunOptions,
  step: ProvidedKind,
  choose: (kind: ProvidedKind) => AnyService | null,
): Plan {
  const video = choose('video');
  const isTooMuch = step === 'image' && workflow === 'complete' && isFromText(workflow, { frames: 1 }, choose);
  if (!isTooMuch || !video) return { outcome: 'no_key', step };
  const { id: provider, model } = video.provider;
  return {
    outcome: 'unsupported',
    kind: 'video',
    option: 'frames',
    value: options.frames,
    allowed: [1],
    provider,
    model,
    able: null,
  };
}

/** Sets the expected durations of steps to what such steps have usually taken, as far as that is known. */
export const withUsualDurations = (
  usualMs: (work: Work) => Promise<number | null>,
  steps: readonly NewStep[],
): Promise<NewStep[]> =>
  Promise.all(
    steps.map(async (step) => ({ ...step, expectedMs: Math.round((await usualMs(step)) ?? step.expectedMs) })),
  );

/** Joining is VidGenie's own work. */
const ownProvider = { provider: 'vidgenie', model: 'join', keySource: 'none' } as const;
/** In milliseconds. A first guess for each second of a film to join. */
const joinMsPerSecond = 150;

function newStep(step: PlannedStep, options: RunOptions, serviceOf: (kind: ProvidedKind) => AnyService): NewStep {
  const { kind, seconds } = step;
  const work = { ...step, size: sizeOf(step, options), takenOver: null };
  if (kind === 'join') return { ...work, ...ownProvider, expectedMs: joinMsPerSecond * (seconds ?? 0) };
  const { provider, keySource } = serviceOf(kind);
  const expectedMs = Math.round(provider.expectedMs({ ...options, duration: seconds ?? options.duration }));
  return { ...work, provider: provider.id, model: provider.model, keySource, expectedMs };
}

/** The size of a step's result. The usual duration depends on it besides the model. */
function sizeOf({ kind, inputs, seconds, isExtension }: PlannedStep, options: RunOptions): string {
  const { quality, aspect, resolution, duration, cut } = options;
  switch (kind) {
    case 'enhance':
      return inputs.length > 0 ? 'look' : '';
    case 'image':
      return `${quality} ${aspect}${inputs.length > 1 ? ' reference' : ''}`;
    case 'video':
      return `${resolution} ${isExtension ? '+' : ''}${seconds ?? duration}s`;
    case 'join':
      return `${resolution} ${seconds}s ${cut}`;
  }
}

type Film = { step: Step; asset: Asset };

/** An image that still exists, and the step that made it. Null: a member gave it. */
export type Still = { step: Step | null; asset: Asset };

/** The image with which the film of a run begins, if it still exists. */
export function firstFrameOf(view: RunView): Still | null {
  if (view.run.deletedAt) return null;
  const step = view.steps.find(({ kind, state }) => kind === 'image' && state === 'done') ?? null;
  if (step && isRefunded(view, step)) return null;
  const asset = step ? assetOf(view, step) : view.run.workflow === 'video' ? givenOf(view) : null;
  return asset && asset.removedAt === null ? { step, asset } : null;
}

/** The film that an `extend` run makes longer: the result of its origin, or what an unfinished `extend` run began with. */
function givenFilm({ how, view }: Origin): Film | null {
  if (view.run.deletedAt) return null;
  if (how === 'extend') {
    const film = filmOf(view);
    return film && !isRefunded(view, film.step) ? film : null;
  }
  const [step] = view.steps;
  const asset = step && assetOf(view, step);
  return asset && asset.removedAt === null ? { step, asset } : null;
}

/** Whether a model has made a clip itself, with the same key, and still knows it. */
const canExtend = (clip: Step, { provider, keySource }: AnyService): boolean =>
  clip.handle !== null &&
  clip.provider === provider.id &&
  clip.model === provider.model &&
  clip.keySource === keySource;

/** By how many seconds *Extend* makes a film longer: the possible length that is closest to the usual one. Null: it cannot. */
export function extensionOf(film: Film | null, possible: readonly number[]): number | null {
  const room = film ? maxExtendedSeconds - (film.asset.seconds ?? maxExtendedSeconds) : 0;
  const { min, max, usual } = extensionSeconds;
  const able = possible.filter((seconds) => seconds >= min && seconds <= max && seconds <= room);
  return able.sort((a, b) => Math.abs(a - usual) - Math.abs(b - usual)).at(0) ?? null;
}

type Made = Pick<Step, 'provider' | 'model' | 'keySource' | 'handle' | 'enhanced'>;

/** An image that a member gave has no provider. */
const ownWork: Made = { provider: 'vidgenie', model: 'given', keySource: 'none', handle: null, enhanced: null };

/** A done step of another run, at no price. */
const takenFrom = (step: Made, asset: Asset | null, as: NewStep): NewStep => ({
  ...as,
  provider: step.provider,
  model: step.model,
  keySource: step.keySource,
  priceCredits: 0,
  takenOver: { handle: step.handle, enhanced: step.enhanced, asset },
});

/**
 * The steps of a run that goes on from another one. What is done is taken over at no price if the plan is still the same there, and
 * what nothing needs any more is skipped. Null if nothing can be taken over, or if nothing is left to make.
 */
function continued(view: RunView, steps: readonly NewStep[]): NewStep[] | null {
  if (view.run.deletedAt) return null;
  const taken: NewStep[] = [];
  for (const step of steps) {
    const done = view.steps.find((one) => one.number === step.number && one.state === 'done' && isSame(one, step));
    taken.push((done && takenIfWhole(view, done, step, taken)) ?? step);
  }
  const isDone = ({ takenOver }: NewStep) => takenOver !== null;
  for (const step of taken.toReversed()) {
    if (isDone(step)) continue;
    const users = taken.filter(({ inputs }) => inputs.includes(step.number));
    if (users.length > 0 && users.every(isDone)) {
      taken[step.number - 1] = { ...step, priceCredits: 0, takenOver: 'skipped' };
    }
  }
  if (lacksBeginning(view, taken)) return null;
  const hasMedia = taken.some(
    ({ kind, takenOver }) => kind !== 'enhance' && takenOver !== null && takenOver !== 'skipped',
  );
  return hasMedia && !taken.every(isDone) ? taken : null;
}

/**
 * Whether a step that is still to be made begins with an image that is not there any more: with the one that a member gave, or with
 * the first frame of a film that gets another ending. Nobody makes these anew.
 */
function lacksBeginning(view: RunView, steps: readonly NewStep[]): boolean {
  const { workflow, options } = view.run;
  const made = steps.filter(({ takenOver }) => takenOver === null);
  if (workflow === 'edit' && options.change === 'ending' && made.some(({ number }) => number === 1)) return true;
  const given = givenOf(view);
  if (!given || given.removedAt === null) return false;
  return made.some(({ kind, inputs }) => kind === 'image' || (kind === 'video' && inputs.length === 0));
}

/**
 * A film is made anew if one of its clips is. So is a clip that begins with a clip or a frame that is, and so are the words for such
 * a frame. Null: the step has to be made.
 */
function takenIfWhole(view: RunView, done: Step, step: NewStep, taken: readonly NewStep[]): NewStep | null {
  if (isRefunded(view, done)) return null;
  const isAnew = taken.some((one) => {
    const isPart = one.takenOver === null && step.inputs.includes(one.number);
    return isPart && one.kind !== 'enhance' && step.kind !== 'image';
  });
  if (isAnew) return null;
  if (done.kind === 'enhance') return takenFrom(done, null, step);
  const asset = assetOf(view, done);
  return asset && asset.removedAt === null ? takenFrom(done, asset, step) : null;
}

const isSame = (one: Step, planned: NewStep): boolean =>
  one.kind === planned.kind &&
  one.scene === planned.scene &&
  one.variant === planned.variant &&
  (one.seconds ?? planned.seconds) === planned.seconds &&
  one.isExtension === planned.isExtension &&
  one.inputs.join() === planned.inputs.join();

/** Whether a run ended with some of its results, so that another one may go on from there. */
export const isUnfinished = ({ run, steps }: RunView): boolean =>
  (run.state === 'failed' || run.state === 'canceled') &&
  run.deletedAt === null &&
  steps.some(({ kind, state }) => kind !== 'enhance' && state === 'done');

/**
 * The number of pictures that the images of a run follow: those of the cast, and the one that a member gave. A `video` run begins with
 * that one, and an `edit` run changes it.
 */
export function referencesOf(workflow: Workflow, cast: readonly CastEntry[], isGiven: boolean): number {
  const isReference = workflow === 'complete' || workflow === 'image' || workflow === 'story';
  return (isGiven && isReference ? 1 : 0) + cast.reduce((sum, { images }) => sum + images.length, 0);
}

/** The number of images that a run makes. */
export function imagesOf(workflow: Workflow, { scenes, variants, frames, change }: RunOptions): number {
  switch (workflow) {
    case 'story':
      return scenes;
    case 'image':
      return variants;
    case 'complete':
      return frames;
    case 'edit':
      return change === 'vary' ? variants : 1;
    case 'video':
    case 'extend':
      return 0;
  }
}

/** The prices of a plan, added up by kind of step. Steps without a price of their own are left out. */
export function pricesByKind(steps: readonly NewStep[]): { kind: ProvidedKind; priceCredits: number }[] {
  return providedKinds.flatMap((kind) => {
    const own = steps.filter((step) => step.kind === kind);
    return own.length > 0 ? [{ kind, priceCredits: total(own) }] : [];
  });
}
