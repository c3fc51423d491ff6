import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { WorkspaceId } from '../../domain.ts';
import { workspaceOf } from './conversation.ts';
import type { ReadyGuilds } from './gateway.ts';
import { codeOf, codes } from './rest.ts';

const maxLookupMs = 30_000;

/**
 * Returns the servers that the bot left while it was offline: those of `known` that Discord did not name when this shard
 * connected. Discord also names servers in an outage. We still ask about each missing server, so that a list that was cut short
 * deletes nothing.
 */
export async function leftServers(
  rest: REST,
  known: readonly WorkspaceId[],
  { shard, guildIds }: ReadyGuilds,
): Promise<WorkspaceId[]> {
  const named = new Set(guildIds);
  const missing = known.flatMap((id) => {
    const guildId = /^discord:(\d+)$/.exec(id)?.[1];
    return guildId !== undefined && isOfShard(guildId, shard) && !named.has(guildId) ? [guildId] : [];
  });
  const left: WorkspaceId[] = [];
  for (const guildId of missing) {
    if (await wasLeft(rest, guildId)) left.push(workspaceOf(guildId, ''));
  }
  return left;
}

/** Discord's own rule: https://docs.discord.com/developers/events/gateway#sharding-sharding-formula */
const isOfShard = (guildId: string, { id, count }: ReadyGuilds['shard']): boolean =>
  (BigInt(guildId) >> 22n) % BigInt(count) === BigInt(id);

async function wasLeft(rest: REST, guildId: string): Promise<boolean> {
  try {
    await rest.get(Routes.guild(guildId), { signal: AbortSignal.timeout(maxLookupMs) });
    return false;
  } catch (error) {
    const code = codeOf(error);
    if (code === codes.unknownGuild || code === codes.missingAccess) return true;
    throw error;
  }
}
