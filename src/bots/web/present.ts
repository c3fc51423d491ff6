import type { z } from 'zod';
import { type QueuePosition, queuePositionOf } from '../../db/queuePosition.ts';
import { type Asset, type RunView, refundedCredits, type Step } from '../../db/runs.ts';
import type { RunState } from '../../domain.ts';
import { filmOf, givenOf, resultsOf, shownWorkflow } from '../../pipeline/graph.ts';
import { type Look, type Progress, progressOf } from '../../pipeline/progress.ts';
import type { NextPrices } from '../../pipeline/quote.ts';
import { mayEnd } from '../actions/permission.ts';
import { actions } from '../card.ts';
import { linkTo } from '../conversation.ts';
import { makerOf } from '../maker.ts';
import { enhancedOf, failureSentence, failureSentences, runCard } from '../runCard.ts';
import type { Services } from '../services.ts';
import { stepLines } from '../stepLines.ts';
import { type Text, textOf } from '../text.ts';
import type { Caller } from './authenticate.ts';
import { type status, type statuses, stepTitles } from './contract/programs.ts';
import type { medium, Run, step, version } from './contract/run.ts';
import type { WebDeps } from './deps.ts';

type Status = z.infer<typeof status>;

const statusOf: Record<RunState, (typeof statuses)[number]> = {
  queued: 'QUEUED',
  running: 'RUNNING',
  succeeded: 'COMPLETED',
  failed: 'FAILED',
  canceled: 'CANCELLED',
};

const stepStatusOf = {
  waiting: 'PENDING',
  working: 'RUNNING',
  done: 'COMPLETED',
  failed: 'FAILED',
  skipped: 'SKIPPED',
} as const;

/** A step canceled after it was sent did not fail: a member canceled it on purpose. */
const stepStatus = ({ failure }: Step, state: keyof typeof stepStatusOf) =>
  failure?.kind === 'canceled' ? 'CANCELLED' : stepStatusOf[state];

export const statusWord = (state: RunState) => statusOf[state];

/** A run in the original product's format. `address` returns an object's address. */
export async function presentStatus(
  { services }: WebDeps,
  view: RunView,
  text: Text,
  address: (objectKey: string) => Promise<string>,
  look: Look = progressOf,
): Promise<Status> {
  const progress = look(view, services.now());
  const { run } = view;
  const lines = stepLines(view, progress, text);
  const failures = failureSentences(view, text);
  const result = await resultOf(view, address);
  const working = run.settledAt ? undefined : lines.find(({ state }) => state === 'working')?.kind;
  return {
    success: true,
    workflowId: run.id,
    status: statusOf[run.state],
    progress: progress.percent,
    currentStep: working ? stepTitles[working] : null,
    step: working ?? null,
    steps: view.steps.map((one, at) => ({
      name: one.kind,
      number: one.number,
      scene: one.scene,
      status: stepStatus(one, lines[at]?.state ?? 'waiting'),
      progress: lines[at]?.percent ?? 0,
      ...(one.failure && { error: failureSentence(one, text) }),
    })),
    estimatedTimeRemaining: Math.ceil(progress.remainingMs / 1_000),
    totalCost: (run.capturedCredits ?? run.priceCredits) - refundedCredits(view),
    ...(Object.keys(result).length > 0 && { result }),
    ...(run.state === 'failed' && { error: failures.join(' ') || text.runs.title.failed[shownWorkflow(view)] }),
  };
}

async function resultOf(view: RunView, address: (objectKey: string) => Promise<string>): Promise<Result> {
  const enhanced = enhancedOf(view);
  const made = view.run.deletedAt ? [] : view.assets.filter(({ step }) => step !== null);
  const images = await Promise.all(
    made.filter(({ kind }) => kind === 'image').map(({ objectKey }) => address(objectKey)),
  );
  const video = view.run.deletedAt ? null : (filmOf(view)?.asset ?? made.findLast(({ kind }) => kind === 'video'));
  const [first] = images;
  return {
    ...(enhanced && { enhancedPrompt: enhanced.image }),
    ...(first !== undefined && { imageUrl: first }),
    ...(images.length > 1 && { imageUrls: images }),
    ...(video && { videoUrl: await address(video.objectKey) }),
  };
}

type Result = NonNullable<Status['result']>;

/** The run's place in the queue. Null if it is not queued. */
export const queueOf = async ({ db, limits }: Services, { run }: RunView): Promise<QueuePosition | null> =>
  run.state === 'queued' ? await queuePositionOf(db, run.id, limits) : null;

export const presentQueue = (queuePosition: QueuePosition | null, text: Text): Run['queue'] =>
  queuePosition && { ahead: queuePosition.ahead, sentence: text.runs.queue(queuePosition) };

/**
 * A run with everything about it, as one caller may see it and act on it. Includes its place in the queue and the prices of its
 * buttons, if those were looked up.
 */
