import { MessageType, Routes } from 'discord-api-types/v10';
import { z } from 'zod';
import type { RunView } from '../../db/runs.ts';
import { ensureWorkspace } from '../../db/workspaces.ts';
import { tidied, tidiedLine } from '../../plainText.ts';
import { propose } from '../actions/propose.ts';
import { type Card, textCard } from '../card.ts';
import { rateLimited } from '../commands/rateLimit.ts';
import type { CommandRequest } from '../commands/request.ts';
import { faultWords } from '../faultWords.ts';
import { type Locale, localeOf, textOf } from '../text.ts';
import { cardOf } from './answer.ts';
import { channelsOf, discordConversation, snowflake, workspaceOf } from './conversation.ts';
import { messageOf } from './render.ts';
import type { Bot } from './requestContext.ts';
import { codeOf, codes, sendMessage } from './rest.ts';
import { runInThread } from './runInThread.ts';

const maxAnswerMs = 30_000;

/**
 * The parts of a message that we read. Discord leaves out the words of messages that do not mention the bot, because it has no
 * privileged intent.
 */
const message = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake,
  type: z.int(),
  content: z.string(),
  author: z.object({
    id: snowflake,
    username: z.string(),
    global_name: z.string().nullish(),
    bot: z.boolean().default(false),
  }),
  member: z.object({ nick: z.string().nullish() }).optional(),
  webhook_id: snowflake.optional(),
  message_reference: z.object({ message_id: snowflake.optional() }).nullish(),
});
type Mention = z.infer<typeof message>;

/** The messages that people type. Discord also has messages about pins, joins and the like. */
const typed: readonly number[] = [MessageType.Default, MessageType.Reply];

/** The bot's own user, and the language of the server. */
export type Here = { botId: string; serverLocale: string };

/** Reads a message of a person that mentions the bot by name. Null: any other message. */
export function readMention(raw: unknown, botId: string): Mention | null {
  const read = message.safeParse(raw).data;
  if (!read || read.author.bot || read.webhook_id !== undefined || !typed.includes(read.type)) return null;
  return mentionsOf(botId).test(read.content) ? read : null;
}

const mentionsOf = (botId: string): RegExp => new RegExp(`<@!?${botId}>`);
const wordsIn = ({ content }: Mention, botId: string): string =>
  tidied(content.replaceAll(new RegExp(mentionsOf(botId), 'g'), ' '));

/**
 * Answers a message that mentions the bot. In the thread of a run, the answer is a card that says what VidGenie understood and what
 * it costs. Elsewhere it says how to begin. It spends nothing.
 */
export async function answerMention(bot: Bot, mention: Mention, { botId, serverLocale }: Here): Promise<void> {
  const { db, freeCredits } = bot.services;
  const id = workspaceOf(mention.guild_id, mention.author.id);
  const workspace = { id, platform: 'discord', name: `Discord server ${mention.guild_id}` } as const;
  await ensureWorkspace(db, workspace, freeCredits);
  const repliesTo = mention.message_reference?.message_id ?? null;
  const view = await runInThread(db, id, { channelId: mention.channel_id, repliesTo });
  const locale = localeIn(view) ?? localeOf(serverLocale);
  const request = requestFor(bot, mention, { workspace, view, locale });
  const words = wordsIn(mention, botId);
  const card = view && words !== '' ? await proposal(bot, request, view, words) : await help(request);
  if (card) await reply(bot, mention, card, locale);
}

async function proposal(bot: Bot, request: CommandRequest, view: RunView, words: string): Promise<Card> {
  const text = textOf(request.locale);
  try {
    return cardOf(await propose(request, view, words), text);
  } catch (error) {
    bot.log.error({ error, runId: view.run.id }, 'a mention could not be understood');
    const words = faultWords(error, text, 'discord');
    return textCard('bad', words.title, words.text);
  }
}

/** Null: somebody mentions the bot too often, and outside the thread of a run nobody misses the answer. */
async function help(request: CommandRequest): Promise<Card | null> {
  if (await rateLimited(request)) return null;
  const { title, text } = textOf(request.locale).discord.mentioned;
  return textCard('plain', title, text);
}

/** The run's messages are in the language of the member who started it. */
const localeIn = (view: RunView | null): Locale | null =>
  (view && discordConversation.safeParse(view.run.conversation).data?.locale) ?? null;

type Where = { workspace: CommandRequest['workspace']; view: RunView | null; locale: Locale };

/** Discord does not say which rights the author of a message has, so the request has none. */
function requestFor({ services }: Bot, mention: Mention, { workspace, view, locale }: Where): CommandRequest {
  const { id, username, global_name } = mention.author;
  return {
    services,
    workspace,
    member: { id, name: tidiedLine(mention.member?.nick ?? global_name ?? username, id), isAdmin: false },
    requestKey: `discord:message-${mention.id}`,
    conversation: null,
    channelIds: [mention.channel_id, ...(view ? channelsOf(view.run) : [])],
    // Whoever writes in a thread sees the messages in it.
    isPress: true,
    locale,
    openImage: async () => null,
    signal: AbortSignal.timeout(maxAnswerMs),
  };
}

/** Discord may deliver a message twice, to two processes even. The nonce makes the second answer the first one. */
async function reply(bot: Bot, { id, channel_id }: Mention, card: Card, locale: Locale): Promise<void> {
  const body = {
    ...messageOf({ ...card, media: [] }, textOf(locale)),
    message_reference: { message_id: id, fail_if_not_exists: false },
    nonce: `m${id}`,
    enforce_nonce: true,
  };
  const call = { method: 'POST', route: Routes.channelMessages(channel_id), body } as const;
  try {
    await sendMessage(bot.rest, { ...call, signal: AbortSignal.timeout(maxAnswerMs) });
  } catch (error) {
    const code = codeOf(error);
    if (code === null || !unable.includes(code)) throw error;
    bot.log.info({ code }, 'a mention could not be answered in its channel');
  }
}

const unable: readonly number[] = [
  codes.unknownChannel,
  codes.missingAccess,
  codes.missingPermissions,
  codes.threadLocked,
];
