import type { QueuePosition } from '../../../db/queuePosition.ts';
import type { FailureKind, RunState, StepKind, Workflow } from '../../../domain.ts';
import type { Action, AskingAction } from '../../card.ts';
import { allOf, credits, duration, guess } from './measures.ts';

export const workflows: Record<Workflow, string> = {
  complete: 'Image and video',
  image: 'Image',
  video: 'Video',
  story: 'Story',
  extend: 'Longer video',
  edit: 'Changed image',
};

/** The names of runs. A change may make a video of the image, or another ending. */
export const runNames: Record<Workflow, string> = { ...workflows, edit: 'New version' };

export const steps: Record<StepKind, string> = { enhance: 'Prompt', image: 'Image', video: 'Video', join: 'Film' };
/** Names of steps of which a run has several. */
export const numbered = {
  scene: (scene: number) => `Scene ${scene}`,
  image: (variant: number) => `Image ${variant}`,
  clip: (clip: number) => `Clip ${clip}`,
  look: 'Motion',
  inScene: (scene: number, step: string) => `Scene ${scene}: ${step.toLowerCase()}`,
};

export const states: Record<RunState, string> = {
  queued: 'waiting',
  running: 'at work',
  succeeded: 'done',
  failed: 'failed',
  canceled: 'canceled',
};

/** The end of a run, within a sentence such as "It … , so there is nothing to stop". */
export const ended: Record<Exclude<RunState, 'queued' | 'running'>, string> = {
  succeeded: 'is done',
  failed: 'failed',
  canceled: 'was canceled',
};

export const prompt = { original: 'Your words', enhanced: 'What VidGenie asked for', motion: 'What moves' };

/** The prompt that the model gets for a video without a prompt. */
export const unspokenMotion = 'Bring this image to life with gentle, natural movement and a slow camera.';

export const acceptedTitle = (workflow: Workflow): string => `${runNames[workflow]}: on its way`;
export const repeated = 'This was asked for already; it is shown where it was asked for.';
export const optionLabels = { options: 'Options', models: 'Models', price: 'Price', queue: 'Queue' };
export const withModels = (models: readonly string[]): string => `With ${allOf(models)}.`;
export const counted = {
  scenes: (count: number) => `${count} scenes`,
  images: (count: number) => `${count} images`,
  frames: (count: number) => `${count} images to choose from`,
  fade: 'fades',
};
export const withSound = (audio: boolean): string => (audio ? 'with sound' : 'without sound');

export const accepted = (price: number, balance: number): string =>
  `${credits(price)} held, ${balance.toLocaleString('en')} left.`;

export const title = {
  queued: (workflow: Workflow) => `${runNames[workflow]}: waiting for a free worker`,
  running: (workflow: Workflow) => `${runNames[workflow]}: at work`,
  stopping: (workflow: Workflow) => `${runNames[workflow]}: stopping`,
  succeeded: {
    complete: 'Your image and your video are ready',
    image: 'Your image is ready',
    video: 'Your video is ready',
    story: 'Your story is ready',
    extend: 'Your video is longer now',
    edit: 'Here is the new version',
  },
  frames: (count: number) => `Choose one of ${count} images for the video`,
  severalImages: (count: number) => `Your ${count} images are ready`,
  partial: 'Your image is ready, the video is not',
  partialRest: 'A part of it is ready, the rest is not',
  failed: {
    complete: 'The image could not be made',
    image: 'The image could not be made',
    video: 'The video could not be made',
    story: 'The story could not be made',
    extend: 'The video could not be made longer',
    edit: 'The new version could not be made',
  },
  canceled: 'Canceled',
  canceledPartial: 'Canceled; your image was ready by then',
  canceledRest: 'Canceled; a part of it was ready by then',
};

/**
 * The queue position of a run. A run that exceeds a limit waits for other runs of the same member or workspace. Free workers do
 * not help it.
 */
export function queue({ ahead, limit }: QueuePosition): string {
  const runs = `${ahead}${ahead < 100 ? '' : ' or more'} ${ahead === 1 ? 'run is' : 'runs are'} ahead of it`;
  if (!limit) return ahead === 0 ? 'It is next.' : `${runs}.`;
  const max = `at most ${limit.atWork} of this ${limit.of}'s runs are at work at a time.`;
  return ahead === 0 ? `It starts when another ends: ${max}` : `${runs}, and ${max}`;
}

export const remaining = (ms: number): string => `about ${guess(ms)} left`;
export const percentAndRest = (percent: number, ms: number): string => `${percent} %, ${remaining(ms)}`;
export const tookMs = (ms: number): string => `Done in ${duration(ms)}.`;

