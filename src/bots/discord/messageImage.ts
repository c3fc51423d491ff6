import { z } from 'zod';
import type { IncomingMessage } from './incoming.ts';

const named = /\.(png|jpe?g|webp)$/i;

/** The address of the first image of a message; null if it has none. The file name is only a hint; the bytes decide later. */
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

const gallery = z.object({ items: z.array(z.object({ media: z.object({ url: z.url() }) })).min(1) });
const container = z.object({ components: z.array(z.unknown()) });

/** The address of the picture that a message of ours shows; null if it shows none. */
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
