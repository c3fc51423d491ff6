import { z } from 'zod';
import { type JsonValue, type WorkspaceId, workspaceId } from '../../domain.ts';
import { locales } from '../text.ts';

/** The ids that Discord gives its objects. */
export const snowflake = z.string().regex(/^(0|[1-9]\d{0,19})$/);

/**
 * The Discord conversation in which a run posts. `rootId` is the message that answered the command. It is null until it is known,
 * and it stays null if the process that took the command died before that. `opensThread` is false if no thread is possible.
 */
export const discordConversation = z.object({
  guildId: snowflake.nullable(),
  channelId: snowflake,
  rootId: snowflake.nullable(),
  /** The id of the command's interaction. The message that answered the command carries it too. */
  interactionId: snowflake.nullable().default(null),
  opensThread: z.boolean(),
  /** True if Discord hides the run's media until a member clicks it. This is the server's setting at the time of the request. */
  spoilers: z.boolean().default(false),
  /** True if the result mentions the requester. This is the server's setting at the time of the request. */
  mentions: z.boolean().default(true),
  locale: z.enum(locales),
});
export type DiscordConversation = z.infer<typeof discordConversation>;

/** The messages that a run has posted. Each id is saved before the next call, so that nothing is posted twice. */
export const discordPostedMessages = z.object({
  /** The root message that a run found or posted itself, because its conversation named none. */
  rootId: snowflake.nullable().default(null),
  postedRoot: z.boolean().default(false),
  threadId: snowflake.nullable().default(null),
  /** True if a thread turned out to be impossible. */
  staysInPlace: z.boolean().default(false),
  progressId: snowflake.nullable().default(null),
  /** The small copies of images in the progress message, by the number of the step that made the image. */
  previews: z.array(z.object({ step: z.int(), id: snowflake })).default([]),
  resultId: snowflake.nullable().default(null),
});
export type DiscordPostedMessages = z.infer<typeof discordPostedMessages>;

/** The two columns of a run that only its platform reads. */
type Spoken = { conversation: JsonValue; postedMessages: JsonValue };

/** The channels and threads in which a run posts. */
export function channelsOf(run: Spoken): readonly string[] {
  const conversation = discordConversation.safeParse(run.conversation).data;
  if (!conversation) return [];
  const threadId = discordPostedMessages.safeParse(run.postedMessages).data?.threadId ?? null;
  return threadId === null ? [conversation.channelId] : [conversation.channelId, threadId];
}

/** The run's thread. Null if it has none, or did not start on Discord. */
export function threadOf(run: Spoken): string | null {
  if (!discordConversation.safeParse(run.conversation).success) return null;
  return discordPostedMessages.safeParse(run.postedMessages).data?.threadId ?? null;
}

/** The address of the thread, or of the channel if there is no thread. Null for a run that did not start on Discord. */
export function linkTo(run: Spoken): string | null {
  const conversation = discordConversation.safeParse(run.conversation).data;
  if (!conversation) return null;
  const { threadId } = discordPostedMessages.parse(run.postedMessages);
  return `https://discord.com/channels/${conversation.guildId ?? '@me'}/${threadId ?? conversation.channelId}`;
}

/** The message in the channel that a run's thread belongs to. Null: there is only the thread. */
export const rootOf = (conversation: DiscordConversation, postedMessages: DiscordPostedMessages): string | null =>
  postedMessages.rootId ?? conversation.rootId;

/** Each server has one workspace. So has each member who writes to the bot in private. */
export const workspaceOf = (guildId: string | null, userId: string): WorkspaceId =>
  workspaceId.parse(guildId === null ? `discord:dm-${userId}` : `discord:${guildId}`);
