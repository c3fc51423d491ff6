import { createHmac, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Keyring } from './keyring.ts';

/** Every process with the keyring makes and accepts the same signatures. */
export type Signer = {
  sign: (parts: readonly string[]) => string;
  /** Older keys of the ring still accept what they signed. */
  isSigned: (parts: readonly string[], signature: string) => boolean;
};

/**
 * Signs for one purpose. A signature for one purpose says nothing for another. A thief of the derived secret could sign, but open
 * nothing in the vault.
 */
export function createSigner({ active, keys }: Keyring, purpose: string): Signer {
  const derived = (key: KeyObject): Buffer => Buffer.from(hkdfSync('sha256', key, '', purpose, 32));
  const secrets = new Map([...keys].map(([version, key]) => [version, derived(key)]));
  const secret = secrets.get(active);
  if (!secret) throw new Error('the keyring lacks its active key');
  return {
    sign: (parts) => signatureOf(secret, parts).toString('base64url'),
    isSigned: (parts, signature) => {
      const shown = Buffer.from(signature, 'base64url');
      return [...secrets.values()].some((one) => {
        const expected = signatureOf(one, parts);
        return shown.length === expected.length && timingSafeEqual(shown, expected);
      });
    },
  };
}

/** JSON lists are unambiguous; joined strings are not. */
const signatureOf = (secret: Buffer, parts: readonly string[]): Buffer =>
  createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
