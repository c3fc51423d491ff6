import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { checkLedger, passWholeLedger } from '../../../../src/cli/doctor/ledger.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { writeHistory } from '../../../support/history.ts';

const atWork = { isAtRest: false };
const says = (words: string) => expect.objectContaining({ says: expect.stringContaining(words) });

test('the doctor verifies what is new, tells what was found before until a whole pass clears it, and says what is left', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  await writeHistory(database.url, { runs: 50, workspaces: 2 });
  await db.transaction(async (tx) => {
    await tx.execute(sql`INSERT INTO checks (name, position) VALUES ('ledger', '{}')`);
  });
  await db.transaction(async (tx) => {
    // Another process verifies the ledger and has not come far.
    await tx.execute(sql`SELECT FROM checks WHERE name = 'ledger' FOR UPDATE`);
    expect(await checkLedger(db, atWork)).toEqual([
      says('every invariant holds'),
      expect.objectContaining({ isWarning: true, says: expect.stringMatching(/^the last \d+ h .*not verified yet/) }),
    ]);
  });
  expect(await checkLedger(db, { isAtRest: true })).toEqual([says('nothing is held (vidgenie doctor --full')]);

  const change = async (by: number) =>
    await db.execute(sql`UPDATE steps SET price_credits = price_credits + ${by}::int
    WHERE (run_id, number) = (SELECT run_id, number FROM steps ORDER BY run_id, number LIMIT 1)`);
  await change(1);
  expect(await checkLedger(db, atWork)).toEqual([says('every invariant holds')]);
  const told: number[] = [];
  const broken = await passWholeLedger(db, atWork, (fraction) => told.push(fraction));
  expect(broken).toContainEqual(says('"the price of a run is the sum'));
  expect(told.at(-1)).toBe(1);
  await change(-1);
  expect(await checkLedger(db, atWork)).toEqual(broken);
  expect(await passWholeLedger(db, { isAtRest: true }, () => {})).toEqual([says('the whole ledger is checked')]);

  await db.execute(sql`UPDATE steps SET inputs = '{3}' WHERE number = 3`);
  const many = await passWholeLedger(db, atWork, () => {});
  expect(many).toHaveLength(21);
  expect(many.at(-1)).toEqual(says('30 more discrepancies are recorded'));
});
