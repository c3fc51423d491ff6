import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import type { WorkspaceId } from '../../domain.ts';
import { workspaceOf } from './conversation.ts';
import type { ReadyGuilds } from './gateway.ts';
import { codeOf, codes } from './rest.ts';

const maxLookupMs = 30_000;

/**
 * Servers that were left while nobody listened: those of `known` that Discord did not name when this shard connected. It names
 * servers in an outage too; still each is asked for, so that nothing is forgotten because of a list that was cut short.
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
