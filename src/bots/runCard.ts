import type { QueuePosition } from '../db/queuePosition.ts';
import { type RunView, refundedCredits, type Step } from '../db/runs.ts';
import { isDepicted, readPrompt } from '../demo/painting/reading.ts';
import { type EnhancedPrompt, stepKinds } from '../domain.ts';
import { resultsOf, shownWorkflow } from '../pipeline/graph.ts';
import { imagesOf } from '../pipeline/plan.ts';
import type { Progress } from '../pipeline/progress.ts';
import { vendorName, vendorOf } from '../pipeline/providers/vendors.ts';
import type { NextPrices } from '../pipeline/quote.ts';
import { choicesOf } from './actions/subject.ts';
import type { Block, Card, CardMedia, Quote, Tone } from './card.ts';
import { backOf, buttonsOf } from './runButtons.ts';
import { cardLines } from './stepLines.ts';
import type { Text } from './text.ts';

/** The first characters of a run's id. They are enough for people to tell runs apart and to name one. */
export const shortId = (id: string): string => id.slice(0, 8);

/** The facts that the caller of {@link runCard} may have looked up. `parentVersion`: the number of the version of which this run was made. */
export type Known = { balance?: number; queue?: QueuePosition; prices?: NextPrices; parentVersion?: number | null };

/** Shows a run at any moment of its life. */
export function runCard(view: RunView, progress: Progress, text: Text, known: Known = {}): Card {
  const { run } = view;
  const balance = known.balance ?? null;
  return {
    tone: toneOf(view),
    title: titleOf(view, text),
    blocks: [
      { kind: 'quotes', quotes: promptsOf(view, text) },
      { kind: 'progress', steps: cardLines(view, progress, text) },
      ...sentences(view, progress, text, { balance, queue: known.queue }).map(
        (sentence): Block => ({ kind: 'text', text: sentence }),
      ),
    ],
    media: run.settledAt ? mediaOf(view, text) : [],
    buttons: [...buttonsOf(view, text, known.prices ?? null), ...backOf(view, text, known.parentVersion ?? null)],
  };
}

/** True if the run made some of its results, but not all. */
const isPartial = (view: RunView) => view.run.state !== 'succeeded' && view.assets.some((asset) => asset.step !== null);

function toneOf(view: RunView): Tone {
  if (view.run.deletedAt) return 'plain';
  switch (view.run.state) {
    case 'queued':
      return 'plain';
    case 'running':
      return 'working';
    case 'succeeded':
      return 'good';
    case 'failed':
      return isPartial(view) ? 'warning' : 'bad';
    case 'canceled':
      return 'warning';
  }
}

function titleOf(view: RunView, text: Text): string {
  const { state, cancelRequestedAt, deletedAt } = view.run;
  const workflow = shownWorkflow(view);
  const { title } = text.runs;
  if (deletedAt) return text.runs.deleted.title;
  switch (state) {
    case 'queued':
      return cancelRequestedAt ? title.stopping(workflow) : title.queued(workflow);
    case 'running':
      return cancelRequestedAt ? title.stopping(workflow) : title.running(workflow);
    case 'succeeded':
      return succeededTitle(view, text);
    case 'failed':
      if (!isPartial(view)) return title.failed[workflow];
      if (isImageAlone(view)) return title.partial;
      return isChoosable(view) ? succeededTitle(view, text) : title.partialRest;
    case 'canceled':
      if (!isPartial(view)) return title.canceled;
      return isImageAlone(view) ? title.canceledPartial : title.canceledRest;
  }
}

/** True if a member can choose one of the images for a video, although perhaps not all of them could be made. */
const isChoosable = (view: RunView): boolean => view.run.workflow === 'complete' && choicesOf(view).length > 1;

function succeededTitle(view: RunView, { runs: { title } }: Text): string {
  const { options } = view.run;
  const workflow = shownWorkflow(view);
  const images = isChoosable(view) ? choicesOf(view).length : imagesOf(workflow, options);
  if (images === 1 || workflow === 'story') return title.succeeded[workflow];
  if (workflow === 'complete') return title.frames(images);
  return images > 1 ? title.severalImages(images) : title.succeeded[workflow];
}

/** True if a run that was to make one image and one video has made only the image. */
const isImageAlone = ({ run, assets }: RunView): boolean =>
  run.workflow === 'complete' &&
  run.options.frames === 1 &&
  assets.filter(({ step }) => step !== null).every(({ kind }) => kind === 'image');

/** The member's prompt and, beside it, the better prompt or the shots of a story. */
export function promptsOf(view: RunView, text: Text): Quote[] {
  const enhanced = enhancedOf(view);
  const { original: own, motion } = text.runs.prompt;
  // A button has taken these words from the run before, or its form has asked for a motion.
  const isMotion = view.run.parentId !== null && (view.run.workflow === 'video' || view.run.workflow === 'extend');
  const original = { label: isMotion ? motion : own, text: view.run.prompt };
  if (!enhanced) return [original];
  const shots = enhanced.shots?.map(({ image }, index) => `${index + 1}. ${image}`).join('\n');
  return [original, { label: text.runs.prompt.enhanced, text: shots ?? enhanced.image }];
}

/** The words that the first step made of the member's prompt. Null if there is no such step, or not yet. */
export const enhancedOf = ({ steps }: Pick<RunView, 'steps'>): EnhancedPrompt | null =>
  steps.find(({ kind, inputs }) => kind === 'enhance' && inputs.length === 0)?.enhanced ?? null;

