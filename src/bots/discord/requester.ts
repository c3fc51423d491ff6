import { Readable } from 'node:stream';
import { InteractionType } from 'discord-api-types/v10';
import type { Member } from '../../domain.ts';
import { tidiedLine } from '../../plainText.ts';
import type { CommandRequest } from '../commands/request.ts';
import type { Services } from '../services.ts';
import { localeOf } from '../text.ts';
import { type DiscordConversation, workspaceOf } from './conversation.ts';
import type { Incoming, IncomingAttachment } from './incoming.ts';
import { isModerator, isServerAdmin } from './permissions.ts';

const maxFetchMs = 60_000;

/** The member who sent an interaction. Discord vouches for all of these fields. */
export function memberOf(interaction: Incoming): Member {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) throw new Error('an interaction came without anybody who asks');
  const name = tidiedLine(interaction.member?.nick ?? user.global_name ?? user.username, user.id);
  // In a private conversation every member is an admin.
  if (!interaction.member) return { id: user.id, name, isAdmin: true };
  const { permissions } = interaction.member;
  return { id: user.id, name, isAdmin: isServerAdmin(permissions), isModerator: isModerator(permissions) };
}

/** A command that is delivered twice has the same key. */
const requestKeyOf = ({ id }: Incoming): string => `discord:${id}`;

/** Turns an interaction into a request. `conversation` is null for a request that starts no run. */
export function requestOf(
  interaction: Incoming,
  services: Services,
  conversation: DiscordConversation | null,
  attachments: Readonly<Record<string, IncomingAttachment>> = {},
): CommandRequest {
  const member = memberOf(interaction);
  const id = workspaceOf(interaction.guild_id ?? null, member.id);
  return {
    services,
    workspace: {
      id,
      platform: 'discord',
      name: interaction.guild_id ? `Discord server ${interaction.guild_id}` : `Discord: ${member.name}`,
    },
    member,
    requestKey: requestKeyOf(interaction),
    conversation,
    // A member's private conversation with the bot does not count as a channel.
    ...(interaction.guild_id === undefined ? {} : { channelIds: channelsOf(interaction) }),
    isPress: interaction.type === InteractionType.MessageComponent || interaction.type === InteractionType.ModalSubmit,
    locale: localeOf(interaction.locale),
    openImage: async (reference) => {
      const url = attachments[reference]?.url;
      return url === undefined ? null : await openUrl(url);
    },
    signal: AbortSignal.timeout(maxFetchMs),
  };
}

/** A thread also counts as its parent channel. */
const channelsOf = ({ channel }: Incoming): string[] =>
  channel ? [channel.id, ...(channel.parent_id ? [channel.parent_id] : [])] : [];

/** Opens an attachment. Its address expires, so we read it at once. */
export async function openUrl(url: string): Promise<Readable | null> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(maxFetchMs) }).catch(() => null);
  return response?.ok && response.body ? Readable.fromWeb(response.body) : null;
}
