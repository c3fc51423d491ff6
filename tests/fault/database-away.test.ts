import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openDatabase } from '../../src/db/client.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { migrateDatabase } from '../../src/db/migrate.ts';
import { superviseEmbedded } from '../../src/db/supervise.ts';
import { createWorkspace } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted, until } from '../support/program.ts';

const run = promisify(execFile);
const postmaster = z.array(z.object({ pid: z.coerce.number() }));

test('a database that is killed in the middle is started again, and the runs resume as if nothing had been', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vidgenie-away-'));
  await chmod(folder, 0o755);
  const server = await superviseEmbedded(folder, { onNotice: () => {}, onTrouble: () => {} });
  await migrateDatabase(server.url);
  const database = openDatabase(server.url);
  try {
    const installation = await createInstallation(database);
    // Some runs may be at their video when the database is killed. The database must be back before their leases expire.
    const vendor = { submitMs: 300, pollsUntilDone: 20 };
    const worker = await installation.open({ worker: true, visibilityMs: 10_000, vendor });
    await createWorkspace(database, 1_000);
    const ids = await Promise.all(Array.from({ length: 4 }, () => submitted(worker)));
    await Promise.all(ids.map((id) => until(worker, id, (view) => view.steps[1]?.state === 'submitting')));

    // The parent of our own backend is the postmaster of this server, and of no other.
    const [backend] = postmaster.parse(await database.db.execute(sql`SELECT pg_backend_pid() AS pid`));
    const { stdout } = await run('ps', ['-o', 'ppid=', '-p', String(backend?.pid)]);
    process.kill(Number(stdout.trim()), 'SIGKILL');

    for (const id of ids) {
      // While the database is away, the poll fails too.
      await expect
        .poll(
          () =>
            delivered(worker, id).then(
              () => 'delivered',
              () => 'away',
            ),
          { timeout: 90_000 },
        )
        .toBe('delivered');
      expect((await delivered(worker, id)).run).toMatchObject({ state: 'succeeded', capturedCredits: 24 });
      expect(submitsOf(installation.journal, id).video).toBe(1);
      expect(submitsOf(installation.journal, id).image).toBeLessThanOrEqual(2);
    }
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
    await worker.stop();
  } finally {
    await database.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
