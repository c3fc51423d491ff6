import type { Db } from '../db/client.ts';
import type { RunView } from '../db/runs.ts';
import { settingsOf } from '../db/workspaces.ts';
import { aspects, type ProvidedKind, type RunOptions, runOptions, type Workflow, type WorkspaceId } from '../domain.ts';
import { withAbleDefaults } from './ableDefaults.ts';
import { filmOf, givenOf } from './graph.ts';
import type { Keys } from './keys.ts';
import { listPrices, pricedBy } from './listPrices.ts';
import { type AnyService, type ModelChoice, neededKinds, resolveModels, type WordRefusal } from './models.ts';
import { offerOf } from './offer.ts';
import {
  type Beginning,
  extensionOf,
  firstFrameOf,
  type GivenOptions,
  imagesOf,
  isUnfinished,
  type Plan,
  type PlanDeps,
  planRun,
  pricesByKind,
  referencesOf,
} from './plan.ts';
import { total } from './pricing.ts';
import { wishOf } from './wish.ts';
import { lengthsOf } from './workflows/chain.ts';

/** The reason why a run cannot be started with its options. */
export type Obstacle = Exclude<Plan, { outcome: 'planned' }> | WordRefusal;

export type Quote = {
  price: number;
  options: RunOptions;
  /** The price by kind of step. */
  steps: readonly { kind: ProvidedKind; priceCredits: number }[];
  /** The reason why the run is not possible. `price` is then the price without that reason. */
  obstacle: Obstacle | null;
};

/** The price that a submission would have, in credits, and the options that it would run with. */
export async function quote(
  deps: PlanDeps & { db: Db; keys: Pick<Keys, 'of'> },
  workspaceId: WorkspaceId,
  workflow: Workflow,
  chosen: GivenOptions,
  beginning: Beginning = {},
): Promise<Quote> {
  const settings = await settingsOf(deps.db, workspaceId);
  const brought = await deps.keys.of(workspaceId);
  const { options, refusal } = wishOf(deps.providers, brought, workflow, settings, chosen);
  const { allowedModels: allowed } = settings;
  const plan = (shaped: RunOptions) => planRun(deps, workflow, shaped, brought, { ...beginning, allowed });
  // A changed image keeps its shape, which nobody knows yet. The price is that of the dearest one.
  const isOpen = workflow === 'edit' && chosen.aspect === undefined;
  const planned = refusal ?? (isOpen ? dearest(aspects.map((aspect) => plan({ ...options, aspect }))) : plan(options));
  const priced = pricedBy(deps, brought, { words: options.models, allowed });
  const steps =
    planned.outcome === 'planned'
      ? pricesByKind(planned.steps)
      : listPrices(workflow, options, priced, beginning.references);
  return { options, steps, price: total(steps), obstacle: planned.outcome === 'planned' ? null : planned };
}

/** The plan with the highest price. If none is possible, the first one. */
function dearest(plans: readonly Plan[]): Plan {
  const [first, ...others] = plans;
  if (!first) throw new Error('no plan to compare');
  const priceOf = (plan: Plan) => (plan.outcome === 'planned' ? total(plan.steps) : -1);
  return others.reduce((best, one) => (priceOf(one) > priceOf(best) ? one : best), first);
}

/** The ways in which a button makes a new run of a result, or of a run. */
const nextKinds = [
  'again',
  'animate',
  'vary',
  'better',
  'change',
  'changeFilm',
  'remix',
  'lastFrame',
  'ending',
  'extend',
  'continue',
] as const;
export type NextKind = (typeof nextKinds)[number];

/**
 * The prices of new runs based on this one, in credits. Null if such a run is not possible. `animate` is also the price of another
 * motion. It is the same for each image of the run, and so are those of `vary`, `better`, `change` and `remix`. `changeFilm` is the
 * price of a changed image and a video of it.
 */
export type NextPrices = Record<NextKind, number | null> & {
  /** By how many seconds the film would be longer. */
  extendSeconds: number | null;
};

