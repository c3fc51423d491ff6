import { InteractionResponseType, MessageFlags } from 'discord-api-types/v10';
import { accountOf } from '../../db/credits.ts';
import { ensureWorkspace } from '../../db/workspaces.ts';
import { quote } from '../../pipeline/submit.ts';
import { animateImage } from '../actions/animate.ts';
import { quoteRefusal } from '../commands/quoteRefusal.ts';
import { refusalCard } from '../refusalCard.ts';
import { outdatedMessage, refusalMessage } from './answer.ts';
import { pictureId } from './customId.ts';
import type { MessageCommand, Pressed } from './incoming.ts';
import { imageIn, pictureShown } from './messageImage.ts';
import { messageOf } from './render.ts';
import type { RequestContext } from './requestContext.ts';
import { openUrl, requestOf } from './requester.ts';
import { startPublicly } from './startPublicly.ts';

/**
 * Handles *Animate with VidGenie* in a message's menu: shows the requester the picture and the price of animating it. The
 * question itself carries both, so that nothing is stored for an answer that may never come.
 */
export async function animateMessage(
  { bot, interaction, reply, text }: RequestContext,
  data: MessageCommand,
): Promise<void> {
  const url = imageIn(data.resolved.messages, data.target_id);
  if (url === null) {
    return await reply.replyEphemeral(
      refusalMessage({ kind: 'refusal', refusal: { reason: 'nothing_to_animate' } }, text),
    );
  }
  await reply.respond({
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    data: { flags: MessageFlags.Ephemeral },
  });
  const { services, workspace } = requestOf(interaction, bot.services, null);
  await ensureWorkspace(services.db, workspace, services.freeCredits);
  const quoted = await quote(services, workspace.id, 'video', {});
  const refusal = quoteRefusal(quoted, await accountOf(services.db, workspace.id), text);
  if (refusal) return await reply.editOriginal(refusalMessage({ kind: 'refusal', refusal }, text));
  const price = { reason: 'costs_more', priceCredits: quoted.price, told: 0, button: null } as const;
  const label = text.runs.priced(text.runs.buttons.animate, quoted.price);
  const shown = { pictureUrl: url, buttons: [{ id: pictureId(quoted.price), label }] };
  await reply.editOriginal(messageOf(refusalCard(price, text), text, shown));
}

/** Handles a press on the question's button: animates the picture. */
export async function animatePicture(context: RequestContext<Pressed>, maxCredits: number): Promise<void> {
  const { interaction, reply, text } = context;
  const url = pictureShown(interaction.message.components);
  if (url === null) return await reply.replyEphemeral(outdatedMessage(text));
  await startPublicly(context, {
    perform: (request) => animateImage({ ...request, openImage: openUrl, maxCredits }, url),
  });
}
