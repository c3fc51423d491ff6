import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { resultWithin } from '../../pipeline/timeout.ts';
import type { ActionAnswer } from '../actions/perform.ts';
import { type Card, textCard } from '../card.ts';
import type { Answer } from '../commands/request.ts';
import { refusalCard } from '../refusalCard.ts';
import type { Text } from '../text.ts';
import { threadOf } from './conversation.ts';
import { formId } from './customId.ts';
import { askModal, formModal } from './modal.ts';
import { editWithMedia } from './privateMedia.ts';
import { messageOf } from './render.ts';
import type { RequestContext } from './requestContext.ts';

/** A modal must be the first answer, and Discord waits three seconds for that. Milliseconds. */
const maxLookupMs = 2_000;

const deferredPrivately = {
  type: InteractionResponseType.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
} as const;

/**
 * Answers with ephemeral messages: first "one moment", then the result. The answer to a private question replaces the question,
 * so that its buttons disappear.
 */
export async function answerPrivately(
  context: RequestContext,
  perform: () => Promise<ActionAnswer>,
  { replaces }: { replaces: boolean } = { replaces: false },
): Promise<void> {
  await context.reply.respond(replaces ? { type: InteractionResponseType.DeferredMessageUpdate } : deferredPrivately);
  await showPrivately(context, await perform());
}

/** Shows a run again to the requester alone, with its results. */
export async function answerWithRun(context: RequestContext, perform: () => Promise<ActionAnswer>): Promise<void> {
  await context.reply.respond(deferredPrivately);
  const answer = await perform();
  if (answer.kind !== 'status') return await showPrivately(context, answer);
  const { run } = answer.view;
  const threadId = threadOf(run);
  const lines = threadId === null ? [] : [context.text.discord.thread(threadId)];
  await editWithMedia(context, answer.card, { id: run.id, lines });
}

/**
 * Answers with a modal, or with an ephemeral message if there is no modal to show. A form of several pages becomes a card whose
 * buttons open one page each.
 */
export async function answerWithModal(
  context: RequestContext,
  perform: () => Promise<ActionAnswer>,
  page: string | null = null,
): Promise<void> {
  const { reply, text } = context;
  const performing = perform();
  const answer = await resultWithin(maxLookupMs, performing);
  if (answer === null) return await answerLate(context, performing);
  if (answer.kind === 'form') {
    const { form } = answer;
    const shown = form.pages.find(({ name }) => name === page) ?? (form.overview ? null : form.pages[0]);
    if (shown) return await reply.respond({ type: InteractionResponseType.Modal, data: formModal(form, shown) });
    const forms = form.pages.map(({ name, label }) => ({ id: formId(form.command, name), label }));
    return await reply.replyEphemeral(messageOf(form.overview ?? textCard('plain', form.title), text, { forms }));
  }
  if (answer.kind === 'ask') {
    return await reply.respond({ type: InteractionResponseType.Modal, data: askModal(answer, text) });
  }
  if (hasMedia(answer)) {
    await reply.respond(deferredPrivately);
    return await showPrivately(context, answer);
  }
  await reply.replyEphemeral(messageOf(cardOf(answer, text), text));
}

/** It is too late for a modal. Any other answer comes as a message. */
async function answerLate(context: RequestContext, performing: Promise<ActionAnswer>): Promise<void> {
  const { reply, text } = context;
  await reply.respond(deferredPrivately);
  const answer = await performing;
  if (answer.kind !== 'form' && answer.kind !== 'ask') return await showPrivately(context, answer);
  const { title, text: sentence } = text.discord.slow;
  await reply.editOriginal(messageOf(textCard('warning', title, sentence), text));
}

/** The messages of a run carry its files. Other cards bring their own, for example those of the cast. */
const hasMedia = (answer: ActionAnswer): answer is Extract<Answer, { kind: 'card' }> =>
  answer.kind === 'card' && answer.card.media.length > 0;

/** Turns the deferred first answer into the result. */
async function showPrivately(context: RequestContext, answer: ActionAnswer): Promise<void> {
  const { interaction, reply, text } = context;
  if (hasMedia(answer)) return await editWithMedia(context, answer.card, { id: interaction.id, lines: [] });
  await reply.editOriginal(messageOf(cardOf(answer, text), text));
}

/** The card of an answer that needs no modal. */
export function cardOf(answer: ActionAnswer, text: Text): Card {
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
    case 'ask':
      throw new Error(`an answer of the kind ${answer.kind} needs a modal`);
  }
}

const withoutMedia = (card: Card): Card => ({ ...card, media: [] });

export const refusalMessage = (answer: Extract<Answer, { kind: 'refusal' }>, text: Text) =>
  messageOf(refusalCard(answer.refusal, text), text);

/** The answer to input from another version of VidGenie. */
export function outdatedMessage(text: Text, flags = 0) {
  const { title, text: sentence } = text.discord.outdated;
  return messageOf(textCard('warning', title, sentence), text, {}, flags);
}
