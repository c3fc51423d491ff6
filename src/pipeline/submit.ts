import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Db } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { foreseeRefusal, type InsertOutcome, insertRun, loadRun, type NewRun, type RunView } from '../db/runs.ts';
import { ensureWorkspace, settingsOf, type Workspace } from '../db/workspaces.ts';
import {
  type JsonValue,
  type Member,
  type Platform,
  type RunId,
  type RunLimits,
  type RunOptions,
  runId,
  runOptions,
  type StepKind,
  type Workflow,
  type WorkspaceId,
} from '../domain.ts';
import type { ReachFailpoint } from './failpoints.ts';
import { type Keys, vendorsAmong } from './keys.ts';
import type { AcceptedImage } from './media/input.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { MediaStore } from './media/store.ts';
import { type ModerationDeps, type Objection, objectionToImage, objectionToWords } from './moderation.ts';
import { priceSteps, total } from './pricing.ts';
import type { Capabilities } from './providers/provider.ts';
import type { Providers, Service, Vendors } from './providers/registry.ts';

export type Submission = {
  workspace: Workspace;
  member: Member;
  /** The platform's own id of the command, for example Discord's interaction id. A repeated key changes nothing. */
  requestKey: string;
  /** The platform on which the run posts, if it is not its workspace's own. */
  platform?: Platform;
  /** The conversation in which the run posts. Only its platform reads this. */
  conversation: JsonValue;
  /** The channel in which the command was given, and the channels it belongs to. Left out on a platform without channels. */
  channelIds?: readonly string[] | undefined;
  workflow: Workflow;
  prompt: string;
  /** The member's choices. The rest comes from the workspace's settings, then from the product's defaults. */
  options: { [Option in keyof RunOptions]?: RunOptions[Option] | undefined };
  /**
   * Fetches, decodes and cleans the image of a `video` run; null if there is none. Submit calls it after all cheap checks,
   * because decoding takes seconds of CPU time. Submit owns the resulting file.
   */
  image: (() => Promise<AcceptedImage>) | null;
  /** How long the run waits for its first message: see {@link NewRun}. Left out if the run posts all its messages itself. */
  waitsForAnswerMs?: number;
  /** The maximum price in credits that the member was shown. Left out if the price does not matter. */
  maxCredits?: number | undefined;
};

/** An option that the chosen model does not support. It is found before any credits are held. */
type Unsupported = {
  outcome: 'unsupported';
  option: 'aspect' | 'quality' | 'duration' | 'resolution';
  value: string | number;
  allowed: readonly (string | number)[];
  provider: string;
  model: string;
};

/** The workspace's admins allow runs only in other channels. */
type Elsewhere = { outcome: 'elsewhere'; channels: readonly string[] };

/** VidGenie cannot work with the given image. */
type BadImage = {
  outcome: 'bad_image';
  reason: Extract<AcceptedImage, { outcome: 'refused' }>['reason'];
  detail: string;
};

export type SubmitOutcome =
  | { outcome: 'accepted'; runId: RunId; price: number; balance: number; options: RunOptions }
  | Exclude<InsertOutcome, { outcome: 'accepted' }>
  | Unsupported
  | Elsewhere
  | Objection
  | BadImage
  /** The price is higher than the member was shown. */
  | { outcome: 'dearer'; price: number }
  /** There is no key for this step: the workspace has none, and the operator has none. */
  | { outcome: 'no_key'; step: StepKind };

export type SubmitDeps = {
  db: Db;
  providers: Providers;
  store: MediaStore;
  keys: Keys;
  moderation: ModerationDeps;
  freeCredits: number;
  /** The price of a step on the workspace's own key, in percent of its normal price. */
  byokPricePercent: number;
  limits: RunLimits;
  now: () => Date;
  /** Notifies the relays that a run fell due. If the notification is lost, they find the run by themselves within half a second. */
  wake: () => void;
  reachFailpoint: ReachFailpoint;
};

/**
 * Validates, prices, holds and inserts a run. After `accepted` the run is worked, whatever happens to this process. Cheap checks
 * come first: no image is decoded for a command that is refused because of its channel, its options, its text, its member's
 * limits or its workspace's balance.
 */
export async function submit(deps: SubmitDeps, submission: Submission): Promise<SubmitOutcome> {
  const { workspace, member, workflow, requestKey, prompt } = submission;
  const { settings, keyProviders } = await ensureWorkspace(deps.db, workspace, deps.freeCredits);
  const { defaults, blockedWords, channels, dailyRuns } = settings;
  if (!isOpen(channels, submission.channelIds)) return { outcome: 'elsewhere', channels };
  const brought = vendorsAmong(keyProviders);
  const options = runOptions.parse({ ...given(defaults), ...given(submission.options) });
  const planned = plan(deps, workflow, options, brought);
  if (planned.outcome !== 'planned') return planned;
  const price = total(planned.steps);
  if (submission.maxCredits !== undefined && price > submission.maxCredits) return { outcome: 'dearer', price };

  const id = runId.parse(randomUUID());
  const run: Omit<NewRun, 'input'> = {
    id,
    workspaceId: workspace.id,
    requestKey,
    memberId: member.id,
    memberName: member.name,
    workflow,
    prompt,
    options,
    platform: submission.platform ?? null,
    conversation: submission.conversation,
    steps: planned.steps,
    waitsForAnswerMs: submission.waitsForAnswerMs ?? 0,
  };
  const limits = { ...deps.limits, dailyRuns };
  const shut = submission.image ? await foreseeRefusal(deps.db, run, limits) : null;
  if (shut) return shut;
  const moderated = { id: workspace.id, brought };
  const objection = await objectionToWords(deps.moderation, moderated, blockedWords, prompt);
  if (objection) return objection;
  const accepted = (await submission.image?.()) ?? null;
  if (accepted?.outcome === 'refused') return { ...accepted, outcome: 'bad_image' };
  const image = accepted?.image ?? null;
  try {
    const offence = image && (await objectionToImage(deps.moderation, moderated, image));
    if (offence) return offence;
    const input = image ? inputOf(id, image) : null;
    const whole = { ...run, input };
    const outcome = await keepInput(deps, whole, image, () => insertRun(deps.db, whole, limits));
    if (outcome.outcome !== 'accepted') return outcome;
    deps.reachFailpoint('run_inserted', { runId: id });
    deps.wake();
    return { ...outcome, runId: id, options };
  } finally {
    // The store has moved the file, unless the run was refused.
    if (image) await rm(image.path, { force: true });
  }
}

