import { InteractionResponseType } from 'discord-api-types/v10';
import { announceRun, loadRun } from '../../db/runs.ts';
import { withdrawRun } from '../../db/turns.ts';
import { settingsOf } from '../../db/workspaces.ts';
import type { RunId } from '../../domain.ts';
import { settlesWithin } from '../../pipeline/timeout.ts';
import { acceptedCard } from '../acceptedCard.ts';
import { textCard } from '../card.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { localeOf } from '../text.ts';
import { cardOf } from './answer.ts';
import {
  type DiscordConversation,
  discordConversation,
  discordPostedMessages,
  threadOf,
  workspaceOf,
} from './conversation.ts';
import type { IncomingAttachment } from './incoming.ts';
import { botPermissionsIn } from './permissions.ts';
import { type MessageBody, messageOf } from './render.ts';
import type { Reply } from './reply.ts';
import type { RequestContext } from './requestContext.ts';
import { memberOf, requestOf } from './requester.ts';
import { codeOf, codes } from './rest.ts';

type Start = {
  attachments?: Readonly<Record<string, IncomingAttachment>>;
  perform: (request: CommandRequest) => Promise<Answer>;
};

/** Discord waits three seconds for the first answer. After half of that, we answer a command with "thinking…". Milliseconds. */
const patienceMs = 1_500;

/**
 * How long a run waits to learn which message answered its command. Discord tells within milliseconds; over HTTP we ask for three
 * seconds. Milliseconds.
 */
const answerLeaseMs = 6_000;

type Accepted = Extract<Answer, { kind: 'run' }>;

/**
 * Starts a run, and answers once it is stored: a member who reads that it was accepted can rely on it, even if this process dies.
 * Missing permissions are reported before anything is looked up. Refusals go to the requester alone.
 */
export async function startPublicly(context: RequestContext, start: Start): Promise<void> {
  const { interaction, reply, text } = context;
  const { channel } = interaction;
  if (!channel) throw new Error('a command came from nowhere');
  const botPermissions = botPermissionsIn(
    channel.type,
    interaction.guild_id !== undefined,
    interaction.app_permissions,
  );
  if (botPermissions.outcome === 'unable') {
    const names = text.measures.allOf(botPermissions.missing.map((name) => text.discord.permissions[name]));
    const { title, text: sentence } = text.discord.lacking;
    return await reply.replyEphemeral(messageOf(textCard('bad', title, sentence(names)), text));
  }
  const conversation: DiscordConversation = {
    guildId: interaction.guild_id ?? null,
    channelId: channel.id,
    rootId: null,
    interactionId: interaction.id,
    opensThread: botPermissions.opensThread,
    spoilers: false,
    mentions: false,
    locale: localeOf(interaction.locale),
  };
  const performing = carryOut(context, conversation, start);
  const late = await answeredLate(reply, performing);
  const { answer, conversation: at } = await performing.catch(async (error: unknown) => {
    if (reply.isAnswered) await reply.removeOriginal();
    throw error;
  });
  const isOwn = answer.kind === 'run' && (answer.started !== null || (await isOfThisCommand(context, answer.runId)));
  if (isOwn) return await tellAccepted(context, { run: answer, conversation: at, late });
  if (late.error !== null) throw late.error;
  if (reply.isAnswered) await reply.removeOriginal();
  // The run of a second press has its messages already, so nothing else is posted.
  const lines = answer.kind === 'run' ? await whereIs(context, answer.runId) : [];
  await reply.replyEphemeral(messageOf(cardOf(answer, text), text, { lines }));
}

/**
 * Discord may deliver a command or a press twice. Its run then exists, and this answer may be the only one that reaches the channel.
 * The run of a proposal does not have the interaction's key, so its conversation tells.
 */
async function isOfThisCommand({ bot: { services }, interaction }: RequestContext, runId: RunId): Promise<boolean> {
  const view = await loadRun(services.db, runId);
  return discordConversation.safeParse(view?.run.conversation).data?.interactionId === interaction.id;
}

