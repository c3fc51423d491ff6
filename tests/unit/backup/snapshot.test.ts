import { PassThrough } from 'node:stream';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { removedAmong, withSnapshot } from '../../../src/backup/snapshot.ts';
import { createTestDatabase, createWorkspace } from '../../support/database.ts';

test('an image of the cast is expected in the store until somebody removes its entry', async () => {
  const database = await createTestDatabase();
  const { id } = await createWorkspace(database, 0);
  for (const name of ['fox', 'owl'])
    await database.db.execute(sql`
      INSERT INTO cast_entries (workspace_id, name, kind, description, images, added_by, added_by_name)
      VALUES (${id}, ${name}, 'character', '', ${`[{"objectKey": "cast/${name}.png"}]`}::jsonb, 'ada', 'Ada')`);
  await database.db.execute(sql`UPDATE cast_entries SET removed_at = now() WHERE name = 'owl'`);
  expect(await removedAmong(database.url, ['cast/fox.png', 'cast/owl.png'])).toEqual(['cast/owl.png']);
});

test('a snapshot that waits for a writer before it locks has what that writer commits', async () => {
  const { db, url } = await createTestDatabase();
  const waiting = sql`SELECT FROM pg_locks WHERE NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const { copied } = await db.transaction(async (tx) => {
    await tx.execute(sql`INSERT INTO workspaces (id, platform, name) VALUES ('terminal:late', 'terminal', 'late')`);
    const copied = withSnapshot(url, { isLocked: true }, async ({ tables, send }) => {
      const [table] = tables.filter(({ name }) => name === 'workspaces');
      return table && (await send(table, new PassThrough().resume()));
    });
    await expect.poll(async () => [...(await db.execute(waiting))].length).toBe(1);
    // In an object, because the transaction would wait for a promise.
    return { copied };
  });
  expect(await copied).toMatchObject({ rows: 1 });
});
