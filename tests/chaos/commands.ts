import { setTimeout as pause } from 'node:timers/promises';
import { loadRun, type RunView, requestCancel } from '../../src/db/runs.ts';
import type { Workspace } from '../../src/db/workspaces.ts';
import { type RunId, type Vendor, workspaceId } from '../../src/domain.ts';
import { filmOf, resultsOf } from '../../src/pipeline/graph.ts';
import { acceptImage } from '../../src/pipeline/media/input.ts';
import { isUnfinished, type Origin, planRun } from '../../src/pipeline/plan.ts';
import { extensionSecondsOf } from '../../src/pipeline/quote.ts';
import type { Submission } from '../../src/pipeline/submit.ts';
import type { Program } from '../../src/program.ts';
import type { Discord } from '../support/discord/discord.ts';
import { put } from '../support/discord/messages.ts';
import type { Ground } from './ground.ts';
import type { Random } from './random.ts';

/** One command of one member, and its outcome. */
export type Given = {
  /** For the report. */
  name: string;
  /** The vendors find the command of a request by this. A run that goes on from another one has the tag of that one. */
  tag: string;
  submission: Submission;
  /** Every delivery is a press of its own, by an impatient member. */
  isPressed: boolean;
  runId: RunId | null;
  /** Answers that the member should not have got. */
  oddities: string[];
  /** How many deliveries were told that they were the accepted one. */
  accepted: number;
  deliveries: number;
  /** When the command is given, in milliseconds from the start of the storm. */
  atMs: number;
};

type Asked = Pick<Submission, 'workflow' | 'options'>;

/** Some of every eight commands are stories, variants, frames and chains, so that a short storm has them all. */
function askedFor(number: number, random: Random): Asked {
  const resolution = '720p';
  const scenes = random.between(2, 4);
  const cut = random.chance(0.3) ? 'fade' : 'hard';
  switch (number % 8) {
    case 1:
      // The model makes 3 to 15 seconds in one call, so some scenes of the longer story are extensions.
      return { workflow: 'story', options: { duration: random.pick([15, 20, 36]), scenes, cut, resolution } };
    case 4:
      return { workflow: 'image', options: { variants: scenes } };
    case 2:
      return { workflow: 'complete', options: { frames: scenes, duration: 5, resolution } };
    case 6:
      // The model extends a clip to 30 seconds. A longer film goes on from the last frame.
      return { workflow: 'complete', options: { duration: random.pick([20, 28, 38]), cut, resolution } };
    default:
      return { workflow: random.chance(0.75) ? 'complete' : 'image', options: { duration: 5, resolution } };
  }
}

export function planCommands(
  discord: Discord,
  random: Random,
  { runs, workspaces, stormMs }: { runs: number; workspaces: number; stormMs: number },
): Given[] {
  const guilds = Array.from({ length: workspaces }, () => discord.guild());
  return Array.from({ length: runs }, (_, number) => {
    const guild = guilds[number % workspaces];
    if (!guild) throw new Error('there is no workspace');
    const tag = `chaos-${number}`;
    const workspace: Workspace = {
      id: workspaceId.parse(`discord:${guild.id}`),
      platform: 'discord',
      name: guild.name,
    };
    const submission = submissionIn(discord, workspace, {
      member: { id: `member-${number}`, name: 'Ada', isAdmin: false },
      prompt: `${tag} a fox in the snow`,
      ...askedFor(number, random.fork(tag)),
      image: null,
    });
    return givenOf({ name: tag, tag, submission, atMs: Math.floor(random.next() * stormMs * 0.7) });
  });
}

const givenOf = (command: Pick<Given, 'name' | 'tag' | 'submission' | 'atMs'> & Partial<Given>): Given => ({
  isPressed: false,
  ...command,
  runId: null,
  oddities: [],
  accepted: 0,
  deliveries: 0,
});

/** A command in a new channel of its own. */
function submissionIn(
  discord: Discord,
  workspace: Workspace,
  about: Pick<Submission, 'member' | 'workflow' | 'prompt' | 'options' | 'origin' | 'parent' | 'image'>,
): Submission {
  const guildId = workspace.id.slice('discord:'.length);
  const channel = discord.channel(discord.world.guilds.get(guildId) ?? null);
  // The answer to the command. Its thread opens under it.
  const body = { components: [{ type: 10, content: 'Accepted.' }], flags: 1 << 15, allowed_mentions: { parse: [] } };
  const root = put(discord.world, channel.id, { body, uploads: [] });
  const conversation = { guildId, channelId: channel.id, rootId: root.id, opensThread: true, locale: 'en' };
  return { ...about, workspace, requestKey: `discord:${root.id}`, conversation };
}

type Giving = {
  ground: Ground;
  programs: readonly Program[];
  random: Random;
  stormMs: number;
  signal: AbortSignal;
};

/**
 * Gives every command at its time, and more than once. The chat delivers it again until it gets an outcome. Some members go on
 * from a run that ended in the storm. Returns all commands, with those of these members.
 */
