import { z } from 'zod';
import type { IncomingMessage } from './incoming.ts';

const named = /\.(png|jpe?g|webp)$/i;

/** Returns the address of a message's first image, or null if there is none. The name is only a hint: the bytes decide later. */
export function imageIn(messages: Readonly<Record<string, IncomingMessage>>, id: string): string | null {
  const message = messages[id];
  if (!message) return null;
  const attached = message.attachments.find(
    ({ content_type, filename }) => content_type?.startsWith('image/') ?? named.test(filename),
  );
  if (attached) return attached.url;
  for (const { image, thumbnail } of message.embeds) {
    // We use Discord's own copy, so that a stranger's server learns nothing about us.
    const url = image?.proxy_url ?? thumbnail?.proxy_url;
    if (url) return url;
  }
  return null;
}

const gallery = z.object({ items: z.array(z.object({ media: z.object({ url: z.url() }) })).min(1) });
const container = z.object({ components: z.array(z.unknown()) });

/** Returns the address of the picture in a message of our own, or null if it shows none. */
export function pictureShown(components: readonly unknown[]): string | null {
  for (const one of components) {
    const shown = gallery.safeParse(one);
    if (shown.success) return shown.data.items[0]?.media.url ?? null;
    const inner = container.safeParse(one);
    const found = inner.success ? pictureShown(inner.data.components) : null;
    if (found !== null) return found;
  }
  return null;
}
