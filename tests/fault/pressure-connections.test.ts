import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/db/client.ts';
import { accountOf } from '../../src/db/credits.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { isDatabaseAway } from '../../src/db/failures.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { workspaceId } from '../../src/domain.ts';
import { createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submissionOf, submitted } from '../support/program.ts';

/** A little more than a bot and a worker need. */
const maxConnections = 40;

let url = '';
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-connections-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const before = await openEmbedded(folder);
  await migrateDatabase(before.url);
  const admin = postgres(before.url, { max: 1 });
  await admin.unsafe(`ALTER SYSTEM SET max_connections = ${maxConnections}`);
  await admin.end();
  await before.close();
  const server = await openEmbedded(folder);
  closers.push(server.close);
  url = server.url;
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** Another program that takes every connection that is left. */
async function takeAll(): Promise<{ giveBack: () => Promise<void> }> {
  const hog = postgres(url, { max: maxConnections, connection: { application_name: 'hog' }, onnotice: () => {} });
  // The refused connection was one too many.
  await Promise.allSettled(Array.from({ length: maxConnections }, () => hog`SELECT pg_sleep(0.05)`));
  await expect
    .poll(() =>
      postgres(url, { max: 1, connection: { application_name: 'probe' } })`SELECT 1`.then(
        () => 'in',
        ({ code }) => code,
      ),
    )
    .toBe('53300');
  const giveBack = () => hog.end({ timeout: 0 });
  onTestFinished(giveBack);
  return { giveBack };
}

const listening = z.array(z.object({ count: z.coerce.number() }));

test('a server without a free connection lets a pool work on with what it has, refuses the rest clearly, and is used again by itself', async () => {
  const database = openDatabase(url, { connections: 2 });
  onTestFinished(database.close);
  const installation = await createInstallation(database);
  const worker = await installation.open({ worker: true });
  const workspace = await createWorkspace(database, 10_000);
  await delivered(worker, await submitted(worker, { workspace }));
  const late = await installation.open({ worker: false });
  // It has a line for notifications, and no connection for statements.
  const [lines] = [await database.db.execute(sql`SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'listen%'`)];
  const before = listening.parse(lines)[0]?.count ?? 0;

  const { giveBack } = await takeAll();
  // More at once than the worker's process has connections.
  const ids = await Promise.all(Array.from({ length: 20 }, () => submitted(worker, { workspace })));
  expect(ids).toHaveLength(20);

  // Its lines and connections are cut, and the other program takes them.
  await database.db.execute(sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vidgenie' AND pid <> pg_backend_pid()`);
  const again = await takeAll();
  const other = { id: workspaceId.parse('terminal:other'), platform: 'terminal', name: 'other' } as const;
  const refused = await late.services.submit(submissionOf({ workspace: other })).catch((error: unknown) => error);
  expect(isDatabaseAway(refused), String(refused)).toBe(true);

  await again.giveBack();
  await giveBack();
  for (const id of ids)
    expect((await delivered(late, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
  await expect
    .poll(
      async () =>
        listening.parse(
          await database.db.execute(sql`
    SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'listen%'`),
        )[0]?.count,
    )
    .toBe(before);
  expect((await accountOf(database.db, workspace.id)).balance).toBe(10_000 - 21 * 24);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
