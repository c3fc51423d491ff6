import { z } from 'zod';
import { type JsonValue, type WorkspaceId, workspaceId } from '../../domain.ts';
import { locales } from '../text.ts';

/** Discord's ids. */
export const snowflake = z.string().regex(/^(0|[1-9]\d{0,19})$/);

/**
 * The place in Discord where a run posts. `rootId` is the message that answered the command; null until it is known, and forever if the
 * process that took the command died before. `opensThread` is false if no thread is possible.
 */
export const discordConversation = z.object({
  guildId: snowflake.nullable(),
  channelId: snowflake,
  rootId: snowflake.nullable(),
  /** The command: the message that answered it says so. */
  interactionId: snowflake.nullable().default(null),
  opensThread: z.boolean(),
  /** Results are hidden until somebody clicks them: the setting of the server when the run was asked for. */
  spoilers: z.boolean().default(false),
  /** The result mentions the requester: the setting of the server when the run was asked for. */
  mentions: z.boolean().default(true),
  locale: z.enum(locales),
});
export type DiscordConversation = z.infer<typeof discordConversation>;

/** The messages that a run has posted. Each id is saved before the next call, so that nothing is posted twice. */
export const discordPostedMessages = z.object({
  /** The message that a run found or posted for itself, for it knew of none. */
  rootId: snowflake.nullable().default(null),
  postedRoot: z.boolean().default(false),
  threadId: snowflake.nullable().default(null),
  /** There can be no thread after all. */
  staysInPlace: z.boolean().default(false),
  progressId: snowflake.nullable().default(null),
  /** The small copy of the image in the progress message. */
  previewId: snowflake.nullable().default(null),
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

/** The address of the thread, or else of the channel; null for a run that Discord did not start. */
export function linkTo(run: Spoken): string | null {
  const conversation = discordConversation.safeParse(run.conversation).data;
  if (!conversation) return null;
  const { threadId } = discordPostedMessages.parse(run.postedMessages);
  return `https://discord.com/channels/${conversation.guildId ?? '@me'}/${threadId ?? conversation.channelId}`;
}

/** The message in the channel under which a run speaks; null: there is only its thread. */
export const rootOf = (conversation: DiscordConversation, postedMessages: DiscordPostedMessages): string | null =>
  postedMessages.rootId ?? conversation.rootId;

/** A server has one workspace, and so has everybody who writes to the bot in private. */
export const workspaceOf = (guildId: string | null, userId: string): WorkspaceId =>
  workspaceId.parse(guildId === null ? `discord:dm-${userId}` : `discord:${guildId}`);
