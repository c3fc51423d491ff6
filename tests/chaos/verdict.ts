import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { nonceOf } from '../../src/bots/discord/runMessages.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { loadRun, type RunView } from '../../src/db/runs.ts';
import type { RunId } from '../../src/db/vocabulary.ts';
import { mostSubmits } from '../../src/pipeline/moves.ts';
import type { Given } from './commands.ts';
import type { Ground } from './ground.ts';

export type Verdict = { faults: string[]; outcomes: Record<string, number> };

/** What must hold after any storm. An empty list of faults is the good answer. */
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
      ...(await judgeAssets(ground, tag, view)),
      ...judgeMessages(ground, one, runId, view),
    );
  }
  const broken = ground.discord.world.violations.filter((one) => !one.startsWith('the simulator could not read'));
  faults.push(...broken.slice(0, 5).map((one) => `a rule of Discord's was broken: ${one}`));
  return { faults, outcomes };
}

function judgeSubmits({ vendors }: Ground, tag: string): string[] {
  const billed = vendors.billed(tag);
  const kinds = ['enhance', 'image', 'video'] as const;
  return kinds.flatMap((kind) =>
    billed[kind] > mostSubmits[kind] ? [`${tag}: ${kind} was billed ${billed[kind]} times`] : [],
  );
}

/** Whoever is told of an image or a video finds it whole, and it is the one that was made for them. */
async function judgeAssets(ground: Ground, tag: string, { assets, steps }: RunView): Promise<string[]> {
  const faults: string[] = [];
  for (const step of steps) {
    if (step.state !== 'done' || step.kind === 'enhance') continue;
    const asset = assets.find((one) => one.step === step.kind);
    if (!asset) continue;
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(join(ground.environment.VIDGENIE_HOME, 'media', asset.objectKey)), hash);
      const found = hash.digest('hex');
      if (found !== asset.sha256) faults.push(`${tag}: the ${step.kind} in the store is not what was written down`);
      if (!ground.vendors.made(tag).has(found)) faults.push(`${tag}: the ${step.kind} was never made for it`);
    } catch (error) {
      faults.push(`${tag}: the ${step.kind} is not in the store (${error})`);
    }
  }
  return faults;
}

/** One message for the progress and one for the result, wherever they had to be said. */
function judgeMessages({ discord: { world } }: Ground, { tag, submission }: Given, id: RunId, view: RunView): string[] {
  const { channelId, rootId } = z.object({ channelId: z.string(), rootId: z.string() }).parse(submission.place);
  const said = [...world.messages.values()].filter((message) => [channelId, rootId].includes(message.channelId));
  const times = (message: 'p' | 'r') => said.filter(({ nonce }) => nonce === nonceOf(message, id)).length;
  const faults = (['p', 'r'] as const).flatMap((message) =>
    times(message) > 1
      ? [`${tag}: its ${message === 'p' ? 'progress' : 'result'} was posted ${times(message)} times`]
      : [],
  );
  const isShut = !world.channels.has(channelId) || !world.channels.has(rootId);
  if (times('r') === 0 && !isShut && !view.run.deliveryFailure) faults.push(`${tag}: its result was never told`);
  if (view.run.deliveryFailure && world.channels.has(channelId)) {
    faults.push(`${tag}: its result was not told (${view.run.deliveryFailure.detail}), though its channel is there`);
  }
  return faults;
}
