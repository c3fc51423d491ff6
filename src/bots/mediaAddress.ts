import type { MediaStore } from '../pipeline/media/store.ts';
import type { MediaLinks } from './web/links.ts';

/** Where anybody can fetch an object, and until when; null: nowhere. */
export type AddressOf = (objectKey: string) => Promise<{ url: string; expiresAt: Date | null } | null>;

type Needs = {
  store: Pick<MediaStore, 'link'>;
  links: MediaLinks;
  /** Where people find this server; null: nowhere. */
  publicUrl: string | null;
  now: () => Date;
};

const weekMs = 7 * 24 * 3_600_000;

/**
 * Addresses of objects for people and programs. One that the bucket signed may lead into a network that nobody outside can reach, and
 * is given only where there is no other: a public one of the bucket's own never expires, and this server hands out whatever it keeps.
 */
export const createAddressOf =
  ({ store, links, publicUrl, now }: Needs): AddressOf =>
  async (objectKey) => {
    const link = await store.link(objectKey);
    if (link.kind === 'url' && (link.expiresAt === null || publicUrl === null)) return link;
    if (publicUrl === null) return null;
    const until = link.kind === 'url' ? link.expiresAt : null;
    const { path, expiresAt } = links.signUntil(objectKey, until ?? new Date(now().getTime() + weekMs));
    return { url: `${publicUrl}${path}`, expiresAt };
  };
