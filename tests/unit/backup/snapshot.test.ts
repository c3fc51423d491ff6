import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { removedAmong } from '../../../src/backup/snapshot.ts';
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
