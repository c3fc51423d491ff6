import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import type { Text } from '../text.ts';

type Permission = keyof Text['discord']['permissions'];

const needed = {
  thread: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'CreatePublicThreads', 'SendMessagesInThreads'],
  channel: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'SendMessages'],
  withinThread: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'SendMessagesInThreads'],
} as const satisfies Record<string, readonly Permission[]>;

/** Every permission that VidGenie may need in a server. The invite link asks for exactly these. */
export const wantedPermissions: bigint = [...needed.thread, ...needed.channel].reduce(
  (all, name) => all | PermissionFlagsBits[name],
  0n,
);

const has = (permissions: bigint, flag: bigint): boolean =>
  (permissions & PermissionFlagsBits.Administrator) !== 0n || (permissions & flag) === flag;

export const isServerAdmin = (permissions: bigint): boolean => has(permissions, PermissionFlagsBits.ManageGuild);
export const isModerator = (permissions: bigint): boolean => has(permissions, PermissionFlagsBits.ManageMessages);

export type BotPermissions =
  | { outcome: 'able'; opensThread: boolean }
  /** The missing permissions, by the names that Discord shows. */
  | { outcome: 'unable'; missing: readonly Permission[] };

const threads: readonly number[] = [
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];
const threadParents: readonly number[] = [ChannelType.GuildText, ChannelType.GuildAnnouncement];

/** Decides whether a run can post in a channel, and how: in its own thread or in place. */
export function botPermissionsIn(channelType: number, isGuild: boolean, appPermissions: bigint): BotPermissions {
  const lacking = (names: readonly Permission[]) =>
    names.filter((name) => !has(appPermissions, PermissionFlagsBits[name]));
  if (!isGuild) return { outcome: 'able', opensThread: false };
  if (threads.includes(channelType)) {
    const missing = lacking(needed.withinThread);
    return missing.length === 0 ? { outcome: 'able', opensThread: false } : { outcome: 'unable', missing };
  }
  const forThread = threadParents.includes(channelType) ? lacking(needed.thread) : null;
  if (forThread?.length === 0) return { outcome: 'able', opensThread: true };
  const inPlace = lacking(needed.channel);
  if (inPlace.length === 0) return { outcome: 'able', opensThread: false };
  return { outcome: 'unable', missing: inPlace };
}
