import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { z } from 'zod';
import { readMigrations } from '../db/migrations.ts';
import { copyOut } from './copy.ts';
import { BackupError } from './error.ts';
import { inTransaction, withClient } from './session.ts';
import { listed, quoted, type Sequence, type Shape, shapeOf, type Table } from './shape.ts';
import { createTally, type Tally } from './tally.ts';

/** Rows as one moment has them. `send` writes a table into a stream, and ends the stream. */
export type RowSource = {
  migration: number;
  tables: readonly Table[];
  sequences: readonly Sequence[];
  send: (table: Table, to: Writable, onBytes?: (bytes: number) => void) => Promise<Tally>;
};

export type Snapshot = RowSource & {
  serverVersion: string;
  /** How many stored objects the rows name, and their bytes. */
  media: { count: number; bytes: number };
  /** The versions of the master keys that sealed the stored secrets. */
  keyVersions: readonly string[];
  /** Sends the stored objects that the rows name: a line each of key, bytes, SHA-256 and type. */
  sendMedia: (to: Writable) => Promise<Tally>;
};

/** Every object that the store should have. Several rows may name one object. */
const mediaRows = `
  SELECT DISTINCT ON (key) key, bytes, sha256, mime FROM (
    SELECT object_key AS key, bytes, sha256, mime FROM assets WHERE removed_at IS NULL
    UNION ALL
    SELECT image->>'objectKey', (image->>'bytes')::bigint, image->>'sha256', image->>'mime'
    FROM cast_entries, jsonb_array_elements(images) image WHERE removed_at IS NULL
  ) named ORDER BY key`;

/**
 * Reads a database as it is at one moment, while others go on writing. `isLocked` keeps others from writing, but not from reading,
 * until the work is done.
 */
export async function withSnapshot<T>(
  url: string,
  { isLocked }: { isLocked: boolean },
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  return await withClient(url, (client) =>
    inTransaction(
      client,
      `ISOLATION LEVEL REPEATABLE READ${isLocked ? '' : ' READ ONLY'}`,
      async () => await work(await snapshotOf(client, isLocked)),
      isLocked ? locks : [],
    ),
  );
}

const locks = [
  `SET LOCAL lock_timeout = '10s'`,
  'LOCK TABLE workspaces, credit_accounts, credit_transactions, runs, steps, assets IN SHARE MODE',
];

const factsOf = z.object({ version: z.string(), count: z.number(), bytes: z.number(), versions: z.array(z.string()) });

async function snapshotOf(client: pg.Client, isMove: boolean): Promise<Snapshot> {
  const { migration, isMigrating, ...shape }: Shape = await shapeOf(client);
  if (migration === null) throw new BackupError('The database has nothing of VidGenie: there is nothing to copy.');
  // Tables that a newer version has added would silently be left out.
  if (!(await readMigrations()).some(({ madeAt }) => madeAt === migration))
    throw new BackupError(
      'A newer version of VidGenie has migrated the database, and this one does not know everything that it stores there: give the command with the newer version.',
    );
  if (isMigrating)
    throw new BackupError(
      `An upgrade of the database has begun and is not finished, so a copy of it could not be restored: ${isMove ? 'with DATABASE_URL and DATABASE_DIRECT_URL unset, ' : ''}start the newer VidGenie or run its vidgenie migrate, and give this command again when that is done.`,
    );
  const { rows } = await client.query(
    `SELECT current_setting('server_version') AS version, (SELECT count(*) FROM (${mediaRows}) m)::float8 AS count,
      (SELECT coalesce(sum(bytes), 0) FROM (${mediaRows}) m)::float8 AS bytes,
      (SELECT coalesce(json_agg(DISTINCT key_version), '[]') FROM workspace_keys) AS versions`,
  );
  const facts = factsOf.parse(rows[0]);
  const send = async (select: string, to: Writable, onBytes?: (bytes: number) => void) => {
    const tally = createTally(onBytes);
    await pipeline(copyOut(client, `COPY (${select}) TO STDOUT`), tally.stream, to);
    return tally.result();
  };
  return {
    ...shape,
    migration,
    serverVersion: facts.version,
    media: { count: facts.count, bytes: facts.bytes },
    keyVersions: facts.versions,
    send: (table, to, onBytes) => send(`SELECT ${listed(table.columns)} FROM ${quoted(table.name)}`, to, onBytes),
    sendMedia: (to) => send(mediaRows, to),
  };
}

const keyRows = z.array(z.object({ key: z.string() }));

/** Those of the keys that the store need not have any more, because retention or a member has removed what they belong to. */
export async function removedAmong(url: string, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await withClient(url, (client) =>
    inTransaction(client, 'READ ONLY', () =>
      client.query(
        `SELECT unnest($1::text[]) AS key
        EXCEPT (
          SELECT a.object_key FROM assets a JOIN runs r ON r.id = a.run_id
          WHERE a.object_key = ANY ($1) AND a.removed_at IS NULL AND r.deleted_at IS NULL
          UNION ALL
          SELECT image->>'objectKey' FROM cast_entries, jsonb_array_elements(images) image WHERE removed_at IS NULL
        ) ORDER BY key`,
        [keys],
      ),
    ),
  );
  return keyRows.parse(rows).map(({ key }) => key);
}
