import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { checkInvariants } from '../../src/db/invariants.ts';
import { listRuns, loadRun } from '../../src/db/runs.ts';
import { runId, workspaceId } from '../../src/domain.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { createInstallation, delivered, submitsOf, submitted } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const migrations = resolve(import.meta.dirname, '../../drizzle');
const rows = resolve(import.meta.dirname, '../support/schemas');
const journalShape = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });
const journal = journalShape.parse(JSON.parse(await readFile(join(migrations, 'meta/_journal.json'), 'utf8')));
const tags = journal.entries.map(({ tag }) => tag);

/** The migrations folder as it was when `count` of them were all. */
async function earlierMigrations(count: number): Promise<string> {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, 'meta'));
  for (const tag of tags.slice(0, count)) await cp(join(migrations, `${tag}.sql`), join(folder, `${tag}.sql`));
  const earlier = { ...journal, entries: journal.entries.slice(0, count) };
  await writeFile(join(folder, 'meta/_journal.json'), JSON.stringify(earlier));
  return folder;
}

/** The rows of the newest schema that is not newer than that one. A migration that changes what is written brings rows of its own. */
async function rowsOf(tag: string): Promise<string> {
  const known = (await readdir(rows)).map((name) => name.replace('.sql', '')).sort();
  const newest = known.filter((one) => one <= tag).at(-1);
  if (newest === undefined) throw new Error(`there are no rows for the schema ${tag}`);
  return await readFile(join(rows, `${newest}.sql`), 'utf8');
}

const idOf = (number: number) => runId.parse(`00000000-0000-4000-8000-00000000000${number}`);
const inFlight = { waiting: idOf(1), imagePending: idOf(2), videoSubmitted: idOf(3) };

test.for(tags.map((tag, index) => [tag, index + 1] as const))(
  'a database of the schema %s is upgraded with its runs in flight, and each ends right',
  async ([tag, count]) => {
    const database = await createEmptyDatabase();
    await migrate(database.db, { migrationsFolder: await earlierMigrations(count) });
    await database.db.execute(sql.raw(await rowsOf(tag)));

    const installation = await createInstallation(database);
    const worker = await installation.open({ worker: true });
    for (const id of Object.values(inFlight)) expect((await delivered(worker, id)).run.state).toBe('succeeded');
    // What was submitted before the upgrade is not submitted again.
    expect(submitsOf(installation.journal, inFlight.videoSubmitted)).toEqual({ enhance: 0, image: 0, video: 0 });
    const ended = await loadRun(database.db, idOf(4));
    expect(ended?.run).toMatchObject({ state: 'succeeded', capturedCredits: 24, prompt: 'a fox in the snow' });
    const id = workspaceId.parse('terminal:local');
    expect(await listRuns(database.db, id, { limit: 9 })).toHaveLength(4);
    // And new runs are taken.
    const workspace = { id, platform: 'terminal', name: 'Local' } as const;
    await delivered(
      worker,
      await submitted(worker, { workspace, workflow: 'image', options: { quality: 'standard' } }),
    );
    expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
  },
);
