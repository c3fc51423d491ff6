import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The vault's master keys by version. The active key seals new secrets. The other keys only open the secrets that they sealed
 * before.
 */
export type Keyring = { active: string; keys: ReadonlyMap<string, KeyObject> };

/** A keyring that cannot be used. The message is for the operator and contains no part of a key. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

const keyBytes = 32;
const versionPattern = /^k\d{1,6}$/;
const howTo = 'expected k2:<base64 of 32 bytes>,k1:<base64 of 32 bytes>, the active key first';

/** Reads `k2:<base64>,k1:<base64>`. Throws a {@link KeyringError} that says which entry is wrong, and why. */
export function parseKeyring(text: string): Keyring {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.every((entry) => entry === '')) throw new KeyringError(`the keyring is empty: ${howTo}`);
  const keys = new Map<string, KeyObject>();
  for (const [index, entry] of entries.entries()) {
    const where = `entry ${index + 1} of the keyring`;
    const colon = entry.indexOf(':');
    const version = entry.slice(0, Math.max(colon, 0));
    if (!versionPattern.test(version))
      throw new KeyringError(`${where} does not begin with a version such as "k1:": ${howTo}`);
    if (keys.has(version)) throw new KeyringError(`${where} repeats the version ${version}`);
    keys.set(version, keyOf(entry.slice(colon + 1), `${where} (${version})`));
  }
  const [active] = keys.keys();
  if (active === undefined) throw new KeyringError(`the keyring is empty: ${howTo}`);
  return { active, keys };
}

function keyOf(base64: string, where: string): KeyObject {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new KeyringError(`${where} is not base64`);
  if (bytes.length !== keyBytes) throw new KeyringError(`${where} holds ${bytes.length} bytes instead of ${keyBytes}`);
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** The text that {@link parseKeyring} reads. Whoever has it opens every stored key. */
export function keyringText({ active, keys }: Keyring): string {
  const versions = [active, ...[...keys.keys()].filter((version) => version !== active)];
  return versions.map((version) => `${version}:${keys.get(version)?.export().toString('base64')}`).join(',');
}

/** A new keyring of one key, as the text that {@link parseKeyring} reads. */
export function newKeyring(): string {
  return `k1:${randomBytes(keyBytes).toString('base64')}`;
}

/**
 * The keyring at `<home>/keyring`, made on first use with mode 0600. Processes that start together use the same one: the file
 * gets its name only when it is complete, and only once. VidGenie never replaces an existing keyring, even a broken one.
 */
export async function embeddedKeyring(home: string): Promise<Keyring> {
  const path = keyringPath(home);
  return read(path, (await readIfThere(path)) ?? (await makeOnce(path)));
}

/** The keyring at `<home>/keyring`, without making one. Null if there is none yet. */
export async function existingKeyring(home: string): Promise<Keyring | null> {
  const text = await readIfThere(keyringPath(home));
  return text === null ? null : read(keyringPath(home), text);
}

export const keyringPath = (home: string): string => join(home, 'keyring');

function read(path: string, text: string): Keyring {
  try {
    return parseKeyring(text.trim());
  } catch (error) {
    if (error instanceof KeyringError) throw new KeyringError(`${path}: ${error.message}`);
    throw error;
  }
}

async function makeOnce(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${newKeyring()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link fails if another process has created the file meanwhile.
    await link(draft, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return await readFile(path, 'utf8');
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
