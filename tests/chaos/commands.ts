import { setTimeout as pause } from 'node:timers/promises';
import { requestCancel } from '../../src/db/runs.ts';
import { type RunId, workspaceId } from '../../src/domain.ts';
import type { Submission } from '../../src/pipeline/submit.ts';
import type { Program } from '../../src/program.ts';
import type { Discord } from '../support/discord/discord.ts';
import { put } from '../support/discord/messages.ts';
import type { Ground } from './ground.ts';
import type { Random } from './random.ts';

/** One command of one member, and its outcome. */
export type Given = {
  tag: string;
  submission: Submission;
  runId: RunId | null;
  /** Answers that the member should not have got. */
  oddities: string[];
  /** How many deliveries were told that they were the accepted one. */
  accepted: number;
  deliveries: number;
  /** When the command is given, in milliseconds from the start of the storm. */
  atMs: number;
};

export function planCommands(
  discord: Discord,
  random: Random,
  { runs, workspaces, stormMs }: { runs: number; workspaces: number; stormMs: number },
): Given[] {
  const guilds = Array.from({ length: workspaces }, () => discord.guild());
  return Array.from({ length: runs }, (_, number) => {
    const guild = guilds[number % workspaces];
    if (!guild) throw new Error('there is no workspace');
    const channel = discord.channel(guild);
    // The answer to the command. Its thread opens under it.
    const body = { components: [{ type: 10, content: 'Accepted.' }], flags: 1 << 15, allowed_mentions: { parse: [] } };
    const root = put(discord.world, channel.id, { body, uploads: [] });
    const tag = `chaos-${number}`;
    const conversation = { guildId: guild.id, channelId: channel.id, rootId: root.id, opensThread: true, locale: 'en' };
    return {
      tag,
      runId: null,
      oddities: [],
      accepted: 0,
      deliveries: 0,
      atMs: Math.floor(random.next() * stormMs * 0.7),
      submission: {
        workspace: { id: workspaceId.parse(`discord:${guild.id}`), platform: 'discord', name: guild.name },
        member: { id: `member-${number}`, name: 'Ada', isAdmin: false },
        requestKey: `discord:${root.id}`,
        conversation,
        workflow: random.chance(0.75) ? 'complete' : 'image',
        prompt: `${tag} a fox in the snow`,
        options: { duration: 5, resolution: '720p' },
        image: null,
      },
    };
  });
}

/** Gives every command at its time, and more than once. The chat delivers it again until it gets an outcome. */
export async function giveCommands(
  ground: Ground,
  programs: readonly Program[],
  given: readonly Given[],
  random: Random,
  signal: AbortSignal,
) {
  const begun = Date.now();
  await Promise.all(
    given.map(async (one) => {
      const doubles = random.between(2, 3);
      const [laterMs, isCanceled, cancelMs] = [random.between(0, 3_000), random.chance(0.06), random.between(0, 6_000)];
      await pause(Math.max(0, begun + one.atMs - Date.now()), undefined, { signal }).catch(() => {});
      const deliver = async (turn: number) => {
        while (!signal.aborted) {
          const program = programs[turn % programs.length];
          try {
            one.deliveries += 1;
            const outcome = await program?.services.submit(one.submission);
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
      if (!isCanceled || one.runId === null) return;
      await pause(cancelMs);
      await requestCancel(ground.database.db, one.runId).catch(() => {});
    }),
  );
}
