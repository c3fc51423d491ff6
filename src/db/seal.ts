import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { type Keyring, KeyringError } from './keyring.ts';
import { Secret } from './secret.ts';

/** The slot that a secret belongs to. The secret does not open in any other slot. */
export type SecretSlot = { workspaceId: string; provider: string; purpose: string };

/**
 * A secret encrypted with its own data key, and the data key encrypted with a key of the keyring. Each box is nonce, ciphertext
 * and tag in this order.
 */
export type Sealed = { box: Buffer; wrappedKey: Buffer; keyVersion: string; lastFour: string; fingerprint: string };

/**
 * A box that was changed, belongs to another slot or was sealed with another key. The error does not say which, because nobody
 * can know.
 */
export class SealError extends Error {
  override readonly name = 'SealError';
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

export function seal(keyring: Keyring, slot: SecretSlot, secret: Secret): Sealed {
  const dataKey = randomBytes(keyBytes);
  const value = secret.reveal();
  const lastFour = value.length >= 12 ? value.slice(-4) : '';
  const fingerprint = fingerprintOf(keyring, keyring.active, secret);
  try {
    return {
      box: lock(dataKey, secretContext(slot, lastFour, fingerprint), Buffer.from(value, 'utf8')),
      wrappedKey: lock(masterKey(keyring, keyring.active), dataKeyContext(slot, keyring.active), dataKey),
      keyVersion: keyring.active,
      lastFour,
      fingerprint,
    };
  } finally {
    dataKey.fill(0);
  }
}

export function unseal(keyring: Keyring, slot: SecretSlot, sealed: Sealed): Secret {
  const dataKey = unwrap(keyring, slot, sealed);
  try {
    const context = secretContext(slot, sealed.lastFour, sealed.fingerprint);
    return new Secret(unlock(dataKey, context, sealed.box).toString('utf8'));
  } finally {
    dataKey.fill(0);
  }
}

/** Encrypts the data key with the active key. The secret itself is not decrypted. */
export function rewrap(keyring: Keyring, slot: SecretSlot, sealed: Sealed): Pick<Sealed, 'wrappedKey' | 'keyVersion'> {
  const dataKey = unwrap(keyring, slot, sealed);
  try {
    const context = dataKeyContext(slot, keyring.active);
    return { wrappedKey: lock(masterKey(keyring, keyring.active), context, dataKey), keyVersion: keyring.active };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Lets you compare secrets without storing them: `k1:` and an HMAC-SHA256 with a key derived from that version of the keyring. A
 * fingerprint keeps its version through rotations.
 */
export function fingerprintOf(keyring: Keyring, version: string, secret: Secret): string {
  const key = Buffer.from(hkdfSync('sha256', masterKey(keyring, version), '', 'vidgenie fingerprint', keyBytes));
  return `${version}:${createHmac('sha256', key).update(secret.reveal(), 'utf8').digest('hex')}`;
}

/** Also false if the keyring no longer has the version that made the fingerprint. */
export function matchesFingerprint(keyring: Keyring, fingerprint: string, secret: Secret): boolean {
  const version = fingerprint.slice(0, fingerprint.indexOf(':'));
  if (!keyring.keys.has(version)) return false;
  const expected = Buffer.from(fingerprintOf(keyring, version, secret));
  const given = Buffer.from(fingerprint);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function unwrap(keyring: Keyring, slot: SecretSlot, { wrappedKey, keyVersion }: Sealed): Buffer {
  return unlock(masterKey(keyring, keyVersion), dataKeyContext(slot, keyVersion), wrappedKey);
}

function masterKey(keyring: Keyring, version: string): KeyObject {
  const key = keyring.keys.get(version);
  if (!key) throw new KeyringError(`the keyring has no key ${JSON.stringify(version)}, which sealed a stored secret`);
  return key;
}

/** JSON lists are unambiguous; joined strings are not. A secret outlives master keys, so its context does not name one. */
function secretContext({ workspaceId, provider, purpose }: SecretSlot, lastFour: string, fingerprint: string): Buffer {
  return Buffer.from(JSON.stringify(['vidgenie', 1, 'secret', workspaceId, provider, purpose, lastFour, fingerprint]));
}

function dataKeyContext({ workspaceId, provider, purpose }: SecretSlot, keyVersion: string): Buffer {
  return Buffer.from(JSON.stringify(['vidgenie', 1, 'data key', workspaceId, provider, purpose, keyVersion]));
}

function lock(key: KeyObject | Buffer, context: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(context);
  return Buffer.concat([nonce, encryption.update(plain), encryption.final(), encryption.getAuthTag()]);
}

function unlock(key: KeyObject | Buffer, context: Buffer, box: Buffer): Buffer {
  if (box.length < nonceBytes + tagBytes) throw new SealError('a stored secret is incomplete');
  const nonce = box.subarray(0, nonceBytes);
  const tag = box.subarray(box.length - tagBytes);
  const decryption = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(context).setAuthTag(tag);
  const opened = decryption.update(box.subarray(nonceBytes, box.length - tagBytes));
  try {
    decryption.final();
  } catch {
    opened.fill(0);
    throw new SealError('a stored secret does not open: it was changed, moved, or sealed by another key');
  }
  return opened;
}
