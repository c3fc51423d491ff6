import type { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import { z } from 'zod';

const mebibyte = 1024 * 1024;

/**
 * The size that a file may have, by the server's boost tier. Tiers 2 and 3 are third-party figures: Discord's error 40005 decides
 * in the end. MiB.
 */
const limits = [10, 10, 50, 100] as const;
export const smallestLimitBytes = limits[0] * mebibyte;

const guild = z.object({ premium_tier: z.int().min(0).max(3) });
const rememberMs = 10 * 60_000;

/** Returns the size of a file that a server takes, in bytes. Servers are boosted seldom, so the answer is cached for a while. */
export function createUploadLimit(rest: REST, now: () => number): (guildId: string | null) => Promise<number> {
  const known = new Map<string, { limit: number; until: number }>();
  return async (guildId) => {
    if (guildId === null) return smallestLimitBytes;
    const remembered = known.get(guildId);
    if (remembered && remembered.until > now()) return remembered.limit;
    // A failed lookup should not fail a delivery: every server takes the smallest limit.
    const read = guild.safeParse(await rest.get(Routes.guild(guildId)).catch(() => null));
    const limit = read.success ? (limits[read.data.premium_tier] ?? limits[0]) * mebibyte : smallestLimitBytes;
    if (read.success) known.set(guildId, { limit, until: now() + rememberMs });
    return limit;
  };
}