/**
 * Stores the input image before the run is inserted, because a worker may take the run right after. If the run is not inserted,
 * this removes the image.
 */
async function keepInput(
  { db, store }: Pick<SubmitDeps, 'db' | 'store'>,
  { id, input }: NewRun,
  image: ReceivedFile | null,
  insert: () => Promise<InsertOutcome>,
): Promise<InsertOutcome> {
  if (!input || !image) return await insert();
  // If the store is away, the answer stays the same. The sweeper removes the image later.
  const remove = () => store.remove(input.objectKey).catch(() => undefined);
  try {
    await store.put(input.objectKey, image);
    const outcome = await insert();
    if (outcome.outcome !== 'accepted') await remove();
    return outcome;
  } catch (error) {
    if (await isUnwritten(db, id, error)) await remove();
    throw error;
  }
}

/**
 * Whether a failed insert has certainly not written the run. If the connection broke, nobody knows: the database may still carry
 * out the statement, even after it has answered that there is no such run.
 */
async function isUnwritten(db: Db, id: RunId, error: unknown): Promise<boolean> {
  if (isDatabaseAway(error)) return false;
  return await loadRun(db, id).then(
    (view) => view === null,
    () => false,
  );
}

/** Whether members may start runs in a conversation, given the channels that their workspace has chosen. */
export const isOpen = (chosen: readonly string[], channelIds: readonly string[] | undefined): boolean =>
  chosen.length === 0 || channelIds === undefined || channelIds.some((id) => chosen.includes(id));

export type Quote = {
  price: number;
  options: RunOptions;
  steps: readonly { kind: StepKind; priceCredits: number }[];
  /** The reason why the run is not possible. `price` is then the price without that reason. */
  obstacle: Exclude<Plan, { outcome: 'planned' }> | null;
};

/** The price that a submission would have, in credits, and the options that it would run with. */
export async function quote(
  deps: Pick<SubmitDeps, 'db' | 'providers' | 'keys' | 'byokPricePercent'>,
  workspaceId: WorkspaceId,
  workflow: Workflow,
  chosen: Submission['options'],
): Promise<Quote> {
  const { defaults } = await settingsOf(deps.db, workspaceId);
  const options = runOptions.parse({ ...given(defaults), ...given(chosen) });
  const planned = plan(deps, workflow, options, await deps.keys.of(workspaceId));
  const steps = planned.outcome === 'planned' ? planned.steps : priceSteps(workflow, options);
  return { options, steps, price: total(steps), obstacle: planned.outcome === 'planned' ? null : planned };
}

/** The prices of new runs based on this one, in credits. Null if such a run is not possible. */
export type NextPrices = { again: number | null; animate: number | null };

/**
 * The prices of the same run again, and of a video of the image that it made. Its options are complete, so no setting changes
 * them.
 */
export async function nextPrices(
  deps: Pick<SubmitDeps, 'providers' | 'keys' | 'byokPricePercent'>,
  { run }: RunView,
): Promise<NextPrices> {
  const brought = await deps.keys.of(run.workspaceId);
  const priceOf = (workflow: Workflow) => {
    const planned = plan(deps, workflow, run.options, brought);
    return planned.outcome === 'planned' ? total(planned.steps) : null;
  };
  return { again: priceOf(run.workflow), animate: priceOf('video') };
}

/** Keeps only options with a value: an option left out must not overwrite a default. */
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

type Plan = { outcome: 'planned'; steps: NewRun['steps'] } | Unsupported | { outcome: 'no_key'; step: StepKind };

/** The provider, the key source and the price of each step of a run, or the reason why there is none. */
function plan(
  deps: Pick<SubmitDeps, 'providers' | 'byokPricePercent'>,
  workflow: Workflow,
  options: RunOptions,
  workspaceKeys: Vendors,
): Plan {
  const steps: NewRun['steps'] = [];
  for (const { kind, priceCredits } of priceSteps(workflow, options)) {
    const service = deps.providers.choose(kind, workspaceKeys);
    if (!service) return { outcome: 'no_key', step: kind };
    const unsupported = unsupportedBy(service, options);
    if (unsupported) return unsupported;
    const { provider, keySource } = service;
    const percent = keySource === 'workspace' ? deps.byokPricePercent : 100;
    const price = Math.ceil((priceCredits * percent) / 100);
    const expectedMs = Math.round(provider.expectedMs(options));
    steps.push({ kind, priceCredits: price, provider: provider.id, model: provider.model, keySource, expectedMs });
  }
  return { outcome: 'planned', steps };
}

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

function unsupportedBy({ provider }: Service<StepKind>, options: RunOptions): Unsupported | null {
  const { id, capabilities, model, step } = provider;
  for (const { option, value, allowed } of asked[step](capabilities, options)) {
    const permitted: readonly (string | number)[] = allowed;
    if (!permitted.includes(value))
      return { outcome: 'unsupported', option, value, allowed: permitted, provider: id, model };
  }
  return null;
}
