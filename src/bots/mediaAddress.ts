import type { MediaStore } from '../pipeline/media/store.ts';
import type { MediaLinks } from './web/links.ts';

/** The address where anybody can fetch an object, and its expiry. Null: there is none. */
export type AddressOf = (objectKey: string) => Promise<{ url: string; expiresAt: Date | null } | null>;

type Needs = {
  store: Pick<MediaStore, 'link'>;
  links: MediaLinks;
  /** The address where people find this server. Null: none. */
  publicUrl: string | null;
  now: () => Date;
};

const weekMs = 7 * 24 * 3_600_000;

/**
 * Addresses of objects, for people and programs. An address that the bucket signed may lead into a network that nobody outside
 * can reach, so we give it only if there is no other. A public address of the bucket never expires. This server can serve every
 * object that it keeps.
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
