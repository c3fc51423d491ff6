import type pg from 'pg';
import { z } from 'zod';
import { type Keyring, KeyringError } from '../db/keyring.ts';
import { SealError, unseal } from '../db/seal.ts';
import { BackupError } from './error.ts';

const sealedRows = z.array(
  z.object({
    workspaceId: z.string(),
    provider: z.string(),
    purpose: z.string(),
    box: z.instanceof(Buffer),
    wrappedKey: z.instanceof(Buffer),
    keyVersion: z.string(),
    lastFour: z.string(),
    fingerprint: z.string(),
  }),
);

/**
 * Opens one stored secret for each version of the master key. Returns how many it opened: 0 if none is stored. `advice` tells the
 * operator what to do about another keyring.
 */
export async function openSealedKeys(client: pg.Client, keyring: Keyring | null, advice: string): Promise<number> {
  const { rows } = await client.query(`
    SELECT DISTINCT ON (key_version) workspace_id AS "workspaceId", provider, purpose, box, wrapped_key AS "wrappedKey",
      key_version AS "keyVersion", last_four AS "lastFour", fingerprint
    FROM workspace_keys ORDER BY key_version, created_at DESC`);
  const sealed = sealedRows.parse(rows);
  for (const row of sealed) {
    if (keyring === null) throw wrongKeyring(row.keyVersion, advice);
    try {
      unseal(keyring, row, row);
    } catch (error) {
      if (error instanceof SealError || error instanceof KeyringError) throw wrongKeyring(row.keyVersion, advice);
      throw error;
    }
  }
  return sealed.length;
}

const wrongKeyring = (version: string, advice: string) =>
  new BackupError(`The keyring at hand does not open the stored keys, which ${version} has sealed: ${advice}`);
