import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { nonceOf } from '../../src/bots/discord/runMessages.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun, type RunView, type Step } from '../../src/db/runs.ts';
import { providedKinds, type RunId } from '../../src/domain.ts';
import { assetOf, clipsToJoin, resultsOf, sourceOf } from '../../src/pipeline/graph.ts';
import { earned, maxSubmits } from '../../src/pipeline/stateMachine.ts';
import type { Given } from './commands.ts';
import type { Ground } from './ground.ts';

export type Verdict = { faults: string[]; outcomes: Record<string, number> };

/** Checks what must hold after any storm. An empty list of faults is the good answer. */
export async function judge(ground: Ground, given: readonly Given[]): Promise<Verdict> {
  const { db } = ground.database;
  const faults: string[] = [];
  const outcomes: Record<string, number> = {};
  const count = (what: string) => {
    outcomes[what] = (outcomes[what] ?? 0) + 1;
  };
  for (const { invariant, subject, found, expected } of await checkInvariants(db, { atRest: true })) {
    faults.push(`"${invariant}" does not hold for ${subject}: ${found} where ${expected} is expected`);
  }
  const [total] = z
    .array(z.object({ runs: z.coerce.number() }))
    .parse(await db.execute(sql`SELECT count(*) AS runs FROM runs`));
  if (total?.runs !== given.length) faults.push(`${given.length} commands became ${total?.runs} runs`);

  const views = new Map<string, RunView[]>();
  for (const one of given) {
    const { name, tag, submission, runId, accepted } = one;
    faults.push(...one.oddities.map((odd) => `${name} ${odd}`));
    if (accepted > 1) faults.push(`${name} was accepted ${accepted} times`);
    const view = runId === null ? null : await loadRun(db, runId);
    if (!view || runId === null) {
      faults.push(`${name} was given ${one.deliveries} times, and there is no run`);
      continue;
    }
    views.set(tag, [...(views.get(tag) ?? []), view]);
    const { workflow, state, failure, deliveryFailure } = view.run;
    count(failure ? `${state}: ${failure.kind}` : state);
    count(`${workflow}${submission.origin?.how === 'continue' ? ', continued' : ''}: ${state}`);
    if (deliveryFailure) count(`not told: ${deliveryFailure.kind}`);
    const own = [
      ...judgeCredits(view),
      ...judgeStops(ground, tag, view),
      ...(await judgeAssets(ground, tag, view)),
      ...judgeMessages(ground, one, runId, view),
    ];
    faults.push(...own.map((fault) => `${name}: ${fault}`));
  }
  for (const [tag, family] of views) faults.push(...judgeSubmits(ground, tag, family));
  const succeeded = outcomes.succeeded ?? 0;
  if (succeeded < given.length / 3) faults.push(`only ${succeeded} of ${given.length} runs succeeded`);
  const broken = ground.discord.world.violations.filter((one) => !one.startsWith('the simulator could not read'));
  faults.push(...broken.slice(0, 5).map((one) => `a rule of Discord's was broken: ${one}`));
  return { faults, outcomes };
}

/**
 * A step is paid for as often as it was sent, at most as often as it may be sent, and at least once if it was done. The requests of
 * a run and of those that go on from it have one tag, so we add them up.
 */
function judgeSubmits({ vendors }: Ground, tag: string, family: readonly RunView[]): string[] {
  const { billed } = vendors.accountOf(tag);
  return providedKinds.flatMap((kind) => {
    const steps = family.flatMap((view) => view.steps.filter((step) => step.kind === kind));
    const max = steps.reduce((sum, { submits }) => sum + Math.min(submits, maxSubmits[kind]), 0);
    // A step that was taken over from another run was not sent.
    const min = steps.filter(({ state, submits }) => state === 'done' && submits > 0).length;
    const isRight = billed[kind] >= min && billed[kind] <= max;
    return isRight ? [] : [`${tag}: ${kind} was billed ${billed[kind]} times, which should be ${min} to ${max} times`];
  });
}

/** A run costs what its done steps cost, and those that its member stopped. */
function judgeCredits({ run, steps }: RunView): string[] {
  const cost = earned(steps);
  const { priceCredits, capturedCredits, releasedCredits } = run;
  const isExact = capturedCredits === cost && releasedCredits === priceCredits - cost;
  return isExact ? [] : [`it cost ${capturedCredits} and gave back ${releasedCredits}, and its steps cost ${cost}`];
}

const videoHandle = z.object({ id: z.string() });

