import type { Keyring } from '../../db/keyring.ts';
import { createSigner } from '../../db/signer.ts';

/**
 * Signed links to media, which open without a session for some time. Every process with the keyring makes and accepts the same
 * links.
 */
export type MediaLinks = {
  /** An address on this server that works for at least a day and stays the same for an hour. */
  sign: (objectKey: string, now: Date) => string;
  /** A link that expires at the first full hour from `until` on, and that moment. */
  signUntil: (objectKey: string, until: Date) => { path: string; expiresAt: Date };
  isSigned: (objectKey: string, query: { expires?: string; signature?: string }, now: Date) => boolean;
};

const hourMs = 3_600_000;
const goodForMs = 24 * hourMs;

export function createMediaLinks(keyring: Keyring): MediaLinks {
  const signer = createSigner(keyring, 'vidgenie media links');
  const signUntil: MediaLinks['signUntil'] = (objectKey, until) => {
    const expiresAt = new Date(Math.ceil(until.getTime() / hourMs) * hourMs);
    const expires = String(expiresAt.getTime() / 1_000);
    return { path: `/media/${objectKey}?expires=${expires}&signature=${signer.sign([objectKey, expires])}`, expiresAt };
  };
  return {
    signUntil,
    sign: (objectKey, now) => signUntil(objectKey, new Date(now.getTime() + goodForMs)).path,
    isSigned: (objectKey, { expires, signature }, now) => {
      if (!expires || !signature || !/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 < now.getTime())
        return false;
      return signer.isSigned([objectKey, expires], signature);
    },
  };
}
