import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkObjects, passObjects } from '../../../../src/cli/doctor/objects.ts';
import { StorageError } from '../../../../src/pipeline/media/store.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { writeHistory } from '../../../support/history.ts';
import { createInstallation } from '../../../support/program.ts';

const rows = z.array(z.object({ key: z.string(), bytes: z.coerce.number() }));

/** A program with about two thousand results, and a store that has them all and notes for which it is asked. */
async function withResults(runs: number) {
  const database = await createTestDatabase();
  await writeHistory(database.url, { runs, workspaces: 20 });
  const program = await (await createInstallation(database)).open({ worker: false });
  const results = rows.parse([
    ...(await database.db.execute(sql`
      SELECT object_key AS key, bytes FROM assets WHERE removed_at IS NULL AND step_number IS NOT NULL ORDER BY id`)),
  ]);
  const stored = new Map(results.map(({ key, bytes }) => [key, bytes]));
  const asked: string[] = [];
  let isAway = () => false;
  let removing = async (_key: string) => {};
  const store = {
    ...program.services.store,
    size: async (key: string) => {
      if (isAway()) throw new StorageError('the store is away');
      asked.push(key);
      await removing(key);
      return stored.get(key) ?? null;
    },
  };
  return {
    program: { database, services: { ...program.services, store } },
    keys: results.map(({ key }) => key),
    stored,
    asked,
    removeBefore: (remove: typeof removing) => {
      removing = remove;
    },
    goAwayWhen: (condition: () => boolean) => {
      isAway = condition;
    },
  };
}

test('of few results the doctor looks at all, and of many at a sample: the newest, the oldest and others', async () => {
  const few = await withResults(100);
  expect(await checkObjects(few.program)).toMatchObject({ isFine: true, says: 'all 190 stored results are there' });

  const { program, keys, stored, asked } = await withResults(1_000);
  expect(await checkObjects(program)).toMatchObject({
    isFine: true,
    says: expect.stringMatching(/^the \d+ that were looked at are there, of about 1,900: .*doctor --full/),
  });
  expect(asked.length).toBeGreaterThan(350);
  expect(asked.length).toBeLessThanOrEqual(500);
  expect(new Set(asked).size).toBe(asked.length);
  const byAge = rows.parse([
    ...(await program.database.db.execute(sql`
      SELECT object_key AS key, bytes FROM assets WHERE step_number IS NOT NULL ORDER BY created_at, id`)),
  ]);
  const ends = [...byAge.slice(0, 100), ...byAge.slice(-200)].map(({ key }) => key);
  expect(asked).toEqual(expect.arrayContaining(ends));
  expect(keys).toEqual(expect.arrayContaining(asked));

  stored.set(ends[0] ?? '', 1);
  stored.delete(ends.at(-1) ?? '');
  expect(await checkObjects(program)).toMatchObject({ isFine: false, says: expect.stringMatching(/^2 of the stored/) });
});

test('a whole pass looks at every result, goes on where it was interrupted, and still tells what it missed before', async () => {
  const { program, keys, stored, asked, goAwayWhen } = await withResults(1_000);
  const [first = ''] = keys;
  stored.delete(first);
  goAwayWhen(() => asked.length >= 1_200);
  expect(await passObjects(program, () => {})).toMatchObject({ isFine: false, says: 'the store is away' });
  const before = asked.splice(0);
  goAwayWhen(() => false);
  const told: number[] = [];
  expect(await passObjects(program, (fraction) => told.push(fraction))).toMatchObject({
    isFine: false,
    says: expect.stringMatching(/^1 of the stored results is missing .*runs/),
  });
  expect(asked.length).toBeLessThan(1_200);
  expect(new Set([...before, ...asked])).toEqual(new Set(keys));
  expect(told).toEqual([...told].sort((a, b) => a - b));

  asked.splice(0);
  await passObjects(program, () => {});
  expect(asked).toHaveLength(keys.length);
});

test('a result that is removed while the doctor looks is not missing', async () => {
  const { program, stored, removeBefore } = await withResults(20);
  // Between the question to the database and the one to the store.
  removeBefore(async (key) => {
    stored.delete(key);
    await program.database.db.execute(
      sql`UPDATE assets SET removed_at = now(), erase_due_at = now() WHERE object_key = ${key}`,
    );
  });
  expect(await checkObjects(program)).toMatchObject({ isFine: true });
});
