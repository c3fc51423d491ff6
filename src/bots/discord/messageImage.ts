import type { IncomingMessage } from './incoming.ts';

const named = /\.(png|jpe?g|webp)$/i;

/** Where the first image of a message lies; null: it has none. What its name says is only a hint, its bytes decide later. */
export function imageIn(messages: Readonly<Record<string, IncomingMessage>>, id: string): string | null {
  const message = messages[id];
  if (!message) return null;
  const attached = message.attachments.find(
    ({ content_type, filename }) => content_type?.startsWith('image/') ?? named.test(filename),
  );
  if (attached) return attached.url;
  for (const { image, thumbnail } of message.embeds) {
    // Discord's own copy: a stranger's server learns nothing of us.
    const url = image?.proxy_url ?? thumbnail?.proxy_url;
    if (url) return url;
  }
  return null;
}
