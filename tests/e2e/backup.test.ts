import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { namedSince } from '../../src/backup/namedMedia.ts';
import { rehearse } from '../../src/backup/rehearse.ts';
import { withClient } from '../../src/backup/session.ts';
import { shapeOf } from '../../src/backup/shape.ts';
import { createTarFile } from '../../src/backup/tarFile.ts';
import { readConfig } from '../../src/config.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { claimErasing } from '../../src/db/retention.ts';
import { loadRun } from '../../src/db/runs.ts';
import { runId } from '../../src/domain.ts';
import { createFileStore } from '../../src/pipeline/media/files.ts';
import { createS3Store } from '../../src/pipeline/media/s3.ts';
import {
  createUsedInstallation,
  memberKey,
  memberKeyOf,
  positionOf,
  readAll,
  restoredInto,
  taken,
  takenInto,
  unwatched,
  withBackup,
} from '../support/backups.ts';
import { plainCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { createEmptyDatabase } from '../support/database.ts';
import { allDelivered, createInstallation, submitted } from '../support/program.ts';
import { startS3 } from '../support/s3/server.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const environmentOf = (url: string, home: string, over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  VIDGENIE_HOME: home,
  DATABASE_URL: url,
  VIDGENIE_KEYRING: process.env.TEST_KEYRING,
  DEMO_STEP_MS: '0',
  ...over,
});

async function run(environment: NodeJS.ProcessEnv, ...words: string[]) {
  const it = vidgenie(words, environment);
  return { status: await it.exit, stdout: it.stdout(), stderr: it.stderr() };
}

const counted = z.array(z.object({ count: z.coerce.number() }));
const findings = z.object({
  findings: z.array(z.looseObject({ part: z.string(), isFine: z.boolean(), says: z.string() })),
});

test('a busy installation is saved, destroyed and restored: doctor is content, the workspace key opens, and its runs go on', async () => {
  const used = await createUsedInstallation();
  const [folder, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()];
  const [file, keyring] = [join(folder, 'backup.tar'), join(elsewhere, 'keyring')];
  const secrets = { OPENAI_API_KEY: plainCanary, COMFYUI_URL: 'http://ada:canary-in-address@127.0.0.1:9' };
  const environment = environmentOf(used.database.url, used.home, { ...secrets, FREE_CREDITS: '77' });
  const saving = vidgenie(['backup', file, '--keyring', keyring], environment);
  // Members go on while it is saved.
  const bot = await used.open({ worker: false });
  await saving.said(/^database: /);
  for (let run = 0; run < 5; run += 1) await submitted(bot);
  expect({ status: await saving.exit, stderr: saving.stderr() }).toMatchObject({ status: 0 });
  await bot.stop();
  expect(saving.stdout()).toContain('Keep it apart from the backup');
  expect((await readFile(keyring, 'utf8')).trim()).toBe(process.env.TEST_KEYRING);

  await rm(used.home, { recursive: true });
  const fresh = await createInstallation(await createEmptyDatabase());
  const there = environmentOf(fresh.database.url, fresh.home, {
    VIDGENIE_KEYRING: '',
    VIDGENIE_KEYRING_FILE: keyring,
  });
  const restored = await run(there, 'restore', file);
  expect(restored).toMatchObject({ status: 0 });
  expect(restored.stdout).toContain('All rules of the ledger hold.');
  expect(restored.stdout).toContain('The keyring opens the stored keys');
  expect(restored.stdout).toContain('FREE_CREDITS=77');
  expect(restored.stdout).toContain('OPENAI_API_KEY=… (a secret)');
  expect(await memberKeyOf(fresh.database, used.slot)).toBe(memberKey);

  const worker = await fresh.open({ worker: true });
  await allDelivered(worker);
  // A run that waited for longer than a minute would be overdue until then.
  const doctor = await run(there, 'doctor', '--json');
  expect(findings.parse(JSON.parse(doctor.stdout)).findings.filter(({ isFine }) => !isFine)).toEqual([]);
  const view = await loadRun(fresh.database.db, runId.parse(used.finished));
  for (const asset of view?.assets ?? []) expect(await worker.services.store.size(asset.objectKey)).toBe(asset.bytes);
  expect(view?.assets).toHaveLength(2);
  expect(await checkInvariants(fresh.database.db, { atRest: true })).toEqual([]);

  // The backup contains neither the keys of members nor the secrets of the operator.
  const content = (await readFile(file, 'latin1')) + (await readAll(file)).rows;
  for (const secret of [plainCanary, 'canary-in-address', memberKey, process.env.TEST_KEYRING ?? '-'])
    expect(content).not.toContain(secret);
  for (const word of ['COMFYUI_URL', 'a fox in the snow']) expect(content).toContain(word);
});

