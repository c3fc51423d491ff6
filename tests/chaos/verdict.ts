import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { nonceOf } from '../../src/bots/discord/runMessages.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun, type RunView } from '../../src/db/runs.ts';
import type { RunId } from '../../src/domain.ts';
import { maxSubmits } from '../../src/pipeline/stateMachine.ts';
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

  for (const one of given) {
    const { tag, runId, accepted } = one;
    faults.push(...one.oddities.map((odd) => `${tag} ${odd}`));
    if (accepted > 1) faults.push(`${tag} was accepted ${accepted} times`);
    const view = runId === null ? null : await loadRun(db, runId);
    if (!view || runId === null) {
      faults.push(`${tag} was given ${one.deliveries} times, and there is no run`);
      continue;
    }
    const { state, failure, deliveryFailure } = view.run;
    count(failure ? `${state}: ${failure.kind}` : state);
    if (deliveryFailure) count(`not told: ${deliveryFailure.kind}`);
    faults.push(
      ...judgeSubmits(ground, tag),
      ...judgeStops(ground, tag, view),
      ...(await judgeAssets(ground, tag, view)),
      ...judgeMessages(ground, one, runId, view),
    );
  }
  const succeeded = outcomes.succeeded ?? 0;
  if (succeeded < given.length / 3) faults.push(`only ${succeeded} of ${given.length} runs succeeded`);
  const broken = ground.discord.world.violations.filter((one) => !one.startsWith('the simulator could not read'));
  faults.push(...broken.slice(0, 5).map((one) => `a rule of Discord's was broken: ${one}`));
  return { faults, outcomes };
}

function judgeSubmits({ vendors }: Ground, tag: string): string[] {
  const billed = vendors.billed(tag);
  const kinds = ['enhance', 'image', 'video'] as const;
  return kinds.flatMap((kind) =>
    billed[kind] > maxSubmits[kind] ? [`${tag}: ${kind} was billed ${billed[kind]} times`] : [],
  );
}

/** Only its member may stop a requested video. */
function judgeStops({ vendors }: Ground, tag: string, { run, steps }: RunView): string[] {
  const isAsked = steps.some((step) => step.kind === 'video' && step.handle !== null);
  return vendors.stopped(tag) && isAsked && !run.cancelRequestedAt ? [`${tag}: its video was stopped`] : [];
}

/** A member who is told of an image or a video finds it whole, and it was made for their run. */
async function judgeAssets(ground: Ground, tag: string, { assets, steps }: RunView): Promise<string[]> {
  const faults: string[] = [];
  for (const step of steps) {
    if (step.state !== 'done' || step.kind === 'enhance') continue;
    const asset = assets.find((one) => one.step === step.kind);
    if (!asset) continue;
    const hash = createHash('sha256');
    try {
      await pipeline(await ground.store.open(asset.objectKey), hash);
      const found = hash.digest('hex');
      if (found !== asset.sha256) faults.push(`${tag}: the ${step.kind} in the store is not what was written down`);
      if (!ground.vendors.made(tag).has(found)) faults.push(`${tag}: the ${step.kind} was never made for it`);
    } catch (error) {
      faults.push(`${tag}: the ${step.kind} is not in the store (${error})`);
    }
  }
  return faults;
}

/** A run has one message for the progress and one for the result with all its media, if they had to be posted, and no other. */
function judgeMessages({ discord: { world }, removed }: Ground, given: Given, id: RunId, view: RunView): string[] {
  const { tag, submission } = given;
  const { channelId, rootId } = z.object({ channelId: z.string(), rootId: z.string() }).parse(submission.conversation);
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
  const media = view.assets.filter(({ step }) => step !== null).length;
  for (const { attachments } of told) {
    if (attachments.length !== media) faults.push(`its result came with ${attachments.length} of ${media} media`);
  }
  const isShut = removed.has(channelId) || removed.has(rootId);
  if (told.length === 0 && !isShut && !view.run.deliveryFailure) faults.push('its result was never told');
  if (view.run.deliveryFailure && !removed.has(channelId)) {
    faults.push(`its result was not told (${view.run.deliveryFailure.detail}), though its channel is there`);
  }
  return faults.map((fault) => `${tag}: ${fault}`);
}
