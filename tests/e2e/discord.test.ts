import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { openVidGenie } from '../support/discord/server.ts';
import { buttonId, readable } from '../support/discord/world.ts';

type Transport = 'gateway' | 'http';

test.for(['gateway', 'http'] as const)(
  'over the %s a complete command opens a thread, shows its progress and ends with image and video in it',
  async (transport: Transport) => {
    const { discord, channel, ada, bot, worker, runOf } = await openVidGenie();
    const { world } = discord;
    const asked = discord.people.command(ada, channel, 'complete', {
      prompt: 'a fox in the *snow* @everyone',
      duration: 8,
    });
    if (transport === 'gateway') discord.send(asked);
    else expect((await discord.sendOverHttp(asked, bot.endpoint)).status).toBe(200);

    const thread = await discord.thread(asked);
    expect(thread.name).toBe('a fox in the *snow* @everyone');
    const result = await world.until(() =>
      world.messagesIn(thread.id).find(({ attachments }) => attachments.length === 2),
    );
    const view = await runOf(asked);
    expect(view.run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
    expect(result.attachments.map(({ contentType }) => contentType)).toEqual(['image/png', 'video/mp4']);
    expect(result.attachments.map(({ filename }) => filename)).toEqual([
      `image-${view.run.id.slice(0, 8)}.png`,
      `video-${view.run.id.slice(0, 8)}.mp4`,
    ]);
    expect(result.attachments.map(({ bytes }) => bytes.length)).toEqual(view.assets.map((asset) => asset.bytes));
    expect(readable(result.components)).toMatch(/24 credits paid\. 76 left\./);
    expect(readable(result.components)).toMatch(/vendor-video/);
    for (const label of ['Again · 24 credits', 'Edit prompt', 'Delete']) buttonId(result, label);

    const [progress, ...others] = world.messagesIn(thread.id).filter((message) => message !== result);
    expect(others).toEqual([]);
    expect(progress?.attachments).toEqual([]);
    expect(readable(progress?.components ?? [])).toMatch(/✓ \*\*Video\*\*/);

    const root = world.messages.get(thread.id);
    const outcome = await world.until(() => {
      const said = readable(root?.components ?? []);
      return said.includes('ready') && said.includes(`<#${thread.id}>`) ? said : null;
    });
    expect(outcome).toContain('a fox in the \\*snow\\* @everyone');
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  },
);

describe('refused before anything is charged', () => {
  test('a channel in which the bot may not attach files is told so by the permission’s own name', async () => {
    const { discord, guild, ada, worker } = await openVidGenie();
    const channel = discord.channel(guild, { botPermissions: (1n << 10n) | (1n << 11n) | (1n << 16n) });
    const asked = discord.people.command(ada, channel, 'image', { prompt: 'a fox' });
    discord.send(asked);
    const replyEphemeral = await discord.replyEphemeral(asked);
    expect(readable(replyEphemeral.components)).toMatch(/Attach Files/);
    expect(discord.world.messagesIn(channel.id)).toEqual([]);
    expect(await checkInvariants(worker.services.db, { atRest: true })).toEqual([]);
  });
});
