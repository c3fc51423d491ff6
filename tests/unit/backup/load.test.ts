import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { loadDatabase } from '../../../src/backup/load.ts';
import type { RowSource } from '../../../src/backup/snapshot.ts';
import { readMigrations } from '../../../src/db/migrations.ts';
import { workspaces } from '../../../src/db/schema.ts';
import { createTestDatabase } from '../../support/database.ts';

/** Workspaces for an empty database of the newest schema. `onRow` sees the number of each row before it is sent. */
async function workspacesOf(rows: number, onRow: (row: number) => void): Promise<RowSource> {
  const [newest] = (await readMigrations()).toReversed();
  const lines = function* () {
    for (let row = 0; row < rows; row += 1) {
      onRow(row);
      yield `terminal:${row}\tterminal\tsomebody\n`;
    }
  };
  return {
    migration: newest?.madeAt ?? 0,
    tables: [{ name: 'workspaces', columns: ['id', 'platform', 'name'], estimate: rows }],
    sequences: [],
    send: async (_, to) => {
      await pipeline(Readable.from(lines(), { objectMode: false }), to);
      throw new Error('every row was sent');
    },
  };
}

const loading = (signal: AbortSignal) => ({
  id: crypto.randomUUID(),
  signal,
  onTable: () => {},
  onBytes: () => {},
  check: async () => {},
});

test('a signal stops it in the middle of a table, however large that is', async () => {
  const target = await createTestDatabase();
  const stopping = new AbortController();
  const source = await workspacesOf(100_000, (row) => {
    if (row === 10_000) stopping.abort();
  });
  const loaded = loadDatabase(target.url, source, loading(stopping.signal));
  await expect(loaded).rejects.toMatchObject({ name: 'AbortError' });
  expect(await target.db.select().from(workspaces)).toEqual([]);
});

test('a database that somebody migrates at the last moment is refused, because nothing would migrate the rows', async () => {
  const { db, url } = await createTestDatabase();
  const source = await workspacesOf(1, () => {});
  const waiting = sql`SELECT FROM pg_locks WHERE NOT granted AND relation = 'workspaces'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const { loaded } = await db.transaction(async (tx) => {
    await tx.execute(sql`LOCK TABLE workspaces IN ROW SHARE MODE`);
    const loaded = loadDatabase(url, source, loading(new AbortController().signal)).catch((error: unknown) => error);
    await expect.poll(async () => [...(await db.execute(waiting))].length).toBe(1);
    await tx.execute(sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', 9000000000000)`);
    // In an object, because the transaction would wait for a promise.
    return { loaded };
  });
  expect(await loaded).toMatchObject({ message: expect.stringContaining('has migrated the new database meanwhile') });
  expect(await db.select().from(workspaces)).toEqual([]);
});
