import type { REST } from '@discordjs/rest';
import { type Guild, PermissionFlagsBits, Routes } from 'discord.js';
import { accountOf } from '../../db/credits.ts';
import { ensureWorkspace } from '../../db/workspaces.ts';
import { tidiedLine } from '../../plainText.ts';
import { textCard } from '../card.ts';
import type { Services } from '../services.ts';
import { localeOf, textOf } from '../text.ts';
import { workspaceOf } from './conversation.ts';
import { messageOf } from './render.ts';
import { sendMessage } from './rest.ts';

/** Greets a server's admins in a channel where the bot may post: the one for their updates, or the one for system messages. */
export async function welcome(guild: Guild, services: Services, rest: REST): Promise<void> {
  const text = textOf(localeOf(guild.preferredLocale));
  const id = workspaceOf(guild.id, '');
  const workspace = { id, platform: 'discord', name: tidiedLine(guild.name, guild.id) } as const;
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const me = guild.members.me;
  const channel = [guild.publicUpdatesChannel, guild.systemChannel].find(
    (one) =>
      one && me && one.permissionsFor(me).has([PermissionFlagsBits.ViewChannel, PermissionFlagsBits.SendMessages]),
  );
  if (!channel) return;
  const { title, intro, steps } = text.discord.welcome;
  const { balance } = await accountOf(services.db, id);
  const card = textCard('good', title, intro(text.measures.credits(balance)), ...steps);
  // Several shards or processes may hear of the same server, so the greeting carries a nonce.
  const body = { ...messageOf(card, text), nonce: `w${guild.id}`, enforce_nonce: true };
  const signal = AbortSignal.timeout(30_000);
  await sendMessage(rest, { method: 'POST', route: Routes.channelMessages(channel.id), body, signal });
}
