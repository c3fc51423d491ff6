import { InteractionResponseType } from 'discord-api-types/v10';
import { announceRun, loadRun } from '../../db/runs.ts';
import { withdrawRun } from '../../db/turns.ts';
import type { RunId } from '../../db/vocabulary.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { within } from '../../pipeline/within.ts';
import { acceptedCard } from '../acceptedCard.ts';
import { textCard } from '../card.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { localeOf, type Text, textOf } from '../text.ts';
import { refusalMessage } from './answer.ts';
import { memberOf, requestOf } from './asker.ts';
import type { Bot } from './bot.ts';
import type { Incoming, IncomingAttachment } from './incoming.ts';
import { footingIn } from './permissions.ts';
import { type DiscordPlace, discordSpeech, workspaceOf } from './place.ts';
import { type MessageBody, messageOf } from './render.ts';
import type { Reply } from './reply.ts';
import { codeOf, codes } from './rest.ts';

type Start = {
  attachments?: Readonly<Record<string, IncomingAttachment>>;
  perform: (request: CommandRequest) => Promise<Answer>;
};

/** Discord waits three seconds for the first answer; a command that takes half of that is answered with "thinking…". Milliseconds. */
const patienceMs = 1_500;

/**
 * How long a run waits to be told which message answered its command. Discord tells within milliseconds; over HTTP we ask for three
 * seconds. Milliseconds.
 */
const answerLeaseMs = 6_000;

type Accepted = Extract<Answer, { kind: 'run' }>;

/**
 * Starts a run, and answers when it is written down: whoever reads that it was accepted can count on it, whatever becomes of this
 * process. What the bot may not do here is said before anything is looked up, and what is refused is told only to who asked.
 */
export async function startPublicly(bot: Bot, it: Incoming, reply: Reply, start: Start): Promise<void> {
  const text = textOf(localeOf(it.locale));
  const { channel } = it;
  if (!channel) throw new Error('a command came from nowhere');
  const footing = footingIn(channel.type, it.guild_id !== undefined, it.app_permissions);
  if (footing.outcome === 'unable') {
    const names = text.measures.allOf(footing.missing.map((name) => text.discord.permissions[name]));
    const { title, text: sentence } = text.discord.lacking;
    return await reply.whisper(messageOf(textCard('bad', title, sentence(names)), text));
  }
  const place: DiscordPlace = {
    guildId: it.guild_id ?? null,
    channelId: channel.id,
    rootId: null,
    interactionId: it.id,
    opensThread: footing.opensThread,
    spoilers: false,
    mentions: false,
    locale: localeOf(it.locale),
  };
  const performing = carryOut(bot, it, place, start);
  const late = await answeredLate(reply, performing);
  const { answer, place: at } = await performing.catch(async (error: unknown) => {
    if (reply.isAnswered) await reply.removeOriginal();
    throw error;
  });
  if (answer.kind === 'run') return await tellAccepted(bot, reply, { run: answer, place: at, late }, text);
  if (late.error !== null) throw late.error;
  if (reply.isAnswered) await reply.removeOriginal();
  if (answer.kind !== 'refusal') throw new Error(`a run was asked for, and a ${answer.kind} came`);
  await reply.whisper(refusalMessage(answer, text));
}

async function carryOut(
  { services }: Bot,
  it: Incoming,
  place: DiscordPlace,
  { attachments, perform }: Start,
): Promise<{ answer: Answer; place: DiscordPlace }> {
  const workspaceId = workspaceOf(it.guild_id ?? null, memberOf(it).id);
  const { spoilers, mentions } = await settingsOf(services.db, workspaceId);
  const here = { ...place, spoilers, mentions };
  const request = requestOf(it, services, here, attachments);
  return { answer: await perform({ ...request, waitsForAnswerMs: answerLeaseMs }), place: here };
}

/** Says "thinking…" when some work takes long, and what became of that: null when it was not needed, or was taken. */
async function answeredLate(reply: Reply, work: Promise<unknown>): Promise<{ error: unknown }> {
  const ended = work.catch(() => {});
  if (await within(patienceMs, ended)) return { error: null };
  try {
    await reply.respond({ type: InteractionResponseType.DeferredChannelMessageWithSource });
    return { error: null };
  } catch (error) {
    return { error };
  }
}

type Told = { run: Accepted; place: DiscordPlace; late: { error: unknown } };

/** Answers a command whose run is written down, and lets the run begin under that answer. */
async function tellAccepted(bot: Bot, reply: Reply, { run, place, late }: Told, text: Text): Promise<void> {
  const { started, runId } = run;
  // Delivered twice, the command is answered once: whoever is first tells what there is to tell.
  const card = started
    ? acceptedCard({ ...run, started }, text)
    : textCard('plain', text.runs.acceptedTitle(run.workflow), text.runs.repeated);
  const rootId = await answerWith(reply, messageOf(card, text), late).catch((error: unknown) => error);
  const facts = { runId, code: codeOf(rootId) };
  if (typeof rootId === 'string') {
    return await announce(bot, reply, { runId, place: { ...place, rootId } }, text).catch((error: unknown) =>
      bot.log.warn({ ...facts, error }, 'a run was not told which message answered its command; it will look for it'),
    );
  }
  if (codeOf(rootId) === codes.unknownInteraction) {
    // Too late: Discord has told them that nothing came of it.
    const isWithdrawn = started !== null && (await withdrawRun(bot.services.db, runId));
    return bot.log.info({ ...facts, isWithdrawn }, 'a command was accepted too late to be answered');
  }
  // The answer may be there or not: the run looks for it, and posts its own where there is none.
  bot.log.warn({ ...facts, error: rootId }, 'a command was accepted, and its answer may be lost');
}

/** Gives the answer, and resolves with the message that it became. */
async function answerWith(reply: Reply, message: MessageBody, late: { error: unknown }): Promise<string> {
  if (late.error !== null && codeOf(late.error) !== codes.alreadyAnswered) throw late.error;
  try {
    if (reply.isAnswered) await reply.editOriginal(message);
    else await reply.respond({ type: InteractionResponseType.ChannelMessageWithSource, data: message });
  } catch (error) {
    // By this process, whose first try was heard after all, or by another one with the same run.
    if (codeOf(error) !== codes.alreadyAnswered) throw error;
  }
  return await reply.originalId();
}

async function announce(
  { services }: Bot,
  reply: Reply,
  { runId, place }: { runId: RunId; place: DiscordPlace },
  text: Text,
): Promise<void> {
  if (await announceRun(services.db, runId, place)) return services.wake();
  // It waited in vain. By now it has found this answer, or speaks by a message of its own.
  const view = await loadRun(services.db, runId);
  const speaksBy = view && discordSpeech.parse(view.run.speech).rootId;
  if (!view || !speaksBy || speaksBy === place.rootId) return;
  const { acceptedTitle, repeated } = text.runs;
  await reply.editOriginal(messageOf(textCard('plain', acceptedTitle(view.run.workflow), repeated), text));
}