/** Only its member may stop a requested video. */
function judgeStops({ vendors }: Ground, tag: string, { run, steps }: RunView): string[] {
  if (run.cancelRequestedAt) return [];
  return steps.flatMap((step) => {
    const handle = step.kind === 'video' && step.handle !== null ? videoHandle.parse(step.handle) : null;
    const isStopped = handle && vendors.accountOf(tag).interactions.get(handle.id)?.isStopped;
    return isStopped ? [`the video of step ${step.number} was stopped`] : [];
  });
}

/** In seconds. A film may differ by this from the sum of its clips, because the frames of sound have a fixed length. */
const maxDeviation = 0.3;

/**
 * A member who is told of an image or a video finds it whole. It was made for their run, for this step, and in the length that was
 * asked for.
 */
async function judgeAssets(ground: Ground, tag: string, view: RunView): Promise<string[]> {
  const faults: string[] = [];
  const hashes = new Set<string>();
  for (const step of view.steps) {
    if (step.state !== 'done' || step.kind === 'enhance') continue;
    const what = `the ${step.kind} of step ${step.number}`;
    const asset = assetOf(view, step);
    if (!asset) {
      faults.push(`${what} was not written down`);
      continue;
    }
    if (!asset.objectKey.startsWith(`runs/${view.run.id}/`)) faults.push(`${what} belongs to another run`);
    const seconds = secondsOf(view, step);
    if (seconds !== null && Math.abs((asset.seconds ?? 0) - seconds) > maxDeviation) {
      faults.push(`${what} has ${asset.seconds} s, and should have ${seconds} s`);
    }
    const hash = createHash('sha256');
    try {
      await pipeline(await ground.store.open(asset.objectKey), hash);
      const found = hash.digest('hex');
      if (found !== asset.sha256) faults.push(`${what} in the store is not what was written down`);
      // VidGenie itself makes joined films, and appends what a model has only added to a clip. The vendors' clips of a length look
      // the same, so films of them may be equal.
      if (step.kind === 'join' || step.isExtension) continue;
      if (hashes.has(found)) faults.push(`${what} is that of another step`);
      hashes.add(found);
      // A film that was taken over from another run can be such a film.
      if (step.submits > 0 && !ground.vendors.accountOf(tag).made.has(found)) {
        faults.push(`${what} was never made for it`);
      }
    } catch (error) {
      faults.push(`${what} is not in the store (${error})`);
    }
  }
  return faults;
}

/** The length that the result of a done step should have, in seconds. Null for an image. */
function secondsOf(view: RunView, step: Step): number | null {
  const madeIn = (one: Step | null) => (one && assetOf(view, one)?.seconds) ?? 0;
  if (step.kind === 'join') return clipsToJoin(view, step).reduce((sum, clip) => sum + madeIn(clip), 0);
  if (step.kind !== 'video') return null;
  const before = step.isExtension ? madeIn(sourceOf(view, step)) : 0;
  return before + (step.seconds ?? view.run.options.duration);
}

const conversation = z.object({ channelId: z.string(), rootId: z.string() });

/** A run has one message for the progress and one for the result with all its media, if they had to be posted, and no other. */
function judgeMessages({ discord: { world }, removed }: Ground, given: Given, id: RunId, view: RunView): string[] {
  const { channelId, rootId } = conversation.parse(given.submission.conversation);
  const inThread = world.messagesIn(rootId);
  const inChannel = world.messagesIn(channelId).filter(({ reference }) => reference === rootId);
  const said = [...inThread, ...inChannel];
  const told = said.filter(({ nonce }) => nonce === nonceOf('r', id));
  const progress = said.filter(({ nonce }) => nonce === nonceOf('p', id));
  const faults = [
    ...(told.length > 1 ? [`its result was posted ${told.length} times`] : []),
    ...(progress.length > 1 ? [`its progress was posted ${progress.length} times`] : []),
    ...(said.length > told.length + progress.length ? ['something was said that is neither progress nor result'] : []),
  ];
  const media = resultsOf(view).length;
  for (const { attachments } of told) {
    if (attachments.length !== media) faults.push(`its result came with ${attachments.length} of ${media} media`);
  }
  const isShut = removed.has(channelId) || removed.has(rootId);
  if (told.length === 0 && !isShut && !view.run.deliveryFailure) faults.push('its result was never told');
  if (view.run.deliveryFailure && !removed.has(channelId)) {
    faults.push(`its result was not told (${view.run.deliveryFailure.detail}), though its channel is there`);
  }
  return faults;
}