test('rows that are written while tables are copied are either in the backup with all that belongs to them, or not at all', async () => {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const bot = await used.open({ worker: false });
  const file = await createTarFile(join(folder, 'backup.tar'));
  const place: typeof file = {
    ...file,
    write: async (name, ...rest) => {
      if (name.startsWith('database/')) await submitted(bot);
      await file.write(name, ...rest);
    },
  };
  const manifest = await taken({ url: used.database.url, media: createFileStore(join(used.home, 'media')), place });
  await file.close();
  expect(manifest.tables.find(({ name }) => name === 'runs')?.rows).toBe(2);
  expect(
    counted.parse(await used.database.db.execute(sql`SELECT count(*) AS count FROM runs`))[0]?.count,
  ).toBeGreaterThan(10);
  const fresh = await createInstallation(await createEmptyDatabase());
  expect((await restoredInto(fresh, join(folder, 'backup.tar'))).violations).toEqual([]);
  const restored = await fresh.database.db.execute(sql`SELECT count(*) AS count FROM runs`);
  expect(counted.parse(restored)).toEqual([{ count: 2 }]);
  // New rows get numbers of their own.
  expect((await withClient(fresh.database.url, shapeOf)).sequences).toEqual(manifest.sequences);
});

test('a rehearsal restores beside a working installation, opens a key, plays the video, and leaves nothing', async () => {
  const used = await createUsedInstallation();
  const file = join(await temporaryDirectory(), 'backup.tar');
  await takenInto(file, { url: used.database.url, media: createFileStore(join(used.home, 'media')) });
  const databases = async () => [
    ...(await used.database.db.execute(
      sql`SELECT datname FROM pg_database WHERE starts_with(datname, 'vidgenie_rehearsal')`,
    )),
  ];
  const environment = environmentOf(used.database.url, used.home);
  const rehearsed = await run(environment, 'restore', file, '--rehearse');
  expect(rehearsed).toMatchObject({ status: 0 });
  for (const line of [
    'The backup can be restored',
    'The keyring opens the stored keys',
    'The newest video plays: runs/',
    'All rules of the ledger hold',
    '2 objects of it are what was saved',
  ])
    expect(rehearsed.stdout).toContain(line);
  expect(await databases()).toEqual([]);

  // With another keyring it says what is wrong, and leaves nothing either.
  const other = { ...environment, VIDGENIE_KEYRING: `k1:${Buffer.alloc(32, 7).toString('base64')}` };
  const failed = await run(other, 'restore', file, '--rehearse');
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain('The keyring at hand does not open the stored keys');
  expect(await databases()).toEqual([]);

  // A restore would leave a damaged object out. A rehearsal fails.
  const view = await loadRun(used.database.db, runId.parse(used.finished));
  const image = view?.assets.find(({ kind }) => kind === 'image')?.objectKey ?? '';
  const changed = await open(file, 'r+');
  await changed.write(Buffer.alloc(100), 0, 100, await positionOf(file, `media/${image}`));
  await changed.close();
  const damaged = await run(environment, 'restore', file, '--rehearse');
  expect(damaged).toMatchObject({ status: 1 });
  expect(damaged.stderr).toContain(`The backup is damaged: ${image} is not what was written.`);
});