/** The run's options are complete, so of the settings only the allowed models change these prices. */
export async function nextPrices(
  deps: PlanDeps & { db: Db; keys: Pick<Keys, 'of'> },
  view: RunView,
): Promise<NextPrices> {
  const { run } = view;
  const brought = await deps.keys.of(run.workspaceId);
  const { allowedModels: allowed } = await settingsOf(deps.db, run.workspaceId);
  const priceOf = (workflow: Workflow, options: RunOptions, beginning: Beginning = {}): number | null => {
    const planned = planRun(deps, workflow, options, brought, { ...beginning, allowed });
    return planned.outcome === 'planned' ? total(planned.steps) : null;
  };
  const { extend, again, vary, better, change, remix } = nextOptions(view);
  const { film, changeFilm } = filmOptions(deps, view, brought, allowed);
  const ending = endingOptions(deps, view, brought, allowed);
  // These keep the prompt, so their images follow the same cast.
  const named = { references: referencesOf('edit', run.cast, false) };
  const seconds = extensionSecondsOf(deps, view, brought, allowed);
  return {
    again: again && priceOf(run.workflow, again, { references: ownReferences(view) }),
    animate: priceOf('video', film),
    vary: priceOf('edit', vary, named),
    better: run.options.quality === 'hd' && run.workflow !== 'video' ? null : priceOf('edit', better, named),
    change: priceOf('edit', change),
    changeFilm: priceOf('edit', changeFilm),
    remix: priceOf(remixWorkflow(view), remix, { references: 1 }),
    lastFrame: priceOf('video', film),
    ending: ending && priceOf('edit', ending, { origin: { how: 'ending', view } }),
    extend:
      seconds === null
        ? null
        : priceOf('extend', { ...extend, duration: seconds }, { origin: { how: 'extend', view } }),
    continue: isUnfinished(view)
      ? priceOf(run.workflow, run.options, { origin: { how: 'continue', view }, references: ownReferences(view) })
      : null,
    extendSeconds: seconds,
  };
}

/**
 * The plan of a new run that changes a result of this one, or the reason why there is none. `references`: how many pictures of the
 * cast its words name.
 */
export async function planChange(
  deps: PlanDeps & { db: Db; keys: Pick<Keys, 'of'> },
  view: RunView,
  kind: 'animate' | 'change' | 'changeFilm' | 'ending',
  references: number,
): Promise<Plan> {
  const brought = await deps.keys.of(view.run.workspaceId);
  const { allowedModels: allowed } = await settingsOf(deps.db, view.run.workspaceId);
  const { change, ending } = nextOptions(view);
  const { film, changeFilm } = filmOptions(deps, view, brought, allowed);
  switch (kind) {
    case 'animate':
      return planRun(deps, 'video', film, brought, { references, allowed });
    case 'change':
      return planRun(deps, 'edit', change, brought, { references, allowed });
    case 'changeFilm':
      return planRun(deps, 'edit', changeFilm, brought, { references, allowed });
    case 'ending':
      return planRun(deps, 'edit', endingOptions(deps, view, brought, allowed) ?? ending, brought, {
        origin: { how: 'ending', view },
        references,
        allowed,
      });
  }
}

/** The options of the runs that a button makes of a run. `again` is null if such a run needs another one. */
export function nextOptions({ run }: Pick<RunView, 'run'>) {
  const { options, workflow } = run;
  const still = { ...options, motion: null, variants: 1, frames: 1, duration: usualOf({ run }) };
  const isEnding = workflow === 'edit' && options.change === 'ending';
  return {
    again: workflow === 'extend' || isEnding ? null : options,
    /** A video of one image. {@link filmOptions} fits it to the model. */
    film: { ...still, change: 'picture' },
    vary: { ...still, change: 'vary', variants: workflow === 'story' ? 1 : Math.max(1, imagesOf(workflow, options)) },
    better: { ...still, change: 'better', quality: 'hd' },
    change: { ...still, change: 'picture' },
    changeFilm: { ...still, change: 'film' },
    remix: { ...still, change: 'picture' },
    ending: { ...still, change: 'ending' },
    extend: { ...still, change: 'picture' },
  } as const satisfies Record<string, RunOptions | null>;
}

