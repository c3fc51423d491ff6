import { createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../../db/keyring.ts';

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

export function createMediaLinks({ active, keys }: Keyring): MediaLinks {
  const secrets = new Map([...keys].map(([version, key]) => [version, derived(key)]));
  const secret = secrets.get(active);
  if (!secret) throw new Error('the keyring lacks its active key');
  const signUntil: MediaLinks['signUntil'] = (objectKey, until) => {
    const expiresAt = new Date(Math.ceil(until.getTime() / hourMs) * hourMs);
    const expires = String(expiresAt.getTime() / 1_000);
    const signature = signatureOf(secret, objectKey, expires).toString('base64url');
    return { path: `/media/${objectKey}?expires=${expires}&signature=${signature}`, expiresAt };
  };
  return {
    signUntil,
    sign: (objectKey, now) => signUntil(objectKey, new Date(now.getTime() + goodForMs)).path,
    isSigned: (objectKey, { expires, signature }, now) => {
      if (!expires || !signature || !/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 < now.getTime())
        return false;
      const shown = Buffer.from(signature, 'base64url');
      // Older keys of the ring still open the links that they signed.
      return [...secrets.values()].some((one) => {
        const expected = signatureOf(one, objectKey, expires);
        return shown.length === expected.length && timingSafeEqual(shown, expected);
      });
    },
  };
}

/** Derives a separate secret for links. A thief of this secret could open links, but nothing in the vault. */
const derived = (key: KeyObject): Buffer => Buffer.from(hkdfSync('sha256', key, '', 'vidgenie media links', 32));

const signatureOf = (secret: Buffer, objectKey: string, expires: string): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify([objectKey, expires]))
    .digest();