test('a rehearsal without media plays the newest video that the store still has', async () => {
  const used = await createUsedInstallation();
  const { db, url } = used.database;
  const file = join(await temporaryDirectory(), 'backup.tar');
  const media = createFileStore(join(used.home, 'media'));
  await takenInto(file, { url, media, includesMedia: false });
  const beside = { media, url, keyring: null, ...unwatched };
  const rehearsed = () => withBackup(file, (backup) => rehearse({ ...beside, backup }));
  const [{ key: video } = { key: '' }] = z
    .array(z.object({ key: z.string() }))
    .parse([...(await db.execute(sql`SELECT object_key AS key FROM assets WHERE kind = 'video'`))]);
  expect(await rehearsed()).toMatchObject({ played: { key: video } });
  await media.remove(video);
  expect(await rehearsed()).toMatchObject({ played: null, violations: [] });
});

test('a backup of a part of an installation is refused: before a move, a restore or an upgrade is finished, or by an older version', async () => {
  const used = await createUsedInstallation();
  const { db, url } = used.database;
  const file = join(await temporaryDirectory(), 'backup.tar');
  const saved = () => run(environmentOf(url, used.home), 'backup', file);
  const note = join(used.home, 'restoring');
  await writeFile(note, 'another');
  expect(await saved()).toMatchObject({ status: 1, stderr: expect.stringContaining('was interrupted') });
  await rm(note);
  const folder = join(used.home, 'postgres');
  await mkdir(folder);
  await writeFile(join(folder, 'moved'), 'moving 1 to 127.0.0.1/new');
  expect(await saved()).toMatchObject({ status: 1, stderr: expect.stringContaining('is being moved to 127.0.0.1') });
  await rm(folder, { recursive: true });

  await db.execute(sql`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('newer', 9999999999999)`);
  expect(await saved()).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('A newer version of VidGenie has migrated the database'),
  });
  await db.execute(sql`DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'newer'`);
  expect(await saved()).toMatchObject({ status: 0 });
});

test('a saved keyring gets new keys and keeps the old ones, and the keyring of another installation stays as it is', async () => {
  const used = await createUsedInstallation();
  const [folder, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()];
  const keyring = join(elsewhere, 'keyring');
  const [one = '', two, other] = [process.env.TEST_KEYRING, 'k2', 'k1'].map((given) =>
    given?.includes(':') ? given : `${given}:${randomBytes(32).toString('base64')}`,
  );
  const saved = (name: string, present: string) =>
    run(
      { ...environmentOf(used.database.url, used.home), VIDGENIE_KEYRING: present },
      ...['backup', join(folder, name), '--no-media', '--keyring', keyring],
    );
  expect(await saved('first.tar', one)).toMatchObject({ status: 0 });
  expect(await saved('second.tar', `${two},${one}`)).toMatchObject({ status: 0 });
  // Older backups need the key that is gone here.
  expect(await readFile(keyring, 'utf8')).toBe(`${two},${one}\n`);
  expect(await saved('third.tar', `${two}`)).toMatchObject({ status: 0 });
  expect(await readFile(keyring, 'utf8')).toBe(`${two},${one}\n`);
  expect(await saved('other.tar', `${other}`)).toMatchObject({ status: 2 });
  expect(await readFile(keyring, 'utf8')).toBe(`${two},${one}\n`);
});

test('nothing is overwritten, neither a database, nor media, nor a backup; and no keyring goes beside a backup', async () => {
  const used = await createUsedInstallation();
  const folder = await temporaryDirectory();
  const file = join(folder, 'backup.tar');
  await takenInto(file, { url: used.database.url, media: createFileStore(join(used.home, 'media')) });
  await expect(restoredInto(used, file)).rejects.toThrow('The database is not empty');
  const empty = await createEmptyDatabase();
  await expect(restoredInto({ database: empty, home: used.home }, file)).rejects.toThrow(
    'The media store is not empty',
  );
  await expect(createTarFile(file)).rejects.toThrow('exists already');
  const beside = ['--keyring', join(folder, 'keyring')];
  const saved = await run(environmentOf(used.database.url, used.home), 'backup', join(folder, 'next.tar'), ...beside);
  expect(saved).toMatchObject({ status: 2 });
  expect(saved.stderr).toContain('That is the folder of the backup.');
});