async function whereIs({ bot: { services }, text }: RequestContext, runId: RunId): Promise<string[]> {
  const view = await loadRun(services.db, runId);
  const threadId = view && threadOf(view.run);
  return threadId === null ? [] : [text.discord.thread(threadId)];
}

async function carryOut(
  { bot: { services }, interaction }: RequestContext,
  conversation: DiscordConversation,
  { attachments, perform }: Start,
): Promise<{ answer: Answer; conversation: DiscordConversation }> {
  const workspaceId = workspaceOf(interaction.guild_id ?? null, memberOf(interaction).id);
  const { spoilers, mentions } = await settingsOf(services.db, workspaceId);
  const here = { ...conversation, spoilers, mentions };
  const request = requestOf(interaction, services, here, attachments);
  return { answer: await perform({ ...request, waitsForAnswerMs: answerLeaseMs }), conversation: here };
}

/**
 * Says "thinking…" if the work takes long. Resolves with the error of that answer, or null if it was not needed or it succeeded.
 */
async function answeredLate(reply: Reply, work: Promise<unknown>): Promise<{ error: unknown }> {
  const ended = work.catch(() => {});
  if (await settlesWithin(patienceMs, ended)) return { error: null };
  try {
    await reply.respond({ type: InteractionResponseType.DeferredChannelMessageWithSource });
    return { error: null };
  } catch (error) {
    return { error };
  }
}

type Told = { run: Accepted; conversation: DiscordConversation; late: { error: unknown } };

/** Answers a command whose run is stored, and lets the run begin under that answer. */
async function tellAccepted(context: RequestContext, { run, conversation, late }: Told): Promise<void> {
  const { bot, reply, text } = context;
  const { started, runId } = run;
  // Discord may deliver a command twice, but it is answered once. The first delivery gives the answer.
  const card = started
    ? acceptedCard({ ...run, started }, text)
    : textCard('plain', text.runs.acceptedTitle(run.workflow), text.runs.repeated);
  const rootId = await answerWith(reply, messageOf(card, text), late).catch((error: unknown) => error);
  const facts = { runId, code: codeOf(rootId) };
  if (typeof rootId === 'string') {
    return await announce(context, runId, { ...conversation, rootId }).catch((error: unknown) =>
      bot.log.warn({ ...facts, error }, 'a run was not told which message answered its command; it will look for it'),
    );
  }
  if (codeOf(rootId) === codes.unknownInteraction) {
    // It is too late: Discord has told the member that the command failed.
    const isWithdrawn = started !== null && (await withdrawRun(bot.services.db, runId));
    return bot.log.info({ ...facts, isWithdrawn }, 'a command was accepted too late to be answered');
  }
  // The answer may or may not exist. The run looks for it, and posts its own root message if there is none.
  bot.log.warn({ ...facts, error: rootId }, 'a command was accepted, and its answer may be lost');
}

/** Gives the answer. Resolves with the id of the message that it became. */
async function answerWith(reply: Reply, message: MessageBody, late: { error: unknown }): Promise<string> {
  if (late.error !== null && codeOf(late.error) !== codes.alreadyAnswered) throw late.error;
  try {
    if (reply.isAnswered) await reply.editOriginal(message);
    else await reply.respond({ type: InteractionResponseType.ChannelMessageWithSource, data: message });
  } catch (error) {
    // The answer was given: by this process, whose first try did arrive, or by another process with the same run.
    if (codeOf(error) !== codes.alreadyAnswered) throw error;
  }
  return await reply.originalId();
}

async function announce(
  { bot: { services }, reply, text }: RequestContext,
  runId: RunId,
  conversation: DiscordConversation,
): Promise<void> {
  if (await announceRun(services.db, runId, conversation)) return services.wake();
  // The run no longer waits for this answer. By now it has found it, or it uses a root message of its own.
  const view = await loadRun(services.db, runId);
  const speaksBy = view && discordPostedMessages.parse(view.run.postedMessages).rootId;
  if (!view || !speaksBy || speaksBy === conversation.rootId) return;
  const { acceptedTitle, repeated } = text.runs;
  await reply.editOriginal(messageOf(textCard('plain', acceptedTitle(view.run.workflow), repeated), text));
}
