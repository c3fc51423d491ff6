import { settingsOf } from '../../db/workspaces.ts';
import type { Card, CardMedia } from '../card.ts';
import { attach, maxRequestBytes } from './media.ts';
import { messageOf } from './render.ts';
import type { RequestContext } from './requestContext.ts';
import { requestOf } from './requester.ts';
import { smallestLimitBytes } from './uploadLimit.ts';

/** Files that Discord takes in one message. */
const maxFiles = 10;

/**
 * Edits the deferred first answer, which only the requester sees, so that it shows a card with its media. A film that is too large
 * becomes a link: this process encodes nothing, because members wait for it.
 */
export async function editWithMedia(
  { bot, interaction, reply, text }: RequestContext,
  card: Card,
  { id, lines }: { id: string; lines: readonly string[] },
): Promise<void> {
  const { store, temporaryDirectory: directory, db } = bot.services;
  const { workspace, signal } = requestOf(interaction, bot.services, null);
  const { spoilers } = await settingsOf(db, workspace.id);
  const { addressOf } = bot;
  const { attached, linked } = divided(card.media);
  const order = { runId: id, limitBytes: smallestLimitBytes, givenUp: [] };
  const attachments = await attach(attached, order, { store, directory, signal, text, spoilers, addressOf });
  try {
    const links = await Promise.all(
      linked.map(async ({ label, objectKey }) => {
        const address = await addressOf(objectKey);
        const { link, kept } = text.discord.tooLarge;
        return address ? link(label, address.url) : kept(label, objectKey);
      }),
    );
    const body = messageOf(card, text, {
      pictures: attachments.files,
      lines: [...attachments.lines, ...links, ...lines],
    });
    await reply.editOriginal(
      body,
      attachments.files.map(({ file }) => file),
    );
  } finally {
    await attachments.dispose();
  }
}

/** The media that one message holds, images first. Images can be made smaller without an encoder. */
function divided(media: readonly CardMedia[]): { attached: CardMedia[]; linked: CardMedia[] } {
  const attached: CardMedia[] = [];
  const linked: CardMedia[] = [];
  let left = maxRequestBytes;
  const inOrder = [...media].sort((a, b) => Number(a.kind === 'video') - Number(b.kind === 'video'));
  for (const medium of inOrder) {
    const bytes = medium.kind === 'image' ? Math.min(medium.bytes, smallestLimitBytes) : medium.bytes;
    const fits = bytes <= smallestLimitBytes && bytes <= left && attached.length < maxFiles;
    if (fits) left -= bytes;
    (fits ? attached : linked).push(medium);
  }
  return { attached, linked };
}
