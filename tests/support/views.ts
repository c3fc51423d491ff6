import type { NewStep } from '../../src/db/insertRun.ts';
import type { Run, RunView, Step } from '../../src/db/runs.ts';
import { runId, runOptions, type StepKind, workspaceId } from '../../src/domain.ts';

const id = runId.parse('6f1b6b5e-2f0f-4b8e-9a53-0d1c6f2a7b11');

/** The numbers of the steps of a run that makes one image and one video. */
export const numberOf: Record<StepKind, number> = { enhance: 1, image: 2, video: 3, join: 4 };
const pricesOf: Record<StepKind, number> = { enhance: 1, image: 5, video: 18, join: 0 };

/** A step as it is inserted, except for `over`. */
export const newStepOf = (kind: StepKind, over: Partial<NewStep> = {}): NewStep => {
  const { number, inputs, priceCredits, provider, keySource } = stepOf(kind);
  const numbered = { number, kind, inputs, scene: null, variant: null, seconds: null, isExtension: false, size: '' };
  return { ...numbered, priceCredits, provider, model: kind, keySource, expectedMs: 100, takenOver: null, ...over };
};

/** A step as it is when a run is submitted, except for `over`. */
export const stepOf = (kind: StepKind, over: Partial<Step> = {}): Step => ({
  runId: id,
  number: numberOf[kind],
  kind,
  inputs: { enhance: [], image: [1], video: [1, 2], join: [3] }[kind],
  scene: null,
  variant: null,
  seconds: null,
  isExtension: false,
  isCostEstimate: false,
  insteadOf: null,
  size: '',
  state: 'pending',
  dueAt: null,
  hookedAt: null,
  failedAttempts: 0,
  priceCredits: pricesOf[kind],
  provider: 'vendor',
  model: 'm',
  keySource: 'none',
  handle: null,
  submits: 0,
  fraction: null,
  expectedMs: null,
  shown: 0,
  enhanced: null,
  failure: null,
  costMicroUsd: null,
  usage: null,
  startedAt: null,
  finishedAt: null,
  ...over,
});

/** An active run, except for `over`. */
export const viewOf = (steps: Step[], over: Partial<Run> = {}): RunView => ({
  run: {
    id,
    workspaceId: workspaceId.parse('terminal:test'),
    requestKey: 'k',
    memberId: 'ada',
    memberName: 'Ada',
    workflow: 'complete',
    prompt: 'a fox',
    options: runOptions.parse({}),
    platform: null,
    conversation: {},
    postedMessages: {},
    parentId: null,
    parentStep: null,
    cast: [],
    state: 'running',
    priceCredits: 24,
    capturedCredits: null,
    releasedCredits: null,
    failure: null,
    cancelRequestedAt: null,
    dueAt: new Date(),
    dispatch: 1,
    claimed: 1,
    busy: true,
    hookedAt: null,
    failedAttempts: 1,
    createdAt: new Date(),
    startedAt: null,
    settledAt: null,
    deliveredAt: null,
    deliveryFailure: null,
    unreached: null,
    unreachedKinds: null,
    needsWorker: 1,
    deletedAt: null,
    ...over,
  },
  steps,
  assets: [],
  clockAheadMs: 0,
});
