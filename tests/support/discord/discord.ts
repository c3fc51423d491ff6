import { expect, onTestFinished } from 'vitest';
import { openDiscord } from './simulator.ts';

export type { Fault } from './simulator.ts';
export type Discord = Awaited<ReturnType<typeof openDiscord>>;

/** A Discord simulator for one test. The test fails if a request breaks one of Discord's rules. */
export async function createDiscord(): Promise<Discord> {
  const discord = await openDiscord();
  onTestFinished(async () => {
    await discord.close();
    expect(discord.world.violations).toEqual([]);
  });
  return discord;
}
