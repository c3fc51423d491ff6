import { InteractionResponseType, MessageFlags, Routes } from 'discord-api-types/v10';
import { performAction, submitWords } from '../actions/perform.ts';
import { startProposal } from '../actions/propose.ts';
import { isAsking, textCard } from '../card.ts';
import { answerPrivately, answerWithModal, answerWithRun, outdatedMessage } from './answer.ts';
import { type CustomId, readCustomId } from './customId.ts';
import { deleteMessages } from './deleteMessages.ts';
import type { Pressed, Submitted } from './incoming.ts';
import { messageOf } from './render.ts';
import type { RequestContext } from './requestContext.ts';
import { requestOf } from './requester.ts';
import { codeOf } from './rest.ts';
import { startPublicly } from './startPublicly.ts';

type ActionId = Extract<CustomId, { kind: 'action' }>;

/** Carries out a button on a run, or the option of a menu that stands for one. */
export async function pressAction(context: RequestContext<Pressed>, id: ActionId): Promise<void> {
  const { bot, interaction, reply, text } = context;
  const { action, credits: maxCredits } = id;
  const subject = { id: id.runId, step: id.step };
  const replaces = (interaction.message.flags & MessageFlags.Ephemeral) !== 0;
  const privately = () => requestOf(interaction, bot.services, null);
  switch (action) {
    case 'keep': {
      const { title, text: sentence } = text.runs.canceling.keeps;
      const data = messageOf(textCard('plain', title, sentence), text);
      if (!replaces) return await reply.replyEphemeral(data);
      return await reply.respond({ type: InteractionResponseType.UpdateMessage, data });
    }
    case 'again':
    case 'animate':
    case 'vary':
    case 'better':
    case 'extend':
    case 'continue':
      return await startPublicly(context, {
        perform: async (request) => {
          const answer = await performAction({ ...request, maxCredits }, action, subject);
          if (answer.kind === 'ask' || answer.kind === 'deleted') throw new Error(`${action} starts a run`);
          return answer;
        },
      });
    case 'edit':
    case 'change':
    case 'reanimate':
    case 'lastFrame':
    case 'ending':
    case 'remix':
      return await answerWithModal(context, () => performAction(privately(), action, subject));
    case 'show':
      return await answerWithRun(context, () => performAction(privately(), action, subject));
    case 'cancel':
    case 'delete': {
      const act = async () => {
        const request = { ...privately(), maxCredits };
        const answer = await performAction(request, action, subject);
        if (answer.kind === 'deleted') await deleteMessages(bot.rest, answer.view, request.member.name, request.signal);
        return answer;
      };
      return await answerPrivately(context, act, { replaces });
    }
  }
}

/** Carries out a proposal, which a card has shown with its price. */
export const pressStart = (
  context: RequestContext<Pressed>,
  { proposal, credits: maxCredits }: Extract<CustomId, { kind: 'start' }>,
): Promise<void> =>
  startPublicly(context, { perform: (request) => startProposal({ ...request, maxCredits }, proposal) });

/** Carries out the chosen option of a menu as if it were a button. */
export async function chooseFromMenu(context: RequestContext<Pressed>): Promise<void> {
  const { interaction, reply, text } = context;
  const id = readCustomId(interaction.data.values[0] ?? '');
  if (id?.kind !== 'action') return await reply.replyEphemeral(outdatedMessage(text));
  await pressAction(context, id);
  await resetMenu(context);
}

/**
 * Discord's clients go on showing the chosen option, and report no second choice of the same one, until the message is edited. So we
 * edit it, and change nothing. Nobody waits for this. Source: discord/discord-api-docs, issue 4801.
 */
async function resetMenu({ bot, interaction }: RequestContext<Pressed>): Promise<void> {
  const { id, flags } = interaction.message;
  // Only an answer to the interaction could edit an ephemeral message.
  if (id === undefined || !interaction.channel || (flags & MessageFlags.Ephemeral) !== 0) return;
  const body = { flags: MessageFlags.IsComponentsV2 };
  await bot.rest
    .patch(Routes.channelMessage(interaction.channel.id, id), { body })
    .catch((error: unknown) => bot.log.debug({ code: codeOf(error) }, 'a menu could not be reset'));
}

/** Starts the run that a modal has asked words for. */
export async function submitAction(
  context: RequestContext<Submitted>,
  { action, runId, step, credits: maxCredits }: ActionId,
  words: string,
): Promise<void> {
  const { reply, text } = context;
  if (!isAsking(action)) return await reply.replyEphemeral(outdatedMessage(text));
  await startPublicly(context, {
    perform: (request) => submitWords({ ...request, maxCredits }, action, { id: runId, step }, words),
  });
}