test('what retention removes during a backup is told and no failure, what is lost otherwise is; and a second backup to the name refuses', async () => {
  const used = await createUsedInstallation();
  const { db, url } = used.database;
  const store = createFileStore(join(used.home, 'media'));
  const environment = environmentOf(url, used.home);
  const folder = await temporaryDirectory();
  const file = join(folder, 'backup.tar');
  const view = await loadRun(db, runId.parse(used.finished));
  const keyOf = (kind: string) => view?.assets.find((asset) => asset.kind === kind)?.objectKey ?? '';
  const [image, video] = [keyOf('image'), keyOf('video')];
  const drawing = join(folder, 'fox.png');
  await writeFile(drawing, 'fox');
  const fox = { objectKey: `cast/${crypto.randomUUID()}/fox.png`, bytes: 3, mime: 'image/png', sha256: '' };
  await store.put(fox.objectKey, { path: drawing, mime: fox.mime, bytes: fox.bytes });
  const images = `[${JSON.stringify({ ...fox, sha256: createHash('sha256').update('fox').digest('hex') })}]`;
  await db.execute(sql`
    INSERT INTO cast_entries (workspace_id, name, kind, description, images, added_by, added_by_name)
    VALUES (${used.slot.workspaceId}, 'fox', 'character', '', ${images}::jsonb, 'ada', 'Ada')`);
  const expire = async (key: string) => {
    await db.execute(sql`UPDATE assets SET removed_at = now(), erase_due_at = now() WHERE object_key = ${key}`);
    await store.remove(key);
  };

  const [isHeld, isOver] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  onTestFinished(() => isOver.resolve());
  // The last table: the snapshot is made before, and the media are copied after it.
  const held = db.transaction(async (tx) => {
    await tx.execute(sql`LOCK TABLE workspaces IN ACCESS EXCLUSIVE MODE`);
    isHeld.resolve();
    await isOver.promise;
  });
  await isHeld.promise;
  const saving = vidgenie(['backup', file], environment);
  await saving.said(/^database: /);
  const otherName = join(await temporaryDirectory(), 'link');
  await symlink(folder, otherName);
  const second = await run(environment, 'backup', join(otherName, 'backup.tar'));
  expect(second).toMatchObject({ status: 1 });
  expect(second.stderr).toContain('is under way: wait until it has ended, or choose another name.');
  await expire(video);
  await db.execute(sql`UPDATE cast_entries SET removed_at = now()`);
  await store.remove(fox.objectKey);
  isOver.resolve();
  await held;
  expect({ status: await saving.exit, stderr: saving.stderr() }).toMatchObject({ status: 0 });
  expect(saving.stdout()).toContain('2 objects were removed by retention or by a member while the backup was taken');
  const gone = [fox.objectKey, video];
  expect((await readAll(file)).manifest.media).toMatchObject({ count: 3, missing: gone, removed: gone });
  // The rows of the backup are older than the removal. Restored, they name only what is there.
  const healed = await createInstallation(await createEmptyDatabase());
  expect(await restoredInto(healed, file)).toMatchObject({ objects: 1, lost: [], violations: [] });
  const named: string[] = [];
  for await (const { key } of namedSince(healed.database.url, '-infinity')) named.push(key);
  expect(named).toEqual([image]);
  expect(await claimErasing(healed.database.db)).toBeNull();

  // The image goes between two calls to the store, and then its run.
  const late = join(folder, 'late.tar');
  const open = async (key: string) => {
    await store.remove(key);
    await db.execute(sql`UPDATE runs SET deleted_at = now() WHERE id = ${used.finished}`);
    return await store.open(key);
  };
  await takenInto(late, { url, media: { ...store, open } });
  expect((await readAll(late)).manifest.media).toMatchObject({ missing: [image], removed: [image] });

  await db.execute(sql`UPDATE runs SET deleted_at = NULL WHERE id = ${used.finished}`);
  const lost = await run(environment, 'backup', join(folder, 'lost.tar'), '--json');
  expect(lost).toMatchObject({ status: 1 });
  expect(JSON.parse(lost.stdout)).toMatchObject({ objects: 0, missing: [image], removed: [], damaged: [] });
  const fresh = await createInstallation(await createEmptyDatabase());
  expect((await restoredInto(fresh, join(folder, 'lost.tar'))).violations).toEqual([]);
});

