import {
  type APIInteractionResponse,
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import { performAction, submitEdit } from '../actions/perform.ts';
import { textCard } from '../card.ts';
import { commands, perform, submitForm } from '../commands/all.ts';
import { localeOf, type Text, textOf } from '../text.ts';
import { animateMessage, animatePicture } from './animateMessage.ts';
import { answerPrivately, answerWithModal, outdatedMessage, refusalMessage } from './answer.ts';
import { suggestChoices } from './autocomplete.ts';
import { givenOf } from './commandGiven.ts';
import { type CustomId, readCustomId } from './customId.ts';
import { deleteMessages } from './deleteMessages.ts';
import { type ChatCommand, envelope, type Incoming, incoming, modalValues, type Pressed } from './incoming.ts';
import { formValues, promptField } from './modal.ts';
import { messageOf } from './render.ts';
import { createReply, type FirstAnswer, type Reply } from './reply.ts';
import type { Bot, RequestContext } from './requestContext.ts';
import { requestOf } from './requester.ts';
import { codeOf, codes } from './rest.ts';
import { startPublicly } from './startPublicly.ts';

/** Answers one interaction, from the gateway or over HTTP. Never rejects: a fault is logged and told to the requester. */
export async function handleInteraction(bot: Bot, raw: unknown, first: FirstAnswer): Promise<void> {
  const read = incoming.safeParse(raw);
  if (!read.success) return await answerUnknown(bot, raw, first);
  if (read.data.type === InteractionType.Ping) {
    await first({ type: InteractionResponseType.Pong }).catch(() => {});
    return;
  }
  const reply = createReply(bot.replyRest, read.data, first);
  try {
    await dispatch(bot, read.data, reply);
  } catch (error) {
    await tellFault(bot, read.data, reply, error);
  }
}

const noChoices: APIInteractionResponse = {
  type: InteractionResponseType.ApplicationCommandAutocompleteResult,
  data: { choices: [] },
};

/** Discord may send interactions that this version does not know. The member still gets an answer. */
async function answerUnknown(bot: Bot, raw: unknown, first: FirstAnswer): Promise<void> {
  bot.log.warn({}, 'Discord sent something that VidGenie does not understand');
  const known = envelope.safeParse(raw);
  if (!known.success) return;
  const { type, locale } = known.data;
  const response: APIInteractionResponse =
    type === InteractionType.ApplicationCommandAutocomplete
      ? noChoices
      : {
          type: InteractionResponseType.ChannelMessageWithSource,
          data: outdatedMessage(textOf(localeOf(locale)), MessageFlags.Ephemeral),
        };
  await first(response).catch((error: unknown) => bot.log.info({ code: codeOf(error) }, 'nobody could be told'));
}

/** The answer came too late, or another process answered. Nothing was done yet, and nothing will be. */
const isFinal = (error: unknown) =>
  codeOf(error) === codes.unknownInteraction || codeOf(error) === codes.alreadyAnswered;

async function tellFault(bot: Bot, interaction: Incoming, reply: Reply, error: unknown): Promise<void> {
  const facts = { interactionId: interaction.id, code: codeOf(error) };
  if (isFinal(error)) return bot.log.info(facts, 'an interaction was answered too late, or elsewhere');
  bot.log.error({ ...facts, error }, 'an interaction could not be carried out');
  const text = textOf(localeOf(interaction.locale));
  const told =
    interaction.type === InteractionType.ApplicationCommandAutocomplete
      ? reply.respond(noChoices)
      : reply.replyEphemeral(messageOf(textCard('bad', text.discord.fault.title, text.discord.fault.text), text));
  await told.catch(() => bot.log.info(facts, 'nobody could be told that an interaction failed'));
}

async function dispatch(bot: Bot, interaction: Incoming, reply: Reply): Promise<void> {
  const text = textOf(localeOf(interaction.locale));
  const context = { bot, interaction, reply, text };
  switch (interaction.type) {
    case InteractionType.ApplicationCommandAutocomplete:
      return await suggestChoices(context, interaction.data);
    case InteractionType.ApplicationCommand:
      if (interaction.data.type === ApplicationCommandType.ChatInput) return await carryOut(context, interaction.data);
      return await animateMessage(context, interaction.data);
    case InteractionType.MessageComponent: {
      const id = readCustomId(interaction.data.custom_id);
      if (id?.kind === 'form') return await openPage(context, id);
      if (id?.kind === 'picture') return await animatePicture({ ...context, interaction }, id.credits);
      return id ? await press({ ...context, interaction }, id) : await outdated(reply, text);
    }
    case InteractionType.ModalSubmit: {
      const id = readCustomId(interaction.data.custom_id);
      return id ? await submit(context, id, modalValues(interaction.data.components)) : await outdated(reply, text);
    }
  }
}

const outdated = (reply: Reply, text: Text): Promise<void> => reply.replyEphemeral(outdatedMessage(text));

async function carryOut(context: RequestContext, data: ChatCommand): Promise<void> {
  const { bot, interaction, reply, text } = context;
  const [{ name, options }] = data.options;
  const command = commands.find((one) => one.name === name);
  if (!command) return await outdated(reply, text);
  const given = givenOf(options);
  const checked = command.check(given);
  if (checked.outcome === 'refused') {
    return await reply.replyEphemeral(refusalMessage({ kind: 'refusal', refusal: checked.refusal }, text));
  }
  if (command.startsRun) {
    const attachments = data.resolved?.attachments ?? {};
    return await startPublicly(context, {
      attachments,
      perform: (request) => perform(request, command, given),
    });
  }
  const act = () => perform(requestOf(interaction, bot.services, null), command, given);
  if (command.hasForm && options.length === 0) return await answerWithModal(reply, text, act);
  await answerPrivately(reply, text, act);
}

type FormId = Extract<CustomId, { kind: 'form' }>;

/** Handles a button of a form's card. Checks again whether the member may see the form, and shows current values. */
async function openPage({ bot, interaction, reply, text }: RequestContext, { command: name, page }: FormId) {
  const command = commands.find((one) => one.name === name);
  if (!command?.hasForm) return await outdated(reply, text);
  await answerWithModal(reply, text, () => perform(requestOf(interaction, bot.services, null), command, {}), page);
}

type ActionId = Extract<CustomId, { kind: 'action' }>;

async function press(context: RequestContext<Pressed>, id: ActionId): Promise<void> {
  const { bot, interaction, reply, text } = context;
  const { action, runId, credits: maxCredits } = id;
  const replaces = (interaction.message.flags & MessageFlags.Ephemeral) !== 0;
  switch (action) {
    case 'keep': {
      const { title, text: sentence } = text.runs.canceling.keeps;
      const data = messageOf(textCard('plain', title, sentence), text);
      if (!replaces) return await reply.replyEphemeral(data);
      return await reply.respond({ type: InteractionResponseType.UpdateMessage, data });
    }
    case 'again':
    case 'animate':
      return await startPublicly(context, {
        perform: async (request) => {
          const answer = await performAction({ ...request, maxCredits }, action, runId);
          if (answer.kind === 'edit' || answer.kind === 'deleted') throw new Error(`${action} starts a run`);
          return answer;
        },
      });
    case 'edit':
      return await answerWithModal(reply, text, () =>
        performAction(requestOf(interaction, bot.services, null), action, runId),
      );
    case 'cancel':
    case 'delete': {
      const act = async () => {
        const request = { ...requestOf(interaction, bot.services, null), maxCredits };
        const answer = await performAction(request, action, runId);
        if (answer.kind === 'deleted') await deleteMessages(bot.rest, answer.view, request.member.name, request.signal);
        return answer;
      };
      return await answerPrivately(reply, text, act, { replaces });
    }
  }
}

async function submit(context: RequestContext, id: CustomId, values: Readonly<Record<string, string>>): Promise<void> {
  const { bot, interaction, reply, text } = context;
  if (id.kind === 'action') {
    if (id.action !== 'edit') return await outdated(reply, text);
    const perform = (request: Parameters<typeof submitEdit>[0]) =>
      submitEdit({ ...request, maxCredits: id.credits }, id.runId, values[promptField] ?? '');
    return await startPublicly(context, { perform });
  }
  const command = id.kind === 'form' ? commands.find((one) => one.name === id.command) : null;
  if (!command?.hasForm) return await outdated(reply, text);
  await answerPrivately(reply, text, () =>
    submitForm(requestOf(interaction, bot.services, null), command, formValues(values)),
  );
}