/** The vendors whose key a step uses, if the key is the workspace's own. */
export const ownKey = (vendors: readonly string[]): string =>
  `On your workspace's ${allOf(vendors)} ${vendors.length === 1 ? 'key' : 'keys'}.`;
export const ownKeyFailed =
  "It was your workspace's own key; the operator's is never used in its place. An admin sees its state with: keys";

const comesFrom: Record<StepKind, string> = {
  enhance: 'The better prompt comes',
  image: 'The image comes',
  video: 'The video comes',
  join: 'The film comes',
};

/** Another model makes a step, because its own one generated nothing. */
export function replaced(step: StepKind, it: { model: string; insteadOf: string; failure: FailureKind }): string {
  return `${comesFrom[step]} from ${it.model} instead of ${it.insteadOf}, which ${why(it.failure)}.`;
}

function why(failure: FailureKind): string {
  switch (failure) {
    case 'rate_limited':
      return 'was too busy';
    case 'bad_key':
    case 'quota':
      return 'did not accept the key or had nothing left for it';
    case 'invalid_request':
      return 'is no longer offered';
    case 'unavailable':
    case 'timeout':
    case 'interrupted':
    case 'no_output':
    case 'refused':
    case 'storage':
    case 'internal':
    case 'canceled':
      return 'was out of reach';
  }
}

export const note = {
  waiting: (expectedMs: number) => `usually ${guess(expectedMs)}`,
  working: (percent: number, remainingMs: number) => `${percent} %, about ${guess(remainingMs)} left`,
  storing: 'saving',
  done: (ms: number) => duration(ms),
  skipped: 'not started',
};

/** States of a step, for a line that has no bar. */
export const stepWords = {
  waiting: 'waiting',
  working: 'at work',
  done: 'done',
  failed: 'failed',
  skipped: 'not started',
};

/** The final cost of the run. `balance` is the current balance, or null if nobody looked it up. */
export function settled(it: { held: number; captured: number; released: number; balance: number | null }): string {
  const left = it.balance === null ? '' : ` ${it.balance.toLocaleString('en')} left.`;
  if (it.released === 0) return `${credits(it.captured)} paid.${left}`;
  if (it.captured === 0) return `Nothing was charged: all ${credits(it.held)} went back.${left}`;
  return `${it.captured} of ${credits(it.held)} paid, ${it.released} went back.${left}`;
}

export const stepShort: Record<FailureKind, string> = {
  refused: 'refused',
  invalid_request: 'not possible',
  bad_key: 'key refused',
  quota: 'quota used up',
  rate_limited: 'too busy',
  unavailable: 'out of reach',
  timeout: 'took too long',
  interrupted: 'interrupted',
  no_output: 'came to nothing',
  storage: 'could not be saved',
  internal: 'failed',
  canceled: 'canceled',
};

const things: Record<StepKind, string> = { enhance: 'prompt', image: 'image', video: 'video', join: 'film' };

/** Why a step failed, and what to do next. {@link settled} says what it cost. */
export function failure(step: StepKind, kind: FailureKind, detail: string): string {
  const thing = things[step];
  const said = detail === '' ? '' : ` It said: ${stop(detail)}`;
  switch (kind) {
    case 'refused':
      return `The provider does not want to make this ${thing}: its rules do not allow it.${said} Other words may do.`;
    case 'invalid_request':
      return `The provider cannot make this ${thing} as it was asked for.${said} Try other options.`;
    case 'bad_key':
      return `The provider did not accept the key that the ${thing} was to be made with. An admin can set a new one; then try again.`;
    case 'quota':
      return `The provider's own account has nothing left for this ${thing}. The operator can raise it; then try again.`;
    case 'rate_limited':
      return `The provider was too busy for the ${thing}.${said} Try again later.`;
    case 'unavailable':
      return `The provider of the ${thing} could not be reached.${said} Try again in a few minutes.`;
    case 'timeout':
      return `The provider of the ${thing} did not answer in time. Try again.`;
    case 'interrupted':
      return `The ${thing} was interrupted: ${stop(detail || 'nobody knows whether it was made')} Try again.`;
    case 'no_output':
      return `The provider finished, but there was no ${thing} to be had.${said} Try again, perhaps with other words.`;
    case 'storage':
      return `The ${thing} could not be saved.${said} The operator can help; then try again.`;
    case 'internal':
      return `Something unexpected happened to the ${thing}. The operator finds the details in the log; then try again.`;
    case 'canceled':
      return `The ${thing} had been sent already when it was canceled, so it is paid for. What had not been sent costs nothing.`;
  }
}

