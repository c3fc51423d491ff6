import { z } from 'zod';
import type { JsonValue } from '../../domain.ts';
import { locales } from '../text.ts';

/** The place in Slack where a run was asked for, and the language in which it posts there. */
export const slackConversation = z.object({
  channel: z.string(),
  /** The thread's parent when it was asked for within a thread; the run then speaks there. */
  threadTs: z.string().nullable(),
  userId: z.string(),
  teamId: z.string(),
  locale: z.enum(locales).catch('en'),
});
export type SlackConversation = z.infer<typeof slackConversation>;

/** How far a file has come: known to Slack, there with all its bytes, asked to be shown, shown. */
const sharedFile = z.object({
  fileId: z.string(),
  state: z.enum(['reserved', 'uploaded', 'sharing', 'shared']),
});
export type SharedFile = z.infer<typeof sharedFile>;

/** The messages and files that a run has posted. Each id is saved before the next call. */
const slackPostedMessages = z.object({
  rootTs: z.string().nullable().default(null),
  progressTs: z.string().nullable().default(null),
  /** The message that tells who asked that the result is there. */
  mentionTs: z.string().nullable().default(null),
  /** By object key. */
  files: z.record(z.string(), sharedFile).default({}),
  /** By object key: files to which a message gives a link, for Slack did not take them. */
  linked: z.array(z.string()).default([]),
  /** The direct message for files that the channel did not take. */
  direct: z.object({ channel: z.string(), ts: z.string() }).nullable().default(null),
  /** Why the channel did not take them, in Slack's word. */
  refused: z.string().nullable().default(null),
  permalink: z.string().nullable().default(null),
});
export type SlackPostedMessages = z.infer<typeof slackPostedMessages>;

/** Reads what was said; whatever cannot be read counts as not said. */
export const postedMessagesOf = (postedMessages: JsonValue): SlackPostedMessages =>
  slackPostedMessages.catch(slackPostedMessages.parse({})).parse(postedMessages);

/** The conversations in which a run posts. */
export function channelsOf(run: { conversation: JsonValue }): readonly string[] {
  const conversation = slackConversation.safeParse(run.conversation).data;
  return conversation ? [conversation.channel] : [];
}

/** The address of the thread, as Slack gave it; null until Slack has. */
export const linkTo = (run: { postedMessages: JsonValue }): string | null =>
  postedMessagesOf(run.postedMessages).permalink;
