import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { accountOf } from '../../db/credits.ts';
import { ensureWorkspace } from '../../db/workspaces.ts';
import { quote } from '../../pipeline/quote.ts';
import { animateImage } from '../actions/animate.ts';
import { perform, workflowCommands } from '../commands/all.ts';
import { quoteRefusal } from '../commands/quoteRefusal.ts';
import { refusalCard } from '../refusalCard.ts';
import { type Text, textOf } from '../text.ts';
import { outdatedMessage, refusalMessage } from './answer.ts';
import { type PictureWish, pictureId } from './customId.ts';
import type { MessageCommand, Pressed, Submitted } from './incoming.ts';
import { imageIn, pictureShown } from './messageImage.ts';
import { wordsModal } from './modal.ts';
import { messageOf } from './render.ts';
import type { RequestContext } from './requestContext.ts';
import { openUrl, requestOf } from './requester.ts';
import { startPublicly } from './startPublicly.ts';

/** The two entries in the menu of a message. Discord gives an entry by its name, which is the same in every language. */
const wishOf = ({ name }: MessageCommand): PictureWish =>
  name === textOf('en').discord.editCommand ? 'edit' : 'animate';

/**
 * Handles *Animate with VidGenie* and *Edit this image* in a message's menu: shows the requester the picture and the price. The
 * question itself carries both, so that nothing is stored for an answer that may never come. A modal in its place could not: it
 * comes back without the message, and Discord shows the bot no attachment of a message that it fetches later.
 */
export async function askAboutPicture(
  { bot, interaction, reply, text }: RequestContext,
  data: MessageCommand,
): Promise<void> {
  const wish = wishOf(data);
  const url = imageIn(data.resolved.messages, data.target_id);
  if (url === null) {
    const reason = wish === 'edit' ? 'nothing_to_change' : 'nothing_to_animate';
    return await reply.replyEphemeral(refusalMessage({ kind: 'refusal', refusal: { reason } }, text));
  }
  await reply.respond({
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    data: { flags: MessageFlags.Ephemeral },
  });
  const { services, workspace } = requestOf(interaction, bot.services, null);
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const quoted =
    wish === 'edit'
      ? await quote(services, workspace.id, 'edit', { change: 'picture' })
      : await quote(services, workspace.id, 'video', {});
  const refusal = quoteRefusal(quoted, await accountOf(services.db, workspace.id), text);
  if (refusal) return await reply.editOriginal(refusalMessage({ kind: 'refusal', refusal }, text));
  await reply.editOriginal(questionOf(wish, { url, priceCredits: quoted.price }, text));
}

function questionOf(wish: PictureWish, { url, priceCredits }: { url: string; priceCredits: number }, text: Text) {
  const price = { reason: 'costs_more', priceCredits, told: 0, button: null } as const;
  const label = text.runs.priced(text.runs.buttons[wish === 'edit' ? 'change' : 'animate'], priceCredits);
  const shown = { pictureUrl: url, buttons: [{ id: pictureId(wish, priceCredits), label }] };
  return messageOf(refusalCard(price, text), text, shown);
}

/** Handles a press on the question's button: animates the picture, or asks what should change in it. */
export async function pressPicture(
  context: RequestContext<Pressed>,
  wish: PictureWish,
  maxCredits: number,
): Promise<void> {
  const { interaction, reply, text } = context;
  const url = pictureShown(interaction.message.components);
  if (url === null) return await reply.replyEphemeral(outdatedMessage(text));
  if (wish === 'animate') {
    return await startPublicly(context, {
      perform: (request) => animateImage({ ...request, openImage: openUrl, maxCredits }, url),
    });
  }
  const field = { id: pictureId(wish, maxCredits), ...text.runs.asking.change, words: '', priceCredits: maxCredits };
  await reply.respond({ type: InteractionResponseType.Modal, data: wordsModal(field, text) });
}

/** Changes the picture of the question as the words say. A modal that a button opened comes back with the button's message. */
export async function submitPicture(
  context: RequestContext<Submitted>,
  words: string,
  maxCredits: number,
): Promise<void> {
  const { interaction, reply, text } = context;
  const url = pictureShown(interaction.message?.components ?? []);
  if (url === null) return await reply.replyEphemeral(outdatedMessage(text));
  await startPublicly(context, {
    perform: (request) =>
      perform({ ...request, openImage: openUrl, maxCredits }, workflowCommands.edit, { image: url, prompt: words }),
  });
}