/**
 * The options of the runs that make a film of an image, or of a changed one. A run without a film has never asked its model for a length or
 * a size, so those that the model cannot make become the nearest ones that it can.
 */
export function filmOptions(
  { providers }: Pick<PlanDeps, 'providers'>,
  view: Pick<RunView, 'run'>,
  brought: Awaited<ReturnType<Keys['of']>>,
  allowed: readonly string[],
): { film: RunOptions; changeFilm: RunOptions } {
  const { film, changeFilm } = nextOptions(view);
  const { workflow, options } = view.run;
  if (neededKinds(workflow, options).includes('video')) return { film, changeFilm };
  const choice = { words: options.models, allowed };
  const can = videoModelOf(providers, brought, choice)?.provider.capabilities;
  const isAble = can?.resolutions.includes(film.resolution) && lengthsOf(can, film.resolution).includes(film.duration);
  if (isAble) return { film, changeFilm };
  const offer = offerOf(providers, 'video', brought, choice);
  const fitted = (one: RunOptions) => withAbleDefaults(one, [], offer);
  return { film: fitted(film), changeFilm: fitted(changeFilm) };
}

/** The model that would make a film. */
function videoModelOf(
  providers: PlanDeps['providers'],
  brought: Awaited<ReturnType<Keys['of']>>,
  choice: ModelChoice,
): AnyService | null {
  const resolved = resolveModels(providers, brought, choice, ['video']);
  const wished = resolved.outcome === 'resolved' ? resolved.services.get('video') : null;
  return wished ?? providers.choose('video', brought);
}

/**
 * The options of the run that makes a film again with another ending, in the length that is closest to the film's own among those that
 * the model can make between two frames. Null if the first frame is gone, or if the film is more than one clip: what happens between
 * would be lost.
 */
export function endingOptions(
  { providers }: Pick<PlanDeps, 'providers'>,
  view: RunView,
  brought: Awaited<ReturnType<Keys['of']>>,
  allowed: readonly string[],
): RunOptions | null {
  const isOneClip = view.steps.filter(({ kind, state }) => kind === 'video' && state === 'done').length === 1;
  if (!isOneClip || !firstFrameOf(view)) return null;
  const { ending } = nextOptions(view);
  const model = videoModelOf(providers, brought, { words: ending.models, allowed });
  const possible = model?.provider.capabilities.lastFrame ?? [];
  const [nearest] = [...possible].sort((a, b) => Math.abs(a - ending.duration) - Math.abs(b - ending.duration));
  return { ...ending, duration: nearest ?? ending.duration };
}

/** The number of pictures that the images of a run follow. */
const ownReferences = (view: Pick<RunView, 'run' | 'assets'>): number =>
  referencesOf(view.run.workflow, view.run.cast, givenOf(view) !== null);

/** The length of a video of one image. A story is longer, and *Extend* adds fewer seconds. */
const usualOf = ({ run: { workflow, options } }: Pick<RunView, 'run'>): number =>
  workflow === 'story' || workflow === 'extend' ? usualSeconds : options.duration;

/** A remix of a run with a film has one, too. */
export const remixWorkflow = ({ run }: Pick<RunView, 'run'>): 'complete' | 'image' =>
  (run.workflow === 'complete' && run.options.frames === 1) || run.workflow === 'story' ? 'complete' : 'image';

const usualSeconds = runOptions.parse({}).duration;

/** By how many seconds *Extend* makes the film of a run longer. Null if it has none, or if the model cannot. */
export const extensionSecondsOf = (
  { providers }: Pick<PlanDeps, 'providers'>,
  view: RunView,
  brought: Awaited<ReturnType<Keys['of']>>,
  allowed: readonly string[] = [],
): number | null =>
  extensionOf(
    filmOf(view),
    offerOf(providers, 'extend', brought, { words: view.run.options.models, allowed }).duration,
  );
