import { rmSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { moveDatabase, moveMedia } from '../../src/backup/move.ts';
import { rehearse } from '../../src/backup/rehearse.ts';
import { checkDatabase } from '../../src/cli/doctor/environment.ts';
import type { Database } from '../../src/db/client.ts';
import { ensureInitialised } from '../../src/db/embedded/initdb.ts';
import { beginMove, refuseMoved } from '../../src/db/embedded/moveNote.ts';
import { openEmbedded } from '../../src/db/embedded.ts';
import { newKeyring, parseKeyring } from '../../src/db/keyring.ts';
import { assets } from '../../src/db/schema.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
import {
  createUsedInstallation,
  memberKey,
  memberKeyOf,
  readAll,
  restoredInto,
  takenInto,
  testKeyring,
  unwatched,
  withBackup,
} from '../support/backups.ts';
import { type Command, newcomer, vidgenie } from '../support/command-line.ts';
import { testConfig } from '../support/config.ts';
import { createEmptyDatabase, createTestDatabase } from '../support/database.ts';
import { lacksPostgres15, startPostgres15 } from '../support/postgres15.ts';
import { allDelivered, createInstallation } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function run(environment: NodeJS.ProcessEnv, ...words: string[]) {
  const it = vidgenie(words, environment);
  return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
}

const findings = z.object({
  findings: z.array(z.looseObject({ part: z.string(), isFine: z.boolean(), says: z.string() })),
});

test('an embedded installation moves to an external database and to S3, and the old database does not start any more', async () => {
  const { home, environment } = await newcomer();
  expect(await run(environment, 'demo', 'a fox', '--workflow', 'image')).toMatchObject({ status: 0 });
  // It has the schema and no rows.
  const target = await createTestDatabase();
  const external = { ...environment, DATABASE_URL: target.url, VIDGENIE_KEYRING_FILE: join(home, 'keyring') };
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);

  // Anything written here during the move would be lost.
  const server = await openEmbedded(home);
  const refused = await run(external, 'move', 'database');
  await server.close();
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain('VidGenie is running');

  // Nor may anybody start while it is moved, here or in the new database, which is empty until the end.
  const stopped = await whileItWaits(target, external, async (moving) => {
    await expect(openEmbedded(home)).rejects.toThrow('is being moved to 127.0.0.1');
    const early = await run(external, 'history');
    expect(early).toMatchObject({ status: 1, stderr: expect.stringContaining('is being moved to 127.0.0.1') });
    moving.child.kill('SIGINT');
  });
  expect(await stopped.exit).toBe(130);
  await openEmbedded(home).then(({ close }) => close());

  // A move that is killed keeps them away until it is repeated.
  const killed = await whileItWaits(target, external, async ({ child }) => void child.kill('SIGKILL'));
  await killed.exit;
  await expect(openEmbedded(home)).rejects.toThrow('give it again if it was interrupted');
  const moved = await run(external, 'move', 'database');
  expect(moved).toMatchObject({ status: 0 });
  expect(moved.stdout).toContain('and are what was here');
  await expect(openEmbedded(home)).rejects.toThrow('was moved to 127.0.0.1');
  const again = await run(external, 'move', 'database');
  expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining('that move is complete') });

  const both = { ...external, ...s3.environment };
  const media = await run(both, 'move', 'media', '--json');
  expect(media).toMatchObject({ status: 0 });
  expect(JSON.parse(media.stdout)).toEqual({ copied: 1, present: 0, missing: [], damaged: [] });
  const doctor = await run(both, 'doctor', '--json');
  expect(findings.parse(JSON.parse(doctor.stdout)).findings.filter(({ isFine }) => !isFine)).toEqual([]);
});

