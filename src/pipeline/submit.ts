import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Db } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { foreseeRefusal, type InsertOutcome, insertRun, type NewRun, type Parent } from '../db/insertRun.ts';
import { type Asset, loadRun, type NewAsset, type RunView } from '../db/runs.ts';
import type { Work } from '../db/usualDurations.ts';
import { ensureWorkspace, type Workspace } from '../db/workspaces.ts';
import {
  type JsonValue,
  type Member,
  type Platform,
  type RunId,
  type RunLimits,
  type RunOptions,
  runId,
  type Workflow,
} from '../domain.ts';
import { castOf, type NotInCast } from './cast.ts';
import type { ReachFailpoint } from './failpoints.ts';
import { givenOf } from './graph.ts';
import { type Keys, vendorsAmong } from './keys.ts';
import type { AcceptedImage } from './media/input.ts';
import { nearestAspect } from './media/ratios.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { MediaStore } from './media/store.ts';
import type { WordRefusal } from './models.ts';
import { type ModerationDeps, type Objection, objectionToImage, objectionToWords } from './moderation.ts';
import {
  type GivenOptions,
  type Origin,
  optionsOf,
  type Plan,
  type PlanDeps,
  planRun,
  referencesOf,
  withUsualDurations,
} from './plan.ts';
import { total } from './pricing.ts';
import type { Space } from './space.ts';
import { wishOf } from './wish.ts';

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
  /** The words, in which `@name` names an entry of the workspace's cast. */
  prompt: string;
  /** The member's choices. The rest comes from the workspace's settings, then from the product's defaults. */
  options: GivenOptions;
  /** The run that this one begins with. Left out for a run that begins with nothing. */
  origin?: Origin;
  /** The run from whose result a button made this one. Left out if a command did. */
  parent?: Parent | null;
  /**
   * Fetches, decodes and cleans the image that a member gave; null if there is none. A `video` run animates it, an `edit` run
   * changes it, and for the others it is a reference. Submit calls it after all cheap checks, because decoding takes seconds of CPU
   * time. Submit owns the resulting file.
   */
  image: (() => Promise<AcceptedImage>) | null;
  /** How long the run waits for its first message: see {@link NewRun}. Left out if the run posts all its messages itself. */
  waitsForAnswerMs?: number;
  /** The maximum price in credits that the member was shown. Left out if the price does not matter. */
  maxCredits?: number | undefined;
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
  | {
      outcome: 'accepted';
      runId: RunId;
      price: number;
      balance: number;
      options: RunOptions;
      /** The models that were asked for or allowed and that make a step of this run. */
      models: string[];
    }
  | Exclude<InsertOutcome, { outcome: 'accepted' }>
  | Elsewhere
  | Objection
  | BadImage
  | Exclude<Plan, { outcome: 'planned' }>
  | WordRefusal
  | NotInCast
  /** A disk is nearly full. */
  | { outcome: 'no_room' }
  /** The price is higher than the member was shown. */
  | { outcome: 'dearer'; price: number };

export type SubmitDeps = PlanDeps & {
  db: Db;
  /** The learned duration of such steps in milliseconds, if it is known. */
  usualMs: (work: Work) => Promise<number | null>;
  store: MediaStore;
  space: Pick<Space, 'room'>;
  /** The folder for copies on their way from one run to another. */
  temporaryDirectory: string;
  keys: Keys;
  moderation: ModerationDeps;
  freeCredits: number;
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
  const { defaults, blockedWords, channels, dailyRuns, allowedModels: allowed } = settings;
  if (!isOpen(channels, submission.channelIds)) return { outcome: 'elsewhere', channels };
  const brought = vendorsAmong(keyProviders);
  const { origin = null } = submission;
  // A button repeats the models of its run. Only a command names some.
  const isCommand = !submission.parent && origin === null;
  const { options: wished, refusal } = isCommand
    ? wishOf(deps.providers, brought, workflow, settings, submission.options)
    : { options: optionsOf(workflow, defaults, submission.options), refusal: null };
  if (refusal) return refusal;
  const named = await castOf(deps.db, workspace.id, prompt);
  if (named.outcome === 'not_in_cast') return named;
  const { cast } = named;
  // Even if the image is not kept any more: a plan is compared with that of the run that it continues.
  const isGiven = submission.image !== null || (origin !== null && givenOf(origin.view) !== null);
  const references = referencesOf(workflow, cast, isGiven);
  const planned = planRun(deps, workflow, wished, brought, { origin, references, allowed });
  if (planned.outcome !== 'planned') return planned;
  const price = total(planned.steps);
  if (submission.maxCredits !== undefined && price > submission.maxCredits) return { outcome: 'dearer', price };

  const id = runId.parse(randomUUID());
  const foreseen: Omit<NewRun, 'input'> = {
    id,
    workspaceId: workspace.id,
    requestKey,
    memberId: member.id,
    memberName: member.name,
    workflow,
    prompt,
    options: wished,
    parent: submission.parent ?? null,
    cast,
    platform: submission.platform ?? null,
    conversation: submission.conversation,
    steps: planned.steps,
    waitsForAnswerMs: submission.waitsForAnswerMs ?? 0,
  };
  const limits = { ...deps.limits, dailyRuns };
  const hasRoom = deps.space.room() === 'ample';
  const shut = submission.image || origin || !hasRoom ? await foreseeRefusal(deps.db, foreseen, limits) : null;
  if (shut) return shut;
  // A repeated command was answered above: its run was accepted when there was room.
  if (!hasRoom) return { outcome: 'no_room' };
  const moderated = { id: workspace.id, brought };
  const words = wished.motion === null ? prompt : `${prompt}\n${wished.motion}`;
  const objection = await objectionToWords(deps.moderation, moderated, blockedWords, words);
  if (objection) return objection;
  const accepted = (await submission.image?.()) ?? null;
  if (accepted?.outcome === 'refused') return { ...accepted, outcome: 'bad_image' };
  const image = accepted?.image ?? null;
  try {
    const options = image && workflow === 'edit' ? inShapeOf(image, wished, submission.options) : wished;
    const plan =
      options === wished ? planned : planRun(deps, workflow, options, brought, { origin, references, allowed });
    if (plan.outcome !== 'planned') return plan;
    // The picture's shape may cost more than the one that was reckoned with.
    const shaped = total(plan.steps);
    if (submission.maxCredits !== undefined && shaped > submission.maxCredits) {
      return { outcome: 'dearer', price: shaped };
    }
    const run = {
      ...foreseen,
      options: { ...options, models: plan.models },
      steps: await withUsualDurations(deps.usualMs, plan.steps),
    };
    const offence = image && (await objectionToImage(deps.moderation, moderated, image));
    if (offence) return offence;
    const given = image ? { ...inputOf(id, image), path: image.path } : null;
    const { placed, run: whole } = withObjects(run, given, origin?.view ?? null);
    const outcome = await keepObjects(deps, id, placed, () => insertRun(deps.db, whole, limits));
    if (outcome.outcome !== 'accepted') return outcome;
    deps.reachFailpoint('run_inserted', { runId: id });
    deps.wake();
    const used = plan.models.filter((model) => plan.steps.some((step) => step.model === model));
    return { ...outcome, runId: id, options: run.options, models: used };
  } finally {
    // The store has moved the file, unless the run was refused.
    if (image) await rm(image.path, { force: true });
  }
}

