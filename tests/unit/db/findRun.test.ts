import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { findRun, findRunAnywhere } from '../../../src/db/findRun.ts';
import { runId, workspaceId } from '../../../src/domain.ts';
import { createTestDatabase } from '../../support/database.ts';
import { large, writeHistory } from '../../support/history.ts';

const home = workspaceId.parse(large);
const ids = z.array(z.object({ id: runId }));

test('a run is found by any beginning of its id', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await writeHistory(database.url, { runs: 2_000, every: 5, members: 5, unfinished: 0 });
  const all = ids.parse(await db.execute(sql`SELECT id FROM runs WHERE workspace_id = ${home}`)).map(({ id }) => id);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...all), fc.integer({ min: 4, max: 36 }), async (id, length) => {
      const reference = id.slice(0, length);
      const matching = all.filter((one) => one.startsWith(reference));
      const expected = matching.length === 1 ? { outcome: 'found', view: { run: { id } } } : { outcome: 'ambiguous' };
      if (reference.replaceAll('-', '').length >= 4)
        expect(await findRun(db, home, reference, () => true)).toMatchObject(expected);
    }),
    { numRuns: 50 },
  );
  for (const wrong of ['', 'abc', '----', '%', 'xyzw', 'f'.repeat(36)]) {
    expect(await findRun(db, home, wrong, () => true)).toEqual({ outcome: 'none' });
    expect(await findRunAnywhere(db, wrong)).toBe('none');
  }
});
