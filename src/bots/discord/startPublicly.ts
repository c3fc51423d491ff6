import { InteractionResponseType } from 'discord-api-types/v10';
import { loadRun } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { progressOf } from '../../pipeline/progress.ts';
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
import { messageOf } from './render.ts';
import type { Reply } from './reply.ts';
import { outcomeMessage } from './runMessages.ts';

type Start = {
  attachments?: Readonly<Record<string, IncomingAttachment>>;
  perform: (request: CommandRequest) => Promise<Answer>;
};

/**
 * Starts a run under a message that the channel sees. First what the bot may not do, then the message, then the database: a run
 * exists only where it can speak. What is refused takes the message back and tells only who asked.
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
  await reply.respond({
    type: InteractionResponseType.ChannelMessageWithSource,
    data: messageOf(textCard('working', text.discord.onIt), text),
  });
  const workspaceId = workspaceOf(it.guild_id ?? null, memberOf(it).id);
  const { spoilers } = await settingsOf(bot.services.db, workspaceId);
  const place: DiscordPlace = {
    guildId: it.guild_id ?? null,
    channelId: channel.id,
    rootId: await reply.originalId(),
    opensThread: footing.opensThread,
    spoilers,
    locale: localeOf(it.locale),
  };
  const answer = await start.perform(requestOf(it, bot.services, place, start.attachments));
  if (answer.kind === 'run') return await tellAccepted(bot, reply, answer, text);
  await reply.removeOriginal();
  if (answer.kind !== 'refusal') throw new Error(`a run was asked for, and a ${answer.kind} came`);
  await reply.whisper(refusalMessage(answer, text));
}

async function tellAccepted(
  { services }: Bot,
  reply: Reply,
  answer: Extract<Answer, { kind: 'run' }>,
  text: Text,
): Promise<void> {
  const { started, runId } = answer;
  // Delivered twice: the message is the run's already, and shows more by now than we know here.
  if (!started) return;
  await reply.editOriginal(messageOf(acceptedCard({ ...answer, started }, text), text));
  // A quick worker may have told the outcome before our edit arrived on top of it.
  const view = await loadRun(services.db, runId);
  if (!view?.run.settledAt) return;
  const progress = progressOf(view, services.providers, services.now());
  await reply.editOriginal(outcomeMessage(view, progress, text, discordSpeech.parse(view.run.speech).threadId));
}
