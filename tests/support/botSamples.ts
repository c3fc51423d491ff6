import type { Asset, RunView, Step } from '../../src/db/runs.ts';
import { kindsOf, runId, runOptions, type StepKind, type Workflow, workspaceId } from '../../src/domain.ts';
import type { Progress } from '../../src/pipeline/progress.ts';
import { stepOf } from './views.ts';

export const id = runId.parse('0b8f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b');
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, seconds));

export const step = (kind: StepKind, over: Partial<Step> = {}): Step =>
  stepOf(kind, { runId: id, provider: 'demo', model: `demo-${kind}`, ...over });

export const doneSteps = {
  enhance: step('enhance', { state: 'done', enhanced: { image: 'a red fox, soft light', motion: 'slow push-in' } }),
  image: step('image', { state: 'done' }),
  video: step('video', { state: 'done' }),
};

export const image: Asset = {
  id: '1b8f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b',
  runId: id,
  step: 2,
  kind: 'image',
  objectKey: `runs/${id}/image-aaaaaaaa.png`,
  mime: 'image/png',
  width: 1920,
  height: 1080,
  seconds: null,
  bytes: 1_265_187,
  sha256: 'a'.repeat(64),
  flagged: null,
  createdAt: at(5),
  removedAt: null,
  erasedAt: null,
};

export const video: Asset = {
  ...image,
  id: '2b8f6a52-3c1d-4e5f-8a9b-0c1d2e3f4a5b',
  step: 3,
  kind: 'video',
  mime: 'video/mp4',
  objectKey: `runs/${id}/video-bbbbbbbb.mp4`,
  seconds: 8,
  bytes: 5_973_459,
};

export function view(over: Partial<RunView['run']> = {}, steps?: Step[], assets: Asset[] = []): RunView {
  const workflow: Workflow = over.workflow ?? 'complete';
  return {
    run: {
      id,
      workspaceId: workspaceId.parse('terminal:local'),
      requestKey: 'key',
      memberId: 'ada',
      memberName: 'Ada',
      workflow,
      prompt: 'a fox in the snow',
      options: runOptions.parse({}),
      platform: null,
      conversation: {},
      postedMessages: {},
      parentId: null,
      parentStep: null,
      cast: [],
      state: 'queued',
      priceCredits: 24,
      capturedCredits: null,
      releasedCredits: null,
      failure: null,
      cancelRequestedAt: null,
      deletedAt: null,
      dueAt: at(0),
      dispatch: 0,
      claimed: 0,
      busy: false,
      hookedAt: null,
      failedAttempts: 0,
      createdAt: at(0),
      startedAt: null,
      settledAt: null,
      deliveredAt: null,
      unreached: null,
      unreachedKinds: null,
      needsWorker: 1,
      deliveryFailure: null,
      ...over,
    },
    steps: steps ?? kindsOf[workflow].map((kind) => step(kind)),
    assets,
    clockAheadMs: 0,
  };
}

export const settled = (captured: number, released: number) => ({
  capturedCredits: captured,
  releasedCredits: released,
  startedAt: at(1),
  settledAt: at(24),
  deliveredAt: at(24),
  dueAt: null,
});

export const succeeded = view({ state: 'succeeded', ...settled(24, 0) }, Object.values(doneSteps), [image, video]);

/** A progress in which every step is half-way. */
export const halfWay = ({ steps }: RunView): Progress => ({
  percent: 50,
  remainingMs: 12_000,
  steps: steps.map(({ number, kind }) => ({ number, kind, percent: 50, elapsedMs: 4_000, remainingMs: 4_000 })),
});
