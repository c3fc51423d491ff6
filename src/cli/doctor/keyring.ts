import { stat } from 'node:fs/promises';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { existingKeyring, type Keyring, KeyringError, keyringPath } from '../../db/keyring.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** Checks that the keyring exists, is intact, and is readable by its owner alone. */
export async function checkKeyring({ keyring, home }: Config): Promise<Finding> {
  if (keyring) return fine('keyring', describe(keyring));
  try {
    const kept = await existingKeyring(home);
    if (!kept) return fine('keyring', words.keyringNew);
    const path = keyringPath(home);
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) return wrong('keyring', words.keyringOpen(path));
    return fine('keyring', words.keyringKept(describe(kept), path));
  } catch (error) {
    if (error instanceof KeyringError) return wrong('keyring', error.message);
    throw error;
  }
}

const describe = ({ active, keys }: Keyring): string => words.keyringFine(active, [...keys.keys()]);
