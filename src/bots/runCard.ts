import type { QueuePosition } from '../db/queuePosition.ts';
import { type RunView, refundedCredits, type Step } from '../db/runs.ts';
import { isDepicted, readPrompt } from '../demo/painting/reading.ts';
import type { StepKind } from '../domain.ts';
import type { Progress, StepProgress } from '../pipeline/progress.ts';
import { vendorNames, vendorOf } from '../pipeline/providers/vendors.ts';
import type { NextPrices } from '../pipeline/submit.ts';
import type { Action, Block, Button, Card, CardMedia, Quote, StepLine, Tone } from './card.ts';
import type { Text } from './text.ts';

/** The first characters of a run's id. They are enough for people to tell runs apart and to name one. */
export const shortId = (id: string): string => id.slice(0, 8);

/** Shows a run at any moment of its life. The card shows `balance`, `queue` and `prices` if the caller looked them up. */
export function runCard(
  view: RunView,
  progress: Progress,
  text: Text,
  known: { balance?: number; queue?: QueuePosition; prices?: NextPrices } = {},
): Card {
  const { run } = view;
  const balance = known.balance ?? null;
  return {
    tone: toneOf(view),
    title: titleOf(view, text),
    blocks: [
      { kind: 'quotes', quotes: promptsOf(view, text) },
      { kind: 'progress', steps: stepLines(view, progress, text) },
      ...sentences(view, progress, text, { balance, queue: known.queue }).map(
        (sentence): Block => ({ kind: 'text', text: sentence }),
      ),
    ],
    media: run.settledAt ? mediaOf(view, text) : [],
    buttons: buttonsOf(view, text, known.prices ?? { again: null, animate: null }),
  };
}

/** True if the run made some of its results, but not all. */
const isPartial = (view: RunView) =>
  view.run.state !== 'succeeded' && view.assets.some((asset) => asset.step === 'image' || asset.step === 'video');

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
  const { state, workflow, cancelRequestedAt, deletedAt } = view.run;
  const { title } = text.runs;
  if (deletedAt) return text.runs.deleted.title;
  switch (state) {
    case 'queued':
      return cancelRequestedAt ? title.stopping(workflow) : title.queued(workflow);
    case 'running':
      return cancelRequestedAt ? title.stopping(workflow) : title.running(workflow);
    case 'succeeded':
      return title.succeeded[workflow];
    case 'failed':
      return isPartial(view) ? title.partial : title.failed[workflow];
    case 'canceled':
      return isPartial(view) ? title.canceledPartial : title.canceled;
  }
}

/** The member's prompt and, beside it, the better prompt. */
export function promptsOf(view: RunView, text: Text): Quote[] {
  const enhanced = view.steps.find((step) => step.kind === 'enhance')?.enhanced;
  const original = { label: text.runs.prompt.original, text: view.run.prompt };
  return enhanced ? [original, { label: text.runs.prompt.enhanced, text: enhanced.image }] : [original];
}

export const stepLines = (view: RunView, progress: Progress, text: Text): StepLine[] =>
  view.steps.map((step) => stepLine(step, progress.steps.find((one) => one.kind === step.kind) ?? noProgress, text));

function stepLine(step: Step, progress: Omit<StepProgress, 'kind'>, text: Text): StepLine {
  const { percent, elapsedMs, remainingMs } = progress;
  const { note, stepShort, steps } = text.runs;
  const line = { kind: step.kind, label: steps[step.kind], percent };
  switch (step.state) {
    case 'pending':
      return { ...line, state: 'waiting', note: note.waiting(remainingMs) };
    case 'submitting':
    case 'submitted':
      return { ...line, state: 'working', note: note.working(percent, remainingMs) };
    case 'storing':
      return { ...line, state: 'working', note: note.storing };
    case 'done':
      return { ...line, state: 'done', note: note.done(elapsedMs) };
    case 'failed':
      // A step that its member canceled has not failed.
      return step.failure?.kind === 'canceled'
        ? { ...line, state: 'skipped', note: stepShort.canceled }
        : { ...line, state: 'failed', note: stepShort[step.failure?.kind ?? 'internal'] };
    case 'skipped':
      return { ...line, state: 'skipped', note: note.skipped };
  }
}

