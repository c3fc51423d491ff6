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

/** The requester of an interaction, as Discord vouches for them. */
export function memberOf(interaction: Incoming): Member {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) throw new Error('an interaction came without anybody who asks');
  const name = tidiedLine(interaction.member?.nick ?? user.global_name ?? user.username, user.id);
  // In a private conversation everybody is at home.
  if (!interaction.member) return { id: user.id, name, isAdmin: true };
  const { permissions } = interaction.member;
  return { id: user.id, name, isAdmin: isServerAdmin(permissions), isModerator: isModerator(permissions) };
}

/** Turns an interaction into a request. `conversation` is null for what starts no run. */
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
    requestKey: `discord:${interaction.id}`,
    conversation,
    // Somebody's private conversation with the bot is no channel among others.
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

/** A thread counts as the channel that it hangs under. */
const channelsOf = ({ channel }: Incoming): string[] =>
  channel ? [channel.id, ...(channel.parent_id ? [channel.parent_id] : [])] : [];

/** Attachments lie at addresses that expire; what is given is read at once. */
export async function openUrl(url: string): Promise<Readable | null> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(maxFetchMs) }).catch(() => null);
  return response?.ok && response.body ? Readable.fromWeb(response.body) : null;
}
