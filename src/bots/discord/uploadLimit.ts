import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import { z } from 'zod';

const mebibyte = 1024 * 1024;

/** Bytes a file may have, by the server's boost tier. Tiers 2 and 3 are third-party figures; 40005 decides in the end. */
const limits = [10, 10, 50, 100] as const;
export const smallestLimitBytes = limits[0] * mebibyte;

const guild = z.object({ premium_tier: z.int().min(0).max(3) });
const rememberMs = 10 * 60_000;

/** How large a file a server takes. Servers are boosted seldom, so the answer is remembered for a while. */
export function createUploadLimit(rest: REST, now: () => number): (guildId: string | null) => Promise<number> {
  const known = new Map<string, { limit: number; until: number }>();
  return async (guildId) => {
    if (guildId === null) return smallestLimitBytes;
    const remembered = known.get(guildId);
    if (remembered && remembered.until > now()) return remembered.limit;
    // Not worth failing a delivery for: the smallest limit holds everywhere.
    const read = guild.safeParse(await rest.get(Routes.guild(guildId)).catch(() => null));
    const limit = read.success ? (limits[read.data.premium_tier] ?? limits[0]) * mebibyte : smallestLimitBytes;
    if (read.success) known.set(guildId, { limit, until: now() + rememberMs });
    return limit;
  };
}