const noProgress = { percent: 0, elapsedMs: 0, remainingMs: 0 };

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
    const toGo = view.steps.filter(({ state }) => !['done', 'failed', 'skipped'].includes(state));
    return [...ownKeys(view, text), ...(toGo.length === 1 ? [] : [text.runs.remaining(progress.remainingMs)])];
  }
  const tookMs = run.settledAt.getTime() - run.createdAt.getTime();
  return [
    ...drawn,
    ...failureSentences(view, text),
    ...(run.state === 'succeeded' ? [text.runs.tookMs(tookMs)] : []),
    settlement(view, text, balance),
    ...unreceived(view, text),
    ...(run.deliveryFailure ? [text.runs.undelivered] : []),
  ];
}

/** True if the demo studio painted a prompt that names nothing it can draw. */
const undrawn = ({ run, steps, assets }: RunView): boolean =>
  steps.some(({ kind, provider, state }) => kind === 'image' && provider === 'demo' && state === 'done') &&
  assets.some(({ step, removedAt }) => step === 'image' && removedAt === null) &&
  !isDepicted(readPrompt(run.prompt));

/**
 * The vendors whose keys the run uses, if the keys are the workspace's own. We say so before the work, because it is decided
 * before.
 */
export function ownKeys({ steps }: RunView, text: Text): string[] {
  const vendors = new Set(
    steps.flatMap((step) => (step.keySource === 'workspace' ? (vendorOf(step.provider) ?? []) : [])),
  );
  const named = [...vendors].map((vendor) => vendorNames[vendor]);
  return named.length === 0 ? [] : [text.runs.ownKey(named)];
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
  return amount === 0 ? [] : [text.runs.unreceived(view.run.unreached ?? [], amount)];
}

/** One sentence for each failed step. A prompt that was not improved has its own sentence, because the run continues without it. */
export function failureSentences(view: RunView, text: Text): string[] {
  return view.steps.flatMap((step) => {
    if (step.state !== 'failed') return [];
    const { kind, detail } = step.failure ?? { kind: 'internal', detail: '' };
    if (step.kind === 'enhance' && kind !== 'canceled') return [text.runs.ownWords];
    const isOwn = step.keySource === 'workspace' && (kind === 'bad_key' || kind === 'quota');
    return [text.runs.failure(step.kind, kind, detail), ...(isOwn ? [text.runs.ownKeyFailed] : [])];
  });
}

/** The results of the run, in the order of its steps, without the image that a member gave. */
export function mediaOf(view: RunView, text: Text): CardMedia[] {
  const order: readonly (StepKind | null)[] = ['image', 'video'];
  if (view.run.deletedAt) return [];
  return view.assets
    .filter((asset) => order.includes(asset.step) && asset.removedAt === null)
    .sort((a, b) => order.indexOf(a.step) - order.indexOf(b.step))
    .map(({ kind, objectKey, mime, width, height, seconds, bytes }) => ({
      kind,
      label: text.runs.media[kind],
      objectKey,
      mime,
      width,
      height,
      seconds,
      bytes,
    }));
}

function buttonsOf(view: RunView, text: Text, prices: NextPrices): Button[] {
  const { settledAt, cancelRequestedAt, deletedAt, workflow, id } = view.run;
  const { buttons, priced } = text.runs;
  const button = (action: Action): Button => {
    const style = action === 'cancel' || action === 'delete' ? 'danger' : 'plain';
    return { action, runId: id, label: buttons[action], style };
  };
  /** A button with its price, which is then the most that a press may cost. The form for an edited prompt says its price itself. */
  const starting = (action: 'again' | 'animate'): Button => {
    const credits = prices[action];
    return credits === null ? button(action) : { ...button(action), label: priced(buttons[action], credits), credits };
  };
  if (deletedAt) return [starting('again'), button('edit')].filter(() => workflow !== 'video');
  if (!settledAt) return cancelRequestedAt ? [] : [button('cancel')];
  const made = view.assets
    .filter((asset) => asset.step !== null && asset.removedAt === null)
    .map((asset) => asset.kind);
  return [
    ...[starting('again'), button('edit')],
    // A video already shows its image in motion.
    ...(made.includes('image') && !made.includes('video') ? [starting('animate')] : []),
    ...(made.length > 0 ? [button('delete')] : []),
  ];
}
