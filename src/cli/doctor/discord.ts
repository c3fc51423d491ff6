import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import { z } from 'zod';
import { commands } from '../../bots/commands/all.ts';
import { isRegistered } from '../../bots/discord/register.ts';
import { createRest, statusOf } from '../../bots/discord/rest.ts';
import type { Shards } from '../../bots/discord/shards.ts';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words, discord: refused } = text.operator;

const user = z.object({ username: z.string() });
const application = z.object({
  id: z.string(),
  verify_key: z.string(),
  approximate_guild_count: z.int().nullish(),
  interactions_endpoint_url: z.string().nullish(),
});
type Application = z.infer<typeof application>;
const gateway = z.object({
  shards: z.int(),
  session_start_limit: z.object({ remaining: z.int(), reset_after: z.int() }),
});

/** Checks that Discord accepts the token, that commands will reach us, and that Discord knows the commands. */
export async function checkDiscord(
  { token, apiUrl, publicKey, shards }: NonNullable<Config['discord']>,
  publicUrl: string | null,
  signal: AbortSignal,
): Promise<Finding[]> {
  const rest = createRest({ token, apiUrl }, 'bot');
  try {
    const { username } = user.parse(await rest.get(Routes.user(), { signal }));
    const known = application.parse(await rest.get(Routes.currentApplication(), { signal }));
    const [current, connections] = await Promise.all([
      isRegistered(rest, known.id, commands, signal),
      checkGateway(rest, shards, signal),
    ]);
    const servers = known.approximate_guild_count ?? null;
    return [
      fine('discord', words.discordFine(username, servers)),
      ...checkInteractions(known, { publicKey, shards, publicUrl }),
      ...connections,
      fine('discord', current ? words.commandsKnown : words.commandsNew),
    ];
  } catch (error) {
    const isRefused = statusOf(error) === 401;
    return [wrong('discord', isRefused ? refused.badToken : refused.unreachable(apiUrl, reasonOf(error)))];
  }
}

type Hearing = { publicKey: string | null; shards: Shards; publicUrl: string | null };

/** Discord sends interactions one way only: to the application's address if it has one, otherwise over the gateway. */
function checkInteractions({ verify_key: key, interactions_endpoint_url: url }: Application, at: Hearing): Finding[] {
  const isOthers = at.publicKey !== null && at.publicKey.toLowerCase() !== key.toLowerCase();
  if (isOthers) return [wrong('discord', words.foreignPublicKey)];
  if (url && at.publicKey === null) return [wrong('discord', words.endpointWithoutKey(url))];
  if (!url && at.shards === 'none') return [wrong('discord', words.noEndpoint(at.publicUrl))];
  return [];
}

async function checkGateway(rest: REST, shards: Shards, signal: AbortSignal): Promise<Finding[]> {
  if (shards === 'none') return [];
  const { shards: wanted, session_start_limit: limit } = gateway.parse(await rest.get(Routes.gatewayBot(), { signal }));
  const needed = shards === 'auto' ? wanted : shards.ids.length;
  if (limit.remaining < needed)
    return [wrong('discord', words.noConnectionsLeft(Math.ceil(limit.reset_after / 60_000)))];
  if (shards !== 'auto' && shards.count < wanted) return [wrong('discord', words.tooFewShards(shards.count, wanted))];
  return [];
}
