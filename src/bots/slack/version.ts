import type { Answer } from '../commands/request.ts';
import { createAddressOf } from '../mediaAddress.ts';
import { createMediaLinks } from '../web/links.ts';
import { fitted, limits, type SlackBlock, section, thumbnail } from './blocks.ts';
import { buttonBlocks, isShownInline } from './buttons.ts';
import { cardMessage, type SlackMessage } from './cardBlocks.ts';
import { refusalOf } from './client.ts';
import { postedMessagesOf } from './conversation.ts';
import { link } from './escape.ts';
import { type RequestContext, sayMessage } from './requestContext.ts';

type Version = Extract<Answer, { kind: 'status' }>;

/**
 * Shows a run again, to the requester alone: its images, links to everything else that it made and to its thread, and its buttons.
 * Without the images if Slack does not have them any more.
 */
export async function sayVersion(context: RequestContext, version: Version): Promise<void> {
  const { withImages, plain } = await versionMessage(context, version);
  try {
    await sayMessage(context, withImages);
  } catch (error) {
    if (refusalOf(error) !== 'invalid_blocks') throw error;
    await sayMessage(context, plain);
  }
}

async function versionMessage({ request, text }: RequestContext, { card, view }: Version) {
  const { store, vault, publicUrl, now } = request.services;
  const addressOf = createAddressOf({ store, publicUrl, now, links: createMediaLinks(vault.keyring) });
  const posted = postedMessagesOf(view.run.postedMessages);
  const parts = await Promise.all(
    card.media.map(async (media): Promise<{ image: SlackBlock[]; links: SlackBlock[] }> => {
      const file = posted.files[media.objectKey];
      const image = file?.state === 'shared' && isShownInline(media) ? [thumbnail(file.fileId, media.label)] : [];
      const address = await addressOf(media.objectKey);
      return { image, links: address ? [section(link(address.url, media.label))] : [] };
    }),
  );
  const thread = posted.permalink === null ? [] : [section(link(posted.permalink, text.slack.home.open))];
  const { text: words, blocks } = cardMessage({ ...card, buttons: [] }, text);
  const withMedia = (shown: readonly SlackBlock[]): SlackMessage => ({
    text: words,
    blocks: fitted([...blocks, ...shown, ...thread], limits.blocksPerMessage, buttonBlocks(card.buttons, text)),
  });
  return {
    withImages: withMedia(parts.flatMap(({ image, links }) => (image.length > 0 ? image : links))),
    plain: withMedia(parts.flatMap(({ links }) => links)),
  };
}