export function presentRun(
  { services, links }: WebDeps,
  view: RunView,
  caller: Caller,
  {
    queuePosition = null,
    prices = null,
    look = progressOf,
  }: { queuePosition?: QueuePosition | null; prices?: NextPrices | null; look?: Look } = {},
): Run {
  const text = textOf(caller.locale);
  const now = services.now();
  const progress = look(view, now);
  const card = runCard(view, progress, text);
  const { run } = view;
  const ends = mayEnd(run, caller);
  return {
    id: run.id,
    workflow: run.workflow,
    state: run.state,
    title: card.title,
    stopping: run.settledAt === null && run.cancelRequestedAt !== null,
    sentences: card.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])),
    queue: presentQueue(queuePosition, text),
    prompt: run.prompt,
    enhanced: presentEnhanced(view),
    options: run.options,
    member: { id: run.memberId, name: run.memberName },
    mine: run.memberId === caller.member.id,
    percent: progress.percent,
    remainingMs: Math.round(progress.remainingMs),
    priceCredits: run.priceCredits,
    capturedCredits: run.capturedCredits,
    releasedCredits: run.releasedCredits,
    refundedCredits: refundedCredits(view),
    unreached: run.unreached ?? [],
    createdAt: run.createdAt.toISOString(),
    startedAt: moment(run.startedAt),
    settledAt: moment(run.settledAt),
    deletedAt: moment(run.deletedAt),
    steps: presentSteps(view, progress, text),
    media: run.deletedAt ? [] : view.assets.map((asset) => presentMedium(asset, view, (key) => links.sign(key, now))),
    actions: actions
      .filter((known) => card.buttons.some(({ action }) => action === known))
      .filter((action) => ends || (action !== 'cancel' && action !== 'delete')),
    choices: card.buttons.flatMap(({ place, step }) => (place === 'choice' ? (step ?? []) : [])),
    parentId: run.parentId,
    parentStep: run.parentStep,
    cast: run.cast.map(({ name }) => name),
    downloadUrl: downloadUrl(view, (key) => links.sign(key, now)),
    prices,
    threadUrl: linkTo(run),
  };
}

/** The versions of what a run made, in order. */
export function presentVersions({ services, links }: WebDeps, views: readonly RunView[]): z.infer<typeof version>[] {
  const now = services.now();
  return views.map((view, at) => {
    const { id, workflow, state, prompt, createdAt, parentId, parentStep } = view.run;
    const results = resultsOf(view).filter(({ asset }) => asset.step !== null);
    const asset = (filmOf(view) ?? results[0])?.asset;
    const medium = asset ? presentMedium(asset, view, (key) => links.sign(key, now)) : null;
    return {
      number: at + 1,
      id,
      workflow,
      state,
      prompt,
      createdAt: createdAt.toISOString(),
      parentId,
      parentStep,
      medium,
    };
  });
}

const moment = (at: Date | null): string | null => at?.toISOString() ?? null;

function presentSteps(view: RunView, progress: Progress, text: Text): z.infer<typeof step>[] {
  const lines = stepLines(view, progress, text);
  return view.steps.map((one, at) => {
    const pace = progress.steps[at];
    const line = lines[at];
    const { number, kind, inputs, scene, variant, seconds, isExtension } = one;
    const { provider, model, keySource, priceCredits, failure } = one;
    return {
      number,
      kind,
      inputs,
      scene,
      variant,
      seconds,
      isExtension,
      provider,
      model,
      keySource,
      priceCredits,
      maker: makerOf(provider, text),
      label: line?.label ?? kind,
      state: line?.state ?? 'waiting',
      note: line?.note ?? '',
      percent: pace?.percent ?? 0,
      elapsedMs: Math.round(pace?.elapsedMs ?? 0),
      remainingMs: Math.round(pace?.remainingMs ?? 0),
      startedAt: moment(one.startedAt),
      finishedAt: moment(one.finishedAt),
      failure: failure && { kind: failure.kind, sentence: failureSentence(one, text) },
      insteadOf: one.insteadOf && { model: one.insteadOf.model },
    };
  });
}

/** The words of a run. A motion that was written for a finished image comes before the one that was written without it. */
function presentEnhanced(view: RunView): Run['enhanced'] {
  const enhanced = enhancedOf(view);
  if (!enhanced) return null;
  const motionOf = (scene: number | null) =>
    view.steps.find((step) => step.kind === 'enhance' && step.inputs.length > 0 && step.scene === scene)?.enhanced
      ?.motion;
  return {
    image: enhanced.image,
    motion: motionOf(enhanced.shots ? 1 : null) ?? enhanced.motion,
    shots: enhanced.shots?.map(({ image, motion }, index) => ({ image, motion: motionOf(index + 1) ?? motion })),
  };
}

/** The image of the scene that a video shows, or the first image of the run. */
function stillOf(view: RunView, { step }: Asset): Asset | undefined {
  const scene = view.steps.find(({ number }) => number === step)?.scene ?? null;
  const images = view.assets.filter((asset) => asset.kind === 'image' && asset.step !== null);
  const ofScene = images.find((image) => view.steps.some((one) => one.number === image.step && one.scene === scene));
  return ofScene ?? images[0];
}

/** A video's still is the image that it began with. */
function presentMedium(asset: Asset, view: RunView, sign: (objectKey: string) => string): z.infer<typeof medium> {
  const still = asset.kind === 'image' ? asset : (stillOf(view, asset) ?? givenOf(view));
  const url = sign(asset.objectKey);
  const { kind, step, mime, width, height, seconds, bytes, flagged } = asset;
  return {
    kind,
    step,
    isResult: resultsOf(view).some((result) => result.asset === asset),
    url,
    downloadUrl: `${url}&download=1`,
    thumbnailUrl: still ? `${sign(still.objectKey)}&thumbnail=1` : null,
    previewUrl: still ? `${sign(still.objectKey)}&thumbnail=large` : null,
    mime,
    width,
    height,
    seconds,
    bytes,
    flagged,
  };
}

/** The address of one file, or of an archive of several. Null if the run has made nothing, or its files are gone. */
function downloadUrl(view: RunView, sign: (objectKey: string) => string): string | null {
  const [made, another] = madeBy(view);
  if (!made) return null;
  return another ? `/api/workflows/${view.run.id}/media.zip` : `${sign(made.objectKey)}&download=1`;
}

/** The results that a run still has. The member's own image does not count, nor does what became a part of a result. */
export const madeBy = (view: RunView): Asset[] => (view.run.deletedAt ? [] : resultsOf(view).map(({ asset }) => asset));
