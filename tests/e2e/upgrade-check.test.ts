import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/db/client.ts';
import { newKeyring } from '../../src/db/keyring.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { newestApplied, readMigrations } from '../../src/db/migrations.ts';
import { planUpgrade } from '../../src/db/upgradePlan.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';
import { migrationsUntil, rowsOf, tags } from '../support/schemas.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function commandFor(url: string) {
  const home = await temporaryDirectory();
  const { PATH, HOME } = process.env;
  const environment = { PATH, HOME, VIDGENIE_HOME: home, DATABASE_URL: url, VIDGENIE_KEYRING: newKeyring() };
  return async (...words: string[]) => {
    const it = vidgenie(words, environment);
    return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
  };
}

const json = z.object({
  fine: z.boolean(),
  seconds: z.number(),
  bytes: z.number(),
  migrations: z.array(z.object({ tag: z.string() })),
  inTheWay: z.array(z.object({ pid: z.int(), name: z.string() })),
});

test('the check tells what would be migrated, what it locks and who is in the way, and changes nothing; the upgrade does it', async () => {
  const { db, url } = await createEmptyDatabase();
  await migrateDatabase(url, { folder: await migrationsUntil(1) });
  await db.execute(sql.raw(await rowsOf(tags[0] ?? '')));
  await db.execute(sql`ANALYZE`);
  const before = await newestApplied(db);
  const command = await commandFor(url);
  const check = await command('upgrade', '--check');
  expect(check).toMatchObject({ status: 0, stderr: '' });
  expect(check.stdout).toMatch(/0001_numbered_steps, statement by statement, while bots and workers go on/);
  expect(check.stdout).toMatch(
    /builds the index steps_run_id_number_pk on steps, 12 rows, about .*, up to \d+ .*, blocks nobody/,
  );
  expect(check.stdout).toMatch(/changes columns of steps, everybody at steps waits for a moment \(ACCESS EXCLUSIVE\)/);
  expect(check.stdout).toMatch(/writes rows of steps, a few hundred in each transaction/);

  const report = openDatabase(url, { connections: 1, applicationName: 'nightly report' });
  onTestFinished(report.close);
  await report.db.transaction(async (tx) => {
    await tx.execute(sql`SELECT count(*) FROM runs`);
    // The same as the command asks, without its ten seconds.
    await expect
      .poll(() => planUpgrade(db, { longMs: 100 }).then(({ inTheWay }) => inTheWay.map(({ name }) => name)))
      .toEqual(['nightly report']);
  });
  const told = json.parse(JSON.parse((await command('upgrade', '--check', '--json')).stdout));
  expect(told).toMatchObject({ fine: true, inTheWay: [] });
  expect(told.migrations.map(({ tag }) => tag)).toEqual(tags.slice(1));
  expect(told.bytes).toBeGreaterThan(0);
  expect(await newestApplied(db)).toBe(before);

  expect((await command('upgrade')).status).toBe(0);
  expect(await newestApplied(db)).toBe((await readMigrations()).at(-1)?.madeAt);
  expect((await command('upgrade', '--check')).stdout).toContain('There is nothing to migrate');
});

test('the check refuses a database of a newer version, and knows that a new installation has none', async () => {
  const { db, url } = await createTestDatabase();
  await db.execute(sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('', ${Date.now() + 1e12})`);
  const refused = await (await commandFor(url))('upgrade', '--check');
  expect(refused.status).toBe(1);
  expect(refused.stdout).toContain('a newer VidGenie uses it');
  const { environment } = await newcomer();
  const it = vidgenie(['upgrade', '--check'], environment);
  expect(await it.exit).toBe(0);
  expect(it.stdout()).toMatch(/first start/);
});
