import {
  type APIInteractionResponse,
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import { textCard } from '../card.ts';
import { commands, perform, submitForm } from '../commands/all.ts';
import { faultWords } from '../faultWords.ts';
import { localeOf, type Text, textOf } from '../text.ts';
import { answerPrivately, answerWithModal, outdatedMessage, refusalMessage } from './answer.ts';
import { suggestChoices } from './autocomplete.ts';
import { givenOf } from './commandGiven.ts';
import { type CustomId, readCustomId } from './customId.ts';
import {
  type ChatCommand,
  envelope,
  type Incoming,
  incoming,
  modalValues,
  type Pressed,
  type Submitted,
} from './incoming.ts';
import { askAboutPicture, pressPicture, submitPicture } from './messagePicture.ts';
import { formValues, promptField } from './modal.ts';
import { chooseFromMenu, pressAction, pressStart, submitAction } from './press.ts';
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
  const words = faultWords(error, text, 'discord');
  const told =
    interaction.type === InteractionType.ApplicationCommandAutocomplete
      ? reply.respond(noChoices)
      : reply.replyEphemeral(messageOf(textCard('bad', words.title, words.text), text));
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
      return await askAboutPicture(context, interaction.data);
    case InteractionType.MessageComponent:
      return await press({ ...context, interaction });
    case InteractionType.ModalSubmit:
      return await submit({ ...context, interaction });
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
  const act = () => perform(requestOf(interaction, bot.services, null, data.resolved?.attachments), command, given);
  if (command.opensForm(given)) return await answerWithModal(context, act);
  await answerPrivately(context, act);
}

async function press(context: RequestContext<Pressed>): Promise<void> {
  const id = readCustomId(context.interaction.data.custom_id);
  switch (id?.kind) {
    case 'action':
      return await pressAction(context, id);
    case 'start':
      return await pressStart(context, id);
    case 'menu':
      return await chooseFromMenu(context);
    case 'picture':
      return await pressPicture(context, id.wish, id.credits);
    case 'form':
      return await openPage(context, id);
    case undefined:
      return await outdated(context.reply, context.text);
  }
}

/** Handles a button of a form's card. Checks again whether the member may see the form, and shows current values. */
async function openPage(
  context: RequestContext<Pressed>,
  { command: name, page }: Extract<CustomId, { kind: 'form' }>,
) {
  const { bot, interaction, reply, text } = context;
  const command = commands.find((one) => one.name === name);
  if (!command?.hasForm) return await outdated(reply, text);
  await answerWithModal(context, () => perform(requestOf(interaction, bot.services, null), command, {}), page);
}

async function submit(context: RequestContext<Submitted>): Promise<void> {
  const { bot, interaction, reply, text } = context;
  const { data } = interaction;
  const values = modalValues(data.components);
  const words = values[promptField] ?? '';
  const id = readCustomId(data.custom_id);
  switch (id?.kind) {
    case 'action':
      return await submitAction(context, id, words);
    case 'picture':
      return id.wish === 'edit' ? await submitPicture(context, words, id.credits) : await outdated(reply, text);
    case 'form': {
      const command = commands.find((one) => one.name === id.command);
      if (!command?.hasForm) return await outdated(reply, text);
      const request = requestOf(interaction, bot.services, null, data.resolved?.attachments);
      return await answerPrivately(context, () => submitForm(request, command, formValues(values)));
    }
    case 'start':
    case 'menu':
    case undefined:
      return await outdated(reply, text);
  }
}