test('media in S3 are in a backup in S3 with --media, and come back into an empty bucket', async () => {
  const s3 = await startS3(await temporaryDirectory());
  onTestFinished(s3.close);
  const storeIn = async (bucket: string) => {
    const { s3: settings } = readConfig({ ...s3.environment, S3_BUCKET: bucket });
    if (!settings) throw new Error('there is no S3');
    const store = createS3Store(settings);
    await store.prepare();
    return { settings, store };
  };
  const [{ settings }, , { store }] = [await storeIn('vidgenie'), await storeIn('backups'), await storeIn('fresh')];
  const used = await createUsedInstallation({ s3: settings });
  const environment = environmentOf(used.database.url, used.home, s3.environment);
  const listed = await run(environment, 'backup', 's3://backups/listed');
  expect(listed).toMatchObject({ status: 0 });
  expect(listed.stdout).toContain('The media stay in the bucket vidgenie');
  expect(await run(environment, 'backup', 's3://backups/whole', '--media')).toMatchObject({ status: 0 });
  const written = (prefix: string) =>
    s3.requests.filter(({ method, path }) => method === 'PUT' && path.startsWith(`/backups/${prefix}/media/`));
  expect([written('listed').length, written('whole').length]).toEqual([0, 2]);

  const fresh = await createInstallation(await createEmptyDatabase());
  const there = environmentOf(fresh.database.url, fresh.home, { ...s3.environment, S3_BUCKET: 'fresh' });
  const restored = await run(there, 'restore', 's3://backups/whole');
  expect(restored).toMatchObject({ status: 0 });
  expect(restored.stdout).toContain('and 2 objects. Everything is what was saved.');
  const view = await loadRun(fresh.database.db, runId.parse(used.finished));
  expect(view?.assets).toHaveLength(2);
  for (const { objectKey, sha256 } of view?.assets ?? [])
    expect(
      createHash('sha256')
        .update(await store.read(objectKey))
        .digest('hex'),
    ).toBe(sha256);
});

test('an embedded installation is saved and restored, also where no installation is left', async () => {
  const { home, environment } = await newcomer();
  expect(await run(environment, 'demo', 'a fox', '--workflow', 'image')).toMatchObject({ status: 0 });
  const [folder, elsewhere] = [await temporaryDirectory(), await temporaryDirectory()];
  const [file, keyring] = [join(folder, 'backup.tar'), join(elsewhere, 'keyring')];
  expect(await run(environment, 'backup', file, '--keyring', keyring)).toMatchObject({ status: 0 });
  await rm(home, { recursive: true });
  expect(await run(environment, 'restore', file, '--rehearse')).toMatchObject({ status: 0 });
  await expect(readFile(join(home, 'postgres', 'cluster.json'))).rejects.toThrow('ENOENT');
  expect(await run(environment, 'restore', file, '--keyring', keyring)).toMatchObject({ status: 0 });
  const history = await run(environment, 'history', '--json');
  expect(history.stdout).toContain('a fox');
  expect(await readFile(join(home, 'keyring'), 'utf8')).toBe(await readFile(keyring, 'utf8'));
});