/** A move that waits for a table of the new database, until the work is done. */
async function whileItWaits(
  { db }: Database,
  environment: NodeJS.ProcessEnv,
  work: (moving: Command) => Promise<void>,
): Promise<Command> {
  const waiting = sql`SELECT FROM pg_locks
    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return await db.transaction(async (tx) => {
    await tx.execute(sql`LOCK TABLE workspaces IN ROW SHARE MODE`);
    const moving = vidgenie(['move', 'database'], environment);
    await expect.poll(async () => [...(await db.execute(waiting))].length).toBe(1);
    await work(moving);
    return moving;
  });
}

test('a move that fails leaves the new database empty and the old one open, until the new one may have everything', async () => {
  const used = await createUsedInstallation();
  const target = await createEmptyDatabase();
  const home = await temporaryDirectory();
  const folder = join(home, 'postgres');
  await mkdir(folder);
  const to = { from: used.database.url, to: target.url, keyring: testKeyring() };
  const begin = () => beginMove(folder, 'the new one');
  const move = async (over: Partial<Parameters<typeof moveDatabase>[0]> = {}, watched = unwatched) =>
    await moveDatabase({ ...to, note: await begin(), ...over }, watched);

  await expect(move({ keyring: parseKeyring(newKeyring()) })).rejects.toThrow('set VIDGENIE_KEYRING_FILE');
  await refuseMoved(folder);
  const deleted = { ...unwatched, onStep: () => rmSync(join(folder, 'moved'), { force: true }) };
  await expect(move({}, deleted)).rejects.toThrow('The note of the move was deleted');

  // The rows are committed, and the machine stops before the rest is done.
  const complete = async () => {
    throw new Error('the machine is gone');
  };
  await expect(move({ note: { ...(await begin()), complete } })).rejects.toThrow('the machine is gone');
  await expect(refuseMoved(folder)).rejects.toThrow('is being moved to the new one');
  const { findings } = await checkDatabase(testConfig(target.url, home));
  expect(findings).toMatchObject([{ isFine: false, says: expect.stringContaining('is being moved to the new one') }]);
  await expect(beginMove(folder, 'another one')).rejects.toThrow('set it to the new one to complete that move');
  await expect(move({ to: 'postgres://127.0.0.1:1/away' })).rejects.toThrow('ECONNREFUSED');
  await expect(refuseMoved(folder)).rejects.toThrow('is being moved to the new one');
  const runs = sql`SELECT count(*)::int AS count FROM runs`;
  const { rows, ...repeated } = await move();
  expect(repeated).toEqual({ violations: [], openedKeys: 1, isFinished: true });
  expect([...(await target.db.execute(runs))]).toEqual([...(await used.database.db.execute(runs))]);
  expect(await memberKeyOf(target, used.slot)).toBe(memberKey);
  await expect(begin()).rejects.toThrow('was moved to the new one');

  // Somebody goes on with the old one. The rows of the new one are no longer those that are here.
  await rm(join(folder, 'moved'));
  await expect(move()).rejects.toThrow('is not empty');
  await refuseMoved(folder);

  // Somebody gives the move up after the rows are committed.
  const givenUp = await begin();
  const isThere = async () => {
    const answer = await givenUp.isThere();
    await rm(join(folder, 'moved'), { force: true });
    return answer;
  };
  const next = await createEmptyDatabase();
  await expect(move({ to: next.url, note: { ...givenUp, isThere } })).rejects.toThrow('has all rows: empty it');
  await refuseMoved(folder);

  // A complete move has not failed, even if its mark cannot be removed.
  const last = await createEmptyDatabase();
  const note = await begin();
  const completeThenBreak = async () => {
    await note.complete();
    await last.db.execute(sql`ALTER TABLE workspaces RENAME TO renamed`);
  };
  const moved = await move({ to: last.url, note: { ...note, complete: completeThenBreak } });
  expect(moved).toMatchObject({ rows, isFinished: false });
  await expect(refuseMoved(folder)).rejects.toThrow('was moved to the new one');
});

test('a move of media goes on where it was, and tells of media that are lost or damaged', async () => {
  const used = await createUsedInstallation();
  const { database } = used;
  const [from, to] = [createFileStore(join(used.home, 'media')), createFileStore(await temporaryDirectory())];
  const moving = { url: database.url, from, to, home: used.home };
  const [video = '', image = ''] = (await readAssets(database)).toSorted().reverse();
  await writeFile(join(used.home, 'media', image), 'another image');
  expect(await moveMedia(moving, unwatched)).toEqual({ copied: 1, present: 0, missing: [], damaged: [image] });
  // The image goes between two calls to the store.
  const open: typeof from.open = async (key) => {
    if (key === image) await from.remove(key);
    return await from.open(key);
  };
  expect(await moveMedia({ ...moving, from: { ...from, open } }, unwatched)).toEqual({
    copied: 0,
    present: 1,
    missing: [image],
    damaged: [],
  });
  expect(await to.size(video)).toBe(await from.size(video));
});

test('a damaged object stays damaged however often the media are moved, and a store that changes what it gets keeps nothing', async () => {
  const used = await createUsedInstallation();
  const [from, to] = [createFileStore(join(used.home, 'media')), createFileStore(await temporaryDirectory())];
  const moving = { url: used.database.url, from, to, home: used.home };
  const [video = '', image = ''] = (await readAssets(used.database)).toSorted().reverse();
  await writeFile(join(used.home, 'media', image), Buffer.alloc((await from.size(image)) ?? 0));
  const changing: typeof to = { ...to, open: async (key) => await from.open(key === video ? image : key) };
  await expect(moveMedia({ ...moving, to: changing }, unwatched)).rejects.toThrow(`does not give back ${video}`);
  expect(await to.size(video)).toBeNull();
  await moveMedia(moving, unwatched);
  expect(await moveMedia(moving, unwatched)).toEqual({ copied: 0, present: 1, missing: [], damaged: [image] });
});

test('media move while VidGenie works: no connection stays open, what comes comes too, and what is erased is not missing', async () => {
  const used = await createUsedInstallation();
  const { db, url } = used.database;
  const [from, store] = [createFileStore(join(used.home, 'media')), createFileStore(await temporaryDirectory())];
  const connected = sql`SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'vidgenie backup'`;
  const before = await readAssets(used.database);
  let isFirst = true;
  const to: typeof store = {
    ...store,
    put: async (key, ...rest) => {
      if (isFirst) {
        isFirst = false;
        await expect.poll(async () => [...(await db.execute(connected))]).toEqual([]);
        const erased = before.find((one) => one !== key) ?? '';
        await db.execute(sql`UPDATE assets SET removed_at = now(), erase_due_at = now() WHERE object_key = ${erased}`);
        await from.remove(erased);
        const worker = await used.open({ worker: true });
        await allDelivered(worker);
        await worker.stop();
        // The move is past these ids already.
        await db.execute(sql`UPDATE assets SET id = ('00000000-0000-0000-0000-00000000000' || step_number)::uuid
          WHERE object_key NOT IN (${sql.join(
            before.map((one) => sql`${one}`),
            sql`, `,
          )})`);
      }
      await store.put(key, ...rest);
    },
  };
  const moved = await moveMedia({ url, from, to, home: used.home }, unwatched);
  expect(moved).toEqual({ copied: 3, present: 0, missing: [], damaged: [] });
  const came = (await readAssets(used.database)).filter((key) => !before.includes(key));
  expect(came).toHaveLength(2);
  for (const key of came) expect(await store.size(key)).toBe(await from.size(key));
});

const readAssets = async ({ db }: Database): Promise<string[]> =>
  (await db.select().from(assets)).map(({ objectKey }) => objectKey);

const lacking = lacksPostgres15();
if (lacking !== null) process.stdout.write(`skipped: from PostgreSQL 18 to 15 and back: ${lacking}\n`);

test.skipIf(lacking !== null)(
  'an installation goes from PostgreSQL 18 to 15 and back, and every row stays what it was',
  async () => {
    const used = await createUsedInstallation();
    const folder = await temporaryDirectory();
    const [first, second] = [join(folder, '18.tar'), join(folder, '15.tar')];
    const media = createFileStore(join(used.home, 'media'));
    await takenInto(first, { url: used.database.url, media, includesMedia: false });
    const older = await createInstallation(await startPostgres15());
    expect(await restoredInto(older, first)).toMatchObject({ openedKeys: 1, violations: [] });
    const beside = { media, url: older.database.url, keyring: null, ...unwatched };
    await expect(withBackup(first, (backup) => rehearse({ ...beside, backup }))).rejects.toThrow(
      'ALTER ROLE … CREATEDB',
    );
    await takenInto(second, { url: older.database.url, media, includesMedia: false });
    const back = await createInstallation(await createEmptyDatabase());
    expect(await restoredInto(back, second)).toMatchObject({ openedKeys: 1, violations: [] });
    expect(await memberKeyOf(back.database, used.slot)).toBe(memberKey);
    const [one, other] = [(await readAll(first)).manifest, (await readAll(second)).manifest];
    expect([one.postgres.split('.')[0], other.postgres.split('.')[0]]).toEqual(['18', '15']);
    expect(other.tables.map(({ name, rows, sha256 }) => ({ name, rows, sha256 }))).toEqual(
      one.tables.map(({ name, rows, sha256 }) => ({ name, rows, sha256 })),
    );
    expect(other.sequences).toEqual(one.sequences);
  },
);

test('data of another PostgreSQL are refused at the start, with what to do', async () => {
  const folder = await temporaryDirectory();
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'PG_VERSION'), '17\n');
  const record = { id: '0123456789abcdef', password: 'any', dataDir: 'data', initialised: true };
  const started = ensureInitialised(
    { folder, dataDir, record, account: null },
    { initdb: '', postgres: '', major: '18' },
  );
  await expect(started).rejects.toThrow(/made by PostgreSQL 17.*backup <file> --no-media.*vidgenie restore <file>/);
});