function sentences(
  view: RunView,
  progress: Progress,
  text: Text,
  known: { balance: number | null; queue: QueuePosition | undefined },
): string[] {
  const { run } = view;
  const { balance, queue } = known;
  const drawn = undrawn(view) ? [text.runs.undrawn] : [];
  if (!run.settledAt) {
    if (run.state === 'queued')
      return [...ownKeys(view, text), ...(queue === undefined ? [] : [text.runs.queue(queue)])];
    // If one step remains, that step shows the time.
    const toGo = cardLines(view, progress, text).filter(({ state }) => state === 'waiting' || state === 'working');
    return [
      ...ownKeys(view, text),
      ...replacements(view, text),
      ...(toGo.length === 1 ? [] : [text.runs.remaining(progress.remainingMs)]),
    ];
  }
  const tookMs = run.settledAt.getTime() - run.createdAt.getTime();
  return [
    ...drawn,
    ...replacements(view, text),
    ...failureSentences(view, text),
    ...(run.state === 'succeeded' ? [text.runs.tookMs(tookMs)] : []),
    settlement(view, text, balance),
    ...unreceived(view, text),
    ...(run.deliveryFailure ? [text.runs.undelivered] : []),
  ];
}

/** True if the demo studio painted a prompt that names nothing it can draw. */
const undrawn = ({ run, steps, assets }: RunView): boolean =>
  run.workflow !== 'edit' &&
  steps.some(({ kind, provider, state }) => kind === 'image' && provider === 'demo' && state === 'done') &&
  assets.some(({ step, kind, removedAt }) => step !== null && kind === 'image' && removedAt === null) &&
  !isDepicted(readPrompt(run.prompt));

/**
 * The vendors whose keys the run uses, if the keys are the workspace's own. We say so before the work, because it is decided
 * before.
 */
export function ownKeys({ steps }: RunView, text: Text): string[] {
  const vendors = new Set(
    steps.flatMap((step) => (step.keySource === 'workspace' ? (vendorOf(step.provider) ?? []) : [])),
  );
  const named = [...vendors].map((vendor) => vendorName(vendor));
  return named.length === 0 ? [] : [text.runs.ownKey(named)];
}

/** One sentence for each model that took the place of another one. Steps that came to nothing have sentences of their own. */
function replacements({ steps }: RunView, text: Text): string[] {
  const told = steps.flatMap((step) => {
    if (!step.insteadOf || step.state === 'failed' || step.state === 'skipped') return [];
    const { model: insteadOf, failure } = step.insteadOf;
    return [text.runs.replaced(step.kind, { model: step.model, insteadOf, failure })];
  });
  return [...new Set(told)];
}

/** The captured and the released credits, in one sentence. */
function settlement(view: RunView, text: Text, balance: number | null): string {
  const { priceCredits: held, capturedCredits, releasedCredits } = view.run;
  const refunded = refundedCredits(view);
  const captured = (capturedCredits ?? 0) - refunded;
  return text.runs.settled({ held, captured, released: (releasedCredits ?? 0) + refunded, balance });
}

/** The credits that we released because nobody could receive the result. */
function unreceived(view: RunView, text: Text): string[] {
  const amount = refundedCredits(view);
  const numbers = view.run.unreached ?? [];
  const kinds = stepKinds.filter((kind) =>
    view.steps.some((step) => step.kind === kind && numbers.includes(step.number)),
  );
  return amount === 0 ? [] : [text.runs.unreceived(kinds, amount)];
}

/** One sentence for each failed step. A prompt that was not improved has its own sentence, because the run continues without it. */
export function failureSentences(view: RunView, text: Text): string[] {
  return view.steps.flatMap((step) => {
    if (step.state !== 'failed') return [];
    const kind = step.failure?.kind ?? 'internal';
    // A look at a frame that failed has left the words from before.
    if (step.kind === 'enhance' && step.inputs.length > 0) return [];
    if (step.kind === 'enhance' && kind !== 'canceled') return [text.runs.ownWords];
    const isOwn = step.keySource === 'workspace' && (kind === 'bad_key' || kind === 'quota');
    return [failureSentence(step, text), ...(isOwn ? [text.runs.ownKeyFailed] : [])];
  });
}

/** Why a step failed. */
export function failureSentence({ kind: step, failure }: Pick<Step, 'kind' | 'failure'>, text: Text): string {
  const { kind, detail, withheld } = failure ?? { kind: 'internal', detail: '' };
  return withheld ? text.runs.withheld(step, withheld) : text.runs.failure(step, kind, detail);
}

/** The results of the run, images first, without what a member gave. */
export function mediaOf(view: RunView, text: Text): CardMedia[] {
  if (view.run.deletedAt) return [];
  const results = resultsOf(view);
  const films = results.filter(({ asset }) => asset.kind === 'video');
  const images = results.filter(({ asset }) => asset.kind === 'image');
  return [...images, ...films].map(({ step, asset }) => {
    const { kind, objectKey, mime, width, height, seconds, bytes, flagged } = asset;
    const hidden = flagged ? { isSpoiler: true } : {};
    const { numbered, media } = text.runs;
    const isOneOfSeveral = kind === 'video' && films.length > 1;
    const own = isOneOfSeveral ? numbered.clip(films.findIndex((one) => one.step === step) + 1) : media[kind];
    const label = step.variant === null ? own : numbered.image(step.variant);
    const named = step.scene === null || step.kind === 'join' ? label : numbered.inScene(step.scene, media[kind]);
    return { step: step.number, kind, label: named, objectKey, mime, width, height, seconds, bytes, ...hidden };
  });
}
