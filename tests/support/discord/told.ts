import { expect } from 'vitest';
import type { Discord } from './discord.ts';
import type { Asked } from './people.ts';
import { readable } from './world.ts';

/**
 * Expects one thread, one message for the progress, one for the result that mentions the requester, and an answer that gives
 * the outcome.
 */
export async function expectToldOnce(discord: Discord, asked: Asked, outcome: RegExp) {
  const { world } = discord;
  const thread = await discord.thread(asked);
  const root = world.messages.get(thread.id);
  await world.until(() => outcome.test(readable(root?.components ?? [])));
  const messages = world.messagesIn(thread.id);
  expect(messages.map(({ nonce }) => nonce?.[0])).toEqual(['p', 'r']);
  const [progress, result] = messages;
  expect([root, progress, result].map((message) => message?.pings)).toEqual([[], [], [asked.interaction.userId]]);
  expect(readable(progress?.components ?? [])).toMatch(outcome);
  expect(readable(progress?.components ?? [])).not.toContain('[Cancel]');
  expect(readable(result?.components ?? [])).toMatch(outcome);
  return { thread, root, progress, result };
}