export async function giveCommands(giving: Giving, planned: readonly Given[]): Promise<Given[]> {
  const { random, stormMs, signal } = giving;
  const endsAt = Date.now() + stormMs;
  const begun = Date.now();
  const followers = await Promise.all(
    planned.map(async (one) => {
      const isCanceled = random.chance(0.06);
      const cancelMs = isCanceled ? random.between(0, 6_000) : null;
      const [isFollowed, doubles, laterMs] = [random.chance(0.6), random.between(2, 3), random.between(0, 3_000)];
      await pause(Math.max(0, begun + one.atMs - Date.now()), undefined, { signal }).catch(() => {});
      await give(giving, one, { doubles, laterMs, cancelMs });
      const view = isFollowed ? await endOf(giving, one, endsAt) : null;
      const follower = view && followerOf(giving, one, view);
      if (!follower) return [];
      await give(giving, follower, { doubles, laterMs, cancelMs: null });
      return [follower];
    }),
  );
  return [...planned, ...followers.flat()];
}

type Repeats = { doubles: number; laterMs: number; cancelMs: number | null };

async function give({ ground, programs, signal }: Giving, one: Given, { doubles, laterMs, cancelMs }: Repeats) {
  const deliver = async (turn: number) => {
    while (!signal.aborted) {
      const program = programs[turn % programs.length];
      try {
        one.deliveries += 1;
        const { requestKey } = one.submission;
        const pressed = one.isPressed ? { requestKey: `${requestKey}:${one.deliveries}` } : {};
        const outcome = await program?.services.submit({ ...one.submission, ...pressed });
        // A member who reads that tries again later.
        if (outcome?.outcome === 'no_room') throw new Error('there is no room');
        if (outcome?.outcome !== 'accepted' && outcome?.outcome !== 'repeated') {
          one.oddities.push(`was answered ${JSON.stringify(outcome)}`);
          return;
        }
        if (outcome.outcome === 'accepted') one.accepted += 1;
        one.runId ??= outcome.runId;
        if (one.runId !== outcome.runId) one.oddities.push('became two runs');
        return;
      } catch {
        await pause(200);
      }
    }
  };
  await Promise.all(Array.from({ length: doubles }, (_, turn) => deliver(turn)));
  await pause(laterMs);
  await deliver(0);
  if (cancelMs === null || one.runId === null) return;
  await pause(cancelMs);
  await requestCancel(ground.database.db, one.runId).catch(() => {});
}

/** The run of a command as it ended. Null if it did not end in time. */
async function endOf({ ground, signal }: Giving, { runId }: Given, endsAt: number): Promise<RunView | null> {
  while (runId !== null && Date.now() < endsAt && !signal.aborted) {
    // The database may be away.
    const view = await loadRun(ground.database.db, runId).catch(() => null);
    if (view?.run.deliveredAt) return view;
    await pause(300);
  }
  return null;
}

/** The command of a member who makes a film longer or finishes an unfinished run. Null if neither is possible. */
function followerOf({ ground, programs }: Giving, { name, tag, submission }: Given, view: RunView): Given | null {
  const services = programs[0]?.services;
  if (!services) return null;
  const { run } = view;
  const { workspace, member } = submission;
  const common = { member, prompt: run.prompt, image: null };
  const follow = (how: Origin['how'], asked: Asked): Given => {
    const followed = submissionIn(ground.discord, workspace, { ...common, ...asked, origin: { how, view } });
    return givenOf({ name: `${name} (${how})`, tag, submission: followed, atMs: 0 });
  };
  const [still] = resultsOf(view).filter(({ asset }) => asset.kind === 'image');
  if (still && !filmOf(view) && run.state === 'succeeded') {
    // A member presses the button of an image until there is an answer, or changes the image.
    const isPressed = run.workflow === 'complete';
    const image = async () =>
      await acceptImage(await ground.store.open(still.asset.objectKey), {
        directory: services.temporaryDirectory,
        signal: AbortSignal.timeout(60_000),
      });
    const asked = isPressed
      ? { workflow: 'video' as const, options: { ...run.options, frames: 1 } }
      : { workflow: 'edit' as const, options: { ...run.options, variants: 1 }, prompt: `${tag} at night` };
    const parent = { runId: run.id, step: still.step.number, isOnce: isPressed };
    const followed = submissionIn(ground.discord, workspace, { ...common, ...asked, parent, image });
    return givenOf({ name: `${name} (${asked.workflow})`, tag, submission: followed, atMs: 0, isPressed });
  }
  const noKeys = new Set<Vendor>();
  const seconds = run.state === 'succeeded' ? extensionSecondsOf(services, view, noKeys) : null;
  if (seconds !== null) return follow('extend', { workflow: 'extend', options: { ...run.options, duration: seconds } });
  const rest = planRun(services, run.workflow, run.options, noKeys, { origin: { how: 'continue', view } });
  if (!isUnfinished(view) || rest.outcome !== 'planned') return null;
  return follow('continue', { workflow: run.workflow, options: run.options });
}
