import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { resultWithin } from '../../pipeline/timeout.ts';
import type { ActionAnswer } from '../actions/perform.ts';
import { type Card, textCard } from '../card.ts';
import type { Answer } from '../commands/request.ts';
import { refusalCard } from '../refusalCard.ts';
import type { Text } from '../text.ts';
import { formId } from './customId.ts';
import { editModal, formModal } from './modal.ts';
import { messageOf } from './render.ts';
import type { Reply } from './reply.ts';

/** A modal must be the first answer, and Discord waits three seconds for that. Milliseconds. */
const maxLookupMs = 2_000;

/**
 * Answers with ephemeral messages: first "one moment", then the result. The answer to a private question replaces the question,
 * so that its buttons disappear.
 */
export async function answerPrivately(
  reply: Reply,
  text: Text,
  perform: () => Promise<ActionAnswer>,
  { replaces }: { replaces: boolean } = { replaces: false },
): Promise<void> {
  await reply.respond(
    replaces
      ? { type: InteractionResponseType.DeferredMessageUpdate }
      : { type: InteractionResponseType.DeferredChannelMessageWithSource, data: { flags: MessageFlags.Ephemeral } },
  );
  await reply.editOriginal(messageOf(cardOf(await perform(), text), text));
}

/**
 * Answers with a modal, or with an ephemeral message if there is no modal to show. A form of several pages becomes a card whose
 * buttons open one page each.
 */
export async function answerWithModal(
  reply: Reply,
  text: Text,
  perform: () => Promise<ActionAnswer>,
  page: string | null = null,
): Promise<void> {
  const answer = await resultWithin(maxLookupMs, perform());
  if (answer === null) {
    const { title, text: sentence } = text.discord.slow;
    return await reply.replyEphemeral(messageOf(textCard('warning', title, sentence), text));
  }
  if (answer.kind === 'form') {
    const { form } = answer;
    const shown = form.pages.find(({ name }) => name === page) ?? (form.overview ? null : form.pages[0]);
    if (shown) return await reply.respond({ type: InteractionResponseType.Modal, data: formModal(form, shown) });
    const forms = form.pages.map(({ name, label }) => ({ id: formId(form.command, name), label }));
    return await reply.replyEphemeral(messageOf(form.overview ?? textCard('plain', form.title), text, { forms }));
  }
  if (answer.kind === 'edit') {
    const data = editModal(answer, text);
    return await reply.respond({ type: InteractionResponseType.Modal, data });
  }
  await reply.replyEphemeral(messageOf(cardOf(answer, text), text));
}

function cardOf(answer: ActionAnswer, text: Text): Card {
  switch (answer.kind) {
    case 'card':
    case 'status':
    case 'stopping':
    case 'deleted':
      return withoutMedia(answer.card);
    case 'refusal':
      return refusalCard(answer.refusal, text);
    case 'run':
      return textCard('plain', text.runs.acceptedTitle(answer.workflow), text.runs.repeated);
    case 'form':
    case 'edit':
      throw new Error(`an answer of the kind ${answer.kind} needs a modal`);
  }
}

/** Only a run's own messages carry its files. */
const withoutMedia = (card: Card): Card => ({ ...card, media: [] });

export const refusalMessage = (answer: Extract<Answer, { kind: 'refusal' }>, text: Text) =>
  messageOf(refusalCard(answer.refusal, text), text);

/** The answer to input from another version of VidGenie. */
export function outdatedMessage(text: Text, flags = 0) {
  const { title, text: sentence } = text.discord.outdated;
  return messageOf(textCard('warning', title, sentence), text, {}, flags);
}
