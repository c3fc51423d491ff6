import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import type { Text } from '../text.ts';

type Permission = keyof Text['discord']['permissions'];

const needed = {
  thread: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'CreatePublicThreads', 'SendMessagesInThreads'],
  channel: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'SendMessages'],
  withinThread: ['ViewChannel', 'ReadMessageHistory', 'AttachFiles', 'SendMessagesInThreads'],
} as const satisfies Record<string, readonly Permission[]>;

/** Everything that VidGenie may need somewhere: what the invite link asks for, and no more. */
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
  /** Permissions that are missing, as people know them. */
  | { outcome: 'unable'; missing: readonly Permission[] };

const threads: readonly number[] = [
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
  ChannelType.AnnouncementThread,
];
const threadParents: readonly number[] = [ChannelType.GuildText, ChannelType.GuildAnnouncement];

/** Whether a run can speak where it is asked for, and how: in a thread of its own, or in place. */
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
