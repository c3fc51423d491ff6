import type { Asset, RunView, Step } from '../db/runs.ts';

/** The graph of a run: which steps are made from which, and what is left of it after a failure. */

/** The steps that a step is made from. */
export const inputsOf = ({ steps }: Pick<RunView, 'steps'>, { inputs }: Pick<Step, 'inputs'>): Step[] =>
  steps.filter(({ number }) => inputs.includes(number));

/**
 * True if the step can never be performed, because what it is made from has failed. A video needs its first frame or the clip
 * before it, and `enhance` needs the frame that it looks at. Words and references are a help: without them a step goes on with less.
 */
export function isBlocked(view: Pick<RunView, 'steps'>, step: Step): boolean {
  if (step.state !== 'pending') return false;
  if (step.kind === 'join') return joinable(view, step).length < 2;
  return inputsOf(view, step).some((input) => isNeeded(step, input) && isLost(view, input));
}

/** True if all that a step is made from is there, or will never be. */
export const isReady = (view: Pick<RunView, 'steps'>, step: Step): boolean =>
  inputsOf(view, step).every((input) => isOver(input) || isBlocked(view, input));

export const isOver = ({ state }: Pick<Step, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'skipped';

const isNeeded = (step: Step, input: Step): boolean => {
  switch (step.kind) {
    case 'video':
      return input.kind !== 'enhance';
    case 'enhance':
      return input.kind === 'image';
    case 'image':
    case 'join':
      return false;
  }
};

const isLost = (view: Pick<RunView, 'steps'>, step: Step): boolean =>
  step.state === 'failed' || step.state === 'skipped' || isBlocked(view, step);

/** The clip of a film as far as it goes: the step itself, or the clip that its failed extension was to make longer. */
function clipOf(view: Pick<RunView, 'steps'>, step: Step): Step | null {
  if (!isLost(view, step)) return step;
  const before = step.isExtension ? inputsOf(view, step).find(({ kind }) => kind === 'video') : undefined;
  return before ? clipOf(view, before) : null;
}

/** The clips that `join` makes one film of, in order. Clips that are still to be made count. */
function joinable(view: Pick<RunView, 'steps'>, join: Step): Step[] {
  return join.inputs.flatMap((number) => {
    const input = view.steps.find((step) => step.number === number);
    return (input && clipOf(view, input)) ?? [];
  });
}

/** The finished clips that `join` makes one film of, in order. */
export const clipsToJoin = (view: Pick<RunView, 'steps'>, join: Step): Step[] =>
  joinable(view, join).filter(({ state }) => state === 'done');

/** The first frame or the clip that a video is made from. Null if a member gave its first frame. */
export const sourceOf = (view: Pick<RunView, 'steps'>, video: Step): Step | null =>
  inputsOf(view, video).find(({ kind }) => kind === 'image' || kind === 'video') ?? null;

/** The done steps that have taken the place of a done step: the film that its clip is part of, or the clip of its scene. */
function successorsOf(view: Pick<RunView, 'steps'>, step: Step): Step[] {
  return view.steps.filter((one) => {
    if (one.state !== 'done') return false;
    if (one.kind === 'join') return clipsToJoin(view, one).includes(step);
    if (one.kind !== 'video' || !one.inputs.includes(step.number)) return false;
    // Both frames of a film with another ending are in it.
    const isEnding = inputsOf(view, one).filter(({ kind }) => kind === 'image').length > 1;
    return step.kind === 'video' ? one.isExtension : step.kind === 'image' && (step.scene !== null || isEnding);
  });
}

/**
 * The results of a run that still exist, in the order of its steps: what a member looks at. A clip that became part of a film, and
 * the image of a scene whose clip is made, are not among them.
 */
export function resultsOf(view: Pick<RunView, 'steps' | 'assets'>): { step: Step; asset: Asset }[] {
  return view.steps.flatMap((step) => {
    const asset = assetOf(view, step);
    return asset && asset.removedAt === null && successorsOf(view, step).length === 0 ? [{ step, asset }] : [];
  });
}

/** The stored output of a done step. */
export const assetOf = (view: Pick<RunView, 'assets'>, { number, state }: Step): Asset | null =>
  (state === 'done' && view.assets.find((asset) => asset.step === number)) || null;

/** The result of a run, as people call it: without an image model, `complete` makes a video alone. */
export const shownWorkflow = ({ run, steps }: Pick<RunView, 'run' | 'steps'>): RunView['run']['workflow'] =>
  run.workflow === 'complete' && !steps.some(({ kind }) => kind === 'image') ? 'video' : run.workflow;

/** The image that the member gave, or null. */
export const givenOf = (view: Pick<RunView, 'assets'>): Asset | null =>
  view.assets.find((asset) => asset.step === null) ?? null;

/** The film of a run: its last video result. Null if it has none. */
export const filmOf = (view: Pick<RunView, 'steps' | 'assets'>): { step: Step; asset: Asset } | null =>
  resultsOf(view).findLast(({ asset }) => asset.kind === 'video') ?? null;

/** Whether nobody could receive a step's result. Its credits were given back, so nothing new may be made of it. */
export const isRefunded = ({ run }: Pick<RunView, 'run'>, { number }: Pick<Step, 'number'>): boolean =>
  run.unreached?.includes(number) ?? false;

/** True if a step's result reached somebody: by itself, or as a part of what took its place. */
export function isReceived(
  view: Pick<RunView, 'steps' | 'assets'>,
  step: Step,
  isShared: (asset: Asset) => boolean,
): boolean {
  const asset = assetOf(view, step);
  if (asset && isShared(asset)) return true;
  return successorsOf(view, step).some((one) => isReceived(view, one, isShared));
}