/** A changed image keeps its shape, unless the member chose another one. */
const inShapeOf = (image: ReceivedFile, options: RunOptions, chosen: GivenOptions): RunOptions =>
  chosen.aspect === undefined ? { ...options, aspect: nearestAspect(image) } : options;

/** The image that a run goes on with, from the run that it continues. */
function givenTo(origin: RunView | null, workflow: Workflow): Asset | null {
  if (!origin || origin.run.workflow !== workflow) return null;
  const kept = givenOf(origin);
  return kept?.removedAt === null ? kept : null;
}

/** An object that a new run begins with: a file on this machine, or an object of another run to copy. */
type Placed = NewAsset & ({ path: string } | { copyOf: string });

/**
 * The run with its own keys for the objects that it begins with. Each run owns its objects, so deleting one run never affects
 * another.
 */
function withObjects(
  run: Omit<NewRun, 'input'>,
  given: (NewAsset & { path: string }) | null,
  origin: RunView | null,
): { run: NewRun; placed: Placed[] } {
  const placed: Placed[] = [];
  const ownCopy = ({ objectKey, ...asset }: NewAsset): NewAsset => {
    const { kind, mime, width, height, seconds, bytes, sha256, flagged = null } = asset;
    // The sweeper erases such objects of a run that was never inserted.
    const name = basename(objectKey).replace(/^(input-)?/, 'input-');
    const own = {
      kind,
      objectKey: `runs/${run.id}/${name}`,
      mime,
      width,
      height,
      seconds,
      bytes,
      sha256,
      flagged,
    };
    placed.push({ ...own, copyOf: objectKey });
    return own;
  };
  // The first clip of the film was made from it, and is taken over. So a run goes on without an image that was removed.
  const inherited = givenTo(origin, run.workflow);
  if (given) placed.push(given);
  const input = given ?? (inherited && ownCopy(inherited));
  const steps = run.steps.map((step) => {
    const { takenOver } = step;
    if (takenOver === null || takenOver === 'skipped' || !takenOver.asset) return step;
    return { ...step, takenOver: { ...takenOver, asset: ownCopy(takenOver.asset) } };
  });
  return { run: { ...run, steps, input }, placed };
}

/**
 * Stores the objects that a run begins with before it is inserted, because a worker may take the run right after. If the run is
 * not inserted, this removes them.
 */
async function keepObjects(
  { db, store, temporaryDirectory }: Pick<SubmitDeps, 'db' | 'store' | 'temporaryDirectory'>,
  id: RunId,
  placed: readonly Placed[],
  insert: () => Promise<InsertOutcome>,
): Promise<InsertOutcome> {
  // If the store is away, the answer stays the same. The sweeper removes the objects later.
  const remove = () => Promise.all(placed.map(({ objectKey }) => store.remove(objectKey).catch(() => undefined)));
  try {
    for (const object of placed) {
      if ('path' in object) await store.put(object.objectKey, object);
      else await copyObject(store, object, temporaryDirectory);
    }
    const outcome = await insert();
    if (outcome.outcome !== 'accepted') await remove();
    return outcome;
  } catch (error) {
    if (placed.length > 0 && (await isUnwritten(db, id, error))) await remove();
    throw error;
  }
}

async function copyObject(store: MediaStore, object: NewAsset & { copyOf: string }, directory: string): Promise<void> {
  const path = join(directory, `copy-${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await pipeline(await store.open(object.copyOf), createWriteStream(path));
    await store.put(object.objectKey, { ...object, path });
  } finally {
    await rm(path, { force: true });
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

const inputOf = (id: RunId, image: ReceivedFile): NewAsset => ({
  kind: 'image',
  objectKey: `runs/${id}/input-${image.sha256.slice(0, 8)}.${image.extension}`,
  mime: image.mime,
  width: image.width,
  height: image.height,
  seconds: null,
  bytes: image.bytes,
  sha256: image.sha256,
});
