import { z } from 'zod';
import type { JsonValue } from '../../domain.ts';
import { locales } from '../text.ts';

/** The Slack conversation where a member started a run, and the language that the run's messages use. */
export const slackConversation = z.object({
  channel: z.string(),
  /** The thread's parent message, if the member asked within a thread. The run then posts in that thread. */
  threadTs: z.string().nullable(),
  userId: z.string(),
  teamId: z.string(),
  locale: z.enum(locales).catch('en'),
});
export type SlackConversation = z.infer<typeof slackConversation>;

/**
 * The state of a file: `reserved` (Slack knows it), `uploaded` (Slack has all its bytes), `sharing` (we asked Slack to show it),
 * `shared`.
 */
const sharedFile = z.object({
  fileId: z.string(),
  state: z.enum(['reserved', 'uploaded', 'sharing', 'shared']),
});
export type SharedFile = z.infer<typeof sharedFile>;

/** The messages and files that a run has posted so far. Each id is saved before the next call is made. */
const slackPostedMessages = z.object({
  rootTs: z.string().nullable().default(null),
  progressTs: z.string().nullable().default(null),
  /** The message that tells the requester that the result is there. */
  mentionTs: z.string().nullable().default(null),
  /** By object key. */
  files: z.record(z.string(), sharedFile).default({}),
  /** The object keys of files that Slack did not take and that a message links to. */
  linked: z.array(z.string()).default([]),
  /** The direct message that gets the files if the channel does not take them. */
  direct: z.object({ channel: z.string(), ts: z.string() }).nullable().default(null),
  /** Slack's error code when the channel refused the files. */
  refused: z.string().nullable().default(null),
  permalink: z.string().nullable().default(null),
});
export type SlackPostedMessages = z.infer<typeof slackPostedMessages>;

/** Reads what a run has posted. Data that cannot be read counts as nothing posted. */
export const postedMessagesOf = (postedMessages: JsonValue): SlackPostedMessages =>
  slackPostedMessages.catch(slackPostedMessages.parse({})).parse(postedMessages);

/** The conversations in which a run posts. */
export function channelsOf(run: { conversation: JsonValue }): readonly string[] {
  const conversation = slackConversation.safeParse(run.conversation).data;
  return conversation ? [conversation.channel] : [];
}

/** The address of the thread, as Slack gave it. Null until Slack has given it. */
export const linkTo = (run: { postedMessages: JsonValue }): string | null =>
  postedMessagesOf(run.postedMessages).permalink;
