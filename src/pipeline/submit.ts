import { randomUUID } from 'node:crypto';
import type { Db } from '../db/client.ts';
import { type InsertOutcome, insertRun, type NewRun } from '../db/runs.ts';
import {
  type Member,
  type Opaque,
  type RunId,
  type RunOptions,
  runId,
  runOptions,
  type StepKind,
  stepsOf,
  type Workflow,
  type WorkspaceId,
} from '../db/vocabulary.ts';
import { ensureWorkspace, settingsOf, type Workspace } from '../db/workspaces.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { MediaStore } from './media/store.ts';
import type { Reach } from './milestones.ts';
import { priceSteps } from './pricing.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Providers } from './providers/registry.ts';

export type Submission = {
  workspace: Workspace;
  member: Member;
  /** The platform's own identity of the command, for example Discord's interaction id: repeated, it changes nothing. */
  requestKey: string;
  /** Where the run is to speak; only its face understands it. */
  place: Opaque;
  workflow: Workflow;
  prompt: string;
  /** What the member chose; the rest comes from the workspace's settings, then from the product's defaults. */
  options: { [Option in keyof RunOptions]?: RunOptions[Option] | undefined };
  /** The image of a `video` run, accepted and normalised. */
  image: ReceivedFile | null;
};

/** Something that the chosen model cannot do, found before any credit is held. */
export type Unsupported = {
  outcome: 'unsupported';
  option: 'aspect' | 'quality' | 'duration' | 'resolution';
  value: string | number;
  allowed: readonly (string | number)[];
  model: string;
};

export type SubmitOutcome =
  | { outcome: 'accepted'; runId: RunId; price: number; balance: number; options: RunOptions }
  | Exclude<InsertOutcome, { outcome: 'accepted' }>
  | Unsupported;

export type SubmitDeps = {
  db: Db;
  providers: Providers;
  store: MediaStore;
  freeCredits: number;
  now: () => Date;
  /** Tells the relays that a run fell due; when it is lost, they look by themselves within half a second. */
  wake: () => void;
  reach: Reach;
};

/** Validates, prices, holds and inserts a run. After `accepted` it will be worked, whatever happens to this process. */
export async function submit(deps: SubmitDeps, submission: Submission): Promise<SubmitOutcome> {
  const { workspace, member, workflow, image } = submission;
  await ensureWorkspace(deps.db, workspace, deps.freeCredits, deps.now());
  const { defaults } = await settingsOf(deps.db, workspace.id);
  const options = runOptions.parse({ ...given(defaults), ...given(submission.options) });
  const unsupported = firstUnsupported(deps.providers, workflow, options);
  if (unsupported) return unsupported;

  const id = runId.parse(randomUUID());
  const input = image ? inputOf(id, image) : null;
  if (input && image) await deps.store.put(input.objectKey, image);
  const outcome = await insertRun(deps.db, {
    id,
    workspaceId: workspace.id,
    requestKey: submission.requestKey,
    memberId: member.id,
    memberName: member.name,
    workflow,
    prompt: submission.prompt,
    options,
    place: submission.place,
    steps: priceSteps(workflow, options).map((step) => {
      const provider = deps.providers.choose(step.kind);
      return { ...step, provider: provider.id, model: provider.model };
    }),
    input,
  });
  if (outcome.outcome !== 'accepted') {
    if (input) await deps.store.remove(input.objectKey);
    return outcome;
  }
  deps.reach('run_inserted', { runId: id });
  deps.wake();
  return { ...outcome, runId: id, options };
}

/** The price that a submission would have, in credits, with the options that it would run with. */
export async function quote(
  deps: Pick<SubmitDeps, 'db' | 'providers'>,
  workspaceId: WorkspaceId,
  workflow: Workflow,
  chosen: Submission['options'],
): Promise<{ price: number; options: RunOptions }> {
  const { defaults } = await settingsOf(deps.db, workspaceId);
  const options = runOptions.parse({ ...given(defaults), ...given(chosen) });
  return { options, price: priceSteps(workflow, options).reduce((sum, step) => sum + step.priceCredits, 0) };
}

/** Only what was said: an option left out must not overwrite a default. */
const given = (options: Submission['options']) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const inputOf = (id: RunId, image: ReceivedFile): NonNullable<NewRun['input']> => ({
  objectKey: `runs/${id}/input-${image.sha256.slice(0, 8)}.${image.extension}`,
  mime: image.mime,
  width: image.width,
  height: image.height,
  bytes: image.bytes,
  sha256: image.sha256,
});

const asked = {
  enhance: () => [],
  image: (can: Capabilities, options: RunOptions) => [
    { option: 'aspect', value: options.aspect, allowed: can.aspects } as const,
    { option: 'quality', value: options.quality, allowed: can.qualities } as const,
  ],
  video: (can: Capabilities, options: RunOptions) => [
    { option: 'aspect', value: options.aspect, allowed: can.aspects } as const,
    { option: 'duration', value: options.duration, allowed: can.durations } as const,
    { option: 'resolution', value: options.resolution, allowed: can.resolutions } as const,
  ],
} satisfies Record<StepKind, unknown>;

function firstUnsupported(providers: Providers, workflow: Workflow, options: RunOptions): Unsupported | null {
  for (const kind of stepsOf[workflow]) {
    const { capabilities, model } = providers.choose(kind);
    for (const { option, value, allowed } of asked[kind](capabilities, options)) {
      const permitted: readonly (string | number)[] = allowed;
      if (!permitted.includes(value)) return { outcome: 'unsupported', option, value, allowed: permitted, model };
    }
  }
  return null;
}
