import { expect, test } from 'vitest';
import { withClient } from '../../../src/backup/session.ts';
import { shapeOf } from '../../../src/backup/shape.ts';
import { createTestDatabase } from '../../support/database.ts';

test('every table that the migrations make is one that a backup has', async () => {
  const { url } = await createTestDatabase();
  const shape = await withClient(url, shapeOf);
  expect(shape.foreign).toEqual([]);
  expect(shape.tables.length).toBeGreaterThan(15);
});