/** A result that moderation flagged for these categories. None: it could not be moderated. */
export const withheld = (step: StepKind, categories: readonly string[]): string =>
  categories.length === 0
    ? `Moderation could not look at the ${things[step]}, and this workspace withholds such results. Try again later.`
    : `Moderation flagged the ${things[step]} (${categories.join(', ')}), and this workspace withholds such results. Other words may do.`;

const stop = (sentence: string) => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`);

export const ownWords = 'The prompt could not be improved, so your own words were used.';

/** Nobody pays for a result that nobody could receive. */
export const unreceived = (made: readonly StepKind[], amount: number): string =>
  `Nobody could receive the ${allOf(made.map((step) => things[step]))}: ${credits(amount)} went back.`;

export const undrawn =
  'This is the offline demo, and it knows nothing in these words that it can draw: you see only colours. With the key of a vendor a model draws them.';

export const undelivered = 'It could not be told where it was asked for.';

export const buttons: Record<Action, string> = {
  cancel: 'Cancel',
  again: 'Again',
  edit: 'Edit prompt',
  animate: 'Animate',
  extend: 'Extend',
  continue: 'Continue',
  reanimate: 'Animate again',
  lastFrame: 'From the last frame',
  vary: 'Vary',
  better: 'Better',
  change: 'Change',
  ending: 'New ending',
  remix: 'Remix',
  show: 'Back to this version',
  delete: 'Delete',
};

/** The label of the button that makes a film longer. */
export { extendBy } from './measures.ts';

/** The label of *Again*, on a run whose images a member chooses from. */
export const newFrames = 'New frames';
/** The label of a button for one of several images. */
export const ofImage = (label: string, image: number): string => `${label} ${image}`;

/** The label of a button that starts a run. */
export const priced = (label: string, price: number): string => `${label} · ${credits(price)}`;

/** The form behind a button that asks for words first. */
export const asking = {
  edit: { title: 'Edit the prompt', label: 'What would you like to see?' },
  change: { title: 'Change the image', label: 'What should change?' },
  reanimate: { title: 'Another motion', label: 'What should happen in the video?' },
  lastFrame: { title: 'Go on from the last frame', label: 'What happens next?' },
  ending: { title: 'Another ending', label: 'What should the end look like?' },
  remix: { title: 'Remix', label: 'What should follow this image?' },
} as const satisfies Record<AskingAction, { title: string; label: string }>;
export const startPrice = (price: number): string => `Starting it costs ${credits(price)}.`;

/** The versions of a picture: the runs that were made of one another, numbered from the oldest. */
export const versions = {
  title: 'Versions',
  back: (version: number) => `Back to version ${version}`,
  before: 'Back to the version before',
  of: (version: number, first: string) => `v${version} of ${first}`,
  label: (version: number, id: string) => `v${version}  ${id}`,
  shown: 'this one',
};

export const deleted = {
  title: 'Deleted',
  text: (by: string | null) =>
    by === null ? 'What this run made was deleted.' : `What this run made was deleted by ${by}.`,
  done: 'What it made is gone from the store. What it cost stays in the ledger.',
};

/** The cost of stopping a run at this moment, and the credits that come back. */
export const stopCosts = (paid: number, back: number): string =>
  back === 0
    ? `Stopping now costs all ${credits(paid)}: nothing comes back.`
    : `Stopping now costs ${credits(paid)}, ${back} ${back === 1 ? 'comes' : 'come'} back.`;
/** The step that is at work now. */
export const atWork: Record<StepKind, string> = {
  enhance: 'The prompt is being improved.',
  image: 'The image is being made.',
  video: 'The video is being made.',
  join: 'The film is being joined.',
};

export const canceling = {
  title: (id: string) => `Run ${id} is being stopped`,
  free: (back: number) =>
    back === 0 ? 'That costs nothing.' : `That costs nothing: ${credits(back)} ${back === 1 ? 'comes' : 'come'} back.`,
  costs: (paid: number, back: number) => `${stopCosts(paid, back)} What is made already is kept.`,
  stopsFree: 'Stopping it now costs nothing.',
  stop: 'Stop',
  keep: 'Keep going',
  keeps: { title: 'It goes on', text: 'Nothing was stopped.' },
};

/** The maker of a step if nobody has a key. */
export const demoStudio = 'Demo studio';

export const media = {
  image: 'Image',
  video: 'Video',
  size: (width: number, height: number, seconds: number | null, bytes: string) =>
    [`${width} × ${height}`, ...(seconds === null ? [] : [`${Number(seconds.toFixed(1))} s`]), bytes].join(', '),
};
