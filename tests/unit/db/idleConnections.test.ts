import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createCensus } from '../../soak/census.ts';
import { createTestDatabase } from '../../support/database.ts';

const connection = '{queue, idleTimer, connect, ';

test("the driver's list of idle connections stays short, however many statements they have carried out", async () => {
  const { db } = await createTestDatabase();
  const census = createCensus();
  const select = () => db.execute(sql`SELECT 1`);
  await Promise.all(Array.from({ length: 5 }, select));
  const { kept } = await census();
  const connections = Object.keys(kept).filter((kind) => kind.startsWith(connection));
  expect(connections.length, 'kinds of objects that are connections').toBeGreaterThan(0);
  for (let statements = 0; statements < 500; statements += 1) await select();
  await db.transaction((tx) => tx.execute(sql`SELECT 1`));
  const { gained } = await census();
  const entries = Object.entries(gained).filter(([kind]) => kind.startsWith(`Array of ${connection}`));
  expect(entries.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(200);
});
