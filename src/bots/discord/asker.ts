import { Readable } from 'node:stream';
import { InteractionType } from 'discord-api-types/v10';
import { tidiedLine } from '../../db/plainText.ts';
import type { Member } from '../../db/vocabulary.ts';
import type { CommandRequest } from '../commands/request.ts';
import type { Services } from '../services.ts';
import { localeOf } from '../text.ts';
import type { Incoming, IncomingAttachment } from './incoming.ts';
import { isModerator, isServerAdmin } from './permissions.ts';
import { type DiscordPlace, workspaceOf } from './place.ts';

const longestFetchMs = 60_000;

/** Who asks, and how they are to be answered; Discord vouches for all of it. */
export function memberOf(it: Incoming): Member {
  const user = it.member?.user ?? it.user;
  if (!user) throw new Error('an interaction came without anybody who asks');
  const name = tidiedLine(it.member?.nick ?? user.global_name ?? user.username, user.id);
  // In a private conversation everybody is at home.
  if (!it.member) return { id: user.id, name, isAdmin: true };
  const { permissions } = it.member;
  return { id: user.id, name, isAdmin: isServerAdmin(permissions), isModerator: isModerator(permissions) };
}

/** Turns an interaction into a request. `place` is null for what starts no run. */
export function requestOf(
  it: Incoming,
  services: Services,
  place: DiscordPlace | null,
  attachments: Readonly<Record<string, IncomingAttachment>> = {},
): CommandRequest {
  const member = memberOf(it);
  const id = workspaceOf(it.guild_id ?? null, member.id);
  return {
    services,
    workspace: { id, face: 'discord', name: it.guild_id ? `Discord server ${it.guild_id}` : `Discord: ${member.name}` },
    member,
    requestKey: `discord:${it.id}`,
    place,
    // Somebody's private conversation with the bot is no channel among others.
    ...(it.guild_id === undefined ? {} : { channelIds: channelsOf(it) }),
    isPress: it.type === InteractionType.MessageComponent || it.type === InteractionType.ModalSubmit,
    locale: localeOf(it.locale),
    openImage: async (reference) => {
      const url = attachments[reference]?.url;
      return url === undefined ? null : await openUrl(url);
    },
    signal: AbortSignal.timeout(longestFetchMs),
  };
}

/** A thread counts as the channel that it hangs under. */
const channelsOf = ({ channel }: Incoming): string[] =>
  channel ? [channel.id, ...(channel.parent_id ? [channel.parent_id] : [])] : [];

/** Attachments lie at addresses that expire; what is given is read at once. */
export async function openUrl(url: string): Promise<Readable | null> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(longestFetchMs) }).catch(
    () => null,
  );
  return response?.ok && response.body ? Readable.fromWeb(response.body) : null;
}
